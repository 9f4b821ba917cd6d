#include "winograd3x3_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "products.h"

namespace gan::winograd3x3 {
namespace {

/// Tiles, row by row, image by image.
struct Tiling {
  int64_t rows, columns;
  template <class T>
  explicit Tiling(const Maps<T>& y) : rows((y.height + 3) / 4), columns((y.width + 3) / 4) {}
  struct Tile {
    int64_t image, row, column;
  };
  /// With its first pixel.
  Tile operator()(int64_t tile) const {
    return {tile / (rows * columns), tile / columns % rows * kOutput, tile % columns * kOutput};
  }
};

/// Tiles that are convolved together, of so many channels: what is made of them stays in the second-level
/// cache, and products have rows enough.
int64_t together(int64_t channels) { return std::clamp<int64_t>(4096 / channels, 32, 128); }

/// Tiles of which so few blocks of outputs, or more, are better made one block after the other.
constexpr int64_t kFewTiles = 128, kBlocksAtOnce = 4;

/// Bytes of both sides of the weight gradient's products that are made at a time.
constexpr int64_t kSummed = 2 << 20;

/// Inputs that are summed at once, whatever the order of the loops: an image's numbers do not depend on how
/// many come with it.
constexpr int64_t kDepth = 128;

/// Weights whose way to products, or back, is worth another thread.
constexpr int64_t kWeights = 1 << 13;

/// The distance between products: not a power of two, at which all of a tile's would share a few lines of the
/// cache.
int64_t apart(int64_t numbers) { return numbers + 16; }

/// Bytes of weights that are multiplied with before the next ones are read, where tiles are few: they stay in
/// the second-level cache, beside what is made of the tiles.
constexpr int64_t kHeld = 640 << 10;

/// Outputs of such a block.
int64_t narrow(int64_t outputs, int64_t inputs) {
  const int64_t block = block_of(outputs), fits = kHeld / (kProducts * std::min(inputs, kDepth) * 4);
  return block == 64 && fits < 64 ? 32 : block;
}

/// Whole groups of channels.
int64_t grouped(int64_t channels) { return multiple(channels, kGroupOf); }

template <class T>
std::vector<T> zeros_for(int64_t channels) {
  return std::vector<T>(static_cast<size_t>(channels));
}

/// A convolution, and what its loops are about.
template <class T>
struct Convolution {
  const Maps<const T>& x;
  const Maps<T>& y;
  const float* weight;
  const Weights& layout;
  bool turned;
  int64_t padding;
  const float* bias;

  Tiling tiling{y};
  int64_t inputs = grouped(x.channels), outputs = grouped(y.channels), tiles = y.tiles(),
          block = tiles > kFewTiles ? block_of(outputs) : narrow(outputs, inputs), blocks = outputs / block;

  /// Inputs of `count` tiles as left sides.
  void read(int64_t first, int64_t count, const T* zeros, float* v, int64_t stride) const {
    for (int64_t t = 0; t < count; ++t) {
      const auto tile = tiling(first + t);
      input<T>(x[tile.image], tile.row - padding, tile.column - padding, zeros, v + t * inputs, stride);
    }
  }
  /// Weights of 16 inputs for a block of outputs.
  void read_weights(int64_t index, int64_t from, float* u, int64_t stride) const {
    weights(weight + index * block * layout.output + from * layout.input, layout, turned, x.channels - from,
            y.channels - index * block, block, u, stride);
  }
  /// Products to pixels, of one block of outputs.
  void write(int64_t first, int64_t count, int64_t index, const float* m, int64_t stride) const {
    for (int64_t t = 0; t < count; ++t) {
      const auto tile = tiling(first + t);
      output<T>(m + t * block, stride, bias, y[tile.image], tile.row, tile.column, index * block,
                std::min(block, y.channels - index * block));
    }
  }

  /// One product of `count` tiles, of inputs from `from` on, with u of those.
  void multiply_part(const float* v, const float* u, float* m, int64_t count, int64_t from) const {
    multiply({count, block, std::min(kDepth, inputs - from), inputs, block, block, from > 0}, v + from, u, m);
  }

  void by_tiles() const;
  void by_blocks() const;
};

/// Many tiles: all weights are read first.
template <class T>
void Convolution<T>::by_tiles() const {
  const int64_t u_stride = apart(inputs * block), groups = inputs / kGroupOf;
  const Room<float> room(blocks * kProducts * u_stride);
  float* const u = room.data();
  at::parallel_for(0, blocks * groups, at::divup(kWeights, kGroupOf * block),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t item = begin; item < end; ++item) {
                       const int64_t index = item / groups, from = item % groups * kGroupOf;
                       read_weights(index, from, u + index * kProducts * u_stride + from * block, u_stride);
                     }
                   });
  const int64_t chunk = at::divup(tiles, at::divup(tiles, together(inputs + block)));
  at::parallel_for(0, at::divup(tiles, chunk), 1, [&](int64_t begin, int64_t end) {
    const int64_t v_stride = apart(chunk * inputs), m_stride = apart(chunk * block);
    const Room<float> v_room(kProducts * v_stride), m_room(kProducts * m_stride);
    float *const v = v_room.data(), *const m = m_room.data();
    const std::vector<T> zeros = zeros_for<T>(inputs);
    for (int64_t first = begin * chunk; first < std::min(tiles, end * chunk); first += chunk) {
      const int64_t count = std::min(chunk, tiles - first);
      read(first, count, zeros.data(), v, v_stride);
      for (int64_t index = 0; index < blocks; ++index) {
        for (int64_t p = 0; p < kProducts; ++p)
          for (int64_t from = 0; from < inputs; from += kDepth)
            multiply_part(v + p * v_stride, u + (index * kProducts + p) * u_stride + from * block,
                          m + p * m_stride, count, from);
        write(first, count, index, m, m_stride);
      }
    }
  });
}

/// Few tiles of many channels: all inputs are read first, and weights when they are multiplied with, a part
/// that the second-level cache holds.
template <class T>
void Convolution<T>::by_blocks() const {
  const int64_t v_stride = apart(tiles * inputs);
  const Room<float> v_room(kProducts * v_stride);
  float* const v = v_room.data();
  at::parallel_for(0, tiles, 4, [&](int64_t begin, int64_t end) {
    const std::vector<T> zeros = zeros_for<T>(inputs);
    read(begin, end - begin, zeros.data(), v + begin * inputs, v_stride);
  });
  const int64_t u_stride = apart(kDepth * block), m_stride = apart(tiles * block);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    const Room<float> u_room(kProducts * u_stride), m_room(kProducts * m_stride);
    float *const u = u_room.data(), *const m = m_room.data();
    for (int64_t index = begin; index < end; ++index) {
      for (int64_t from = 0; from < inputs; from += kDepth) {
        for (int64_t i = 0; i < std::min(kDepth, inputs - from); i += kGroupOf)
          read_weights(index, from + i, u + i * block, u_stride);
        for (int64_t p = 0; p < kProducts; ++p)
          multiply_part(v + p * v_stride, u + p * u_stride, m + p * m_stride, tiles, from);
      }
      write(0, tiles, index, m, m_stride);
    }
  });
}

/// A gradient by the weight, and what its loops are about.
template <class T>
struct WeightGradient {
  const Maps<const T>&x, &y;
  int64_t padding;
  float* weight;
  const Weights& layout;

  Tiling tiling{y};
  int64_t inputs = grouped(x.channels), outputs = grouped(y.channels), tiles = y.tiles();
  int64_t rows = block_of(outputs), columns = block_of(inputs), blocks = inputs / columns;
  /// Tiles that are summed together.
  int64_t chunk = std::clamp<int64_t>(kSummed / (kProducts * (inputs + outputs) * 64), 4, 32) * kTiles;
  int64_t a_stride = apart(outputs * chunk), b_stride = apart(chunk * inputs);

  /// Both sides of the products of `count` tiles.
  void read(int64_t first, int64_t count, float* a, float* b) const {
    const std::vector<T> zeros = zeros_for<T>(std::max(inputs, outputs));
    at::parallel_for(0, at::divup(count, kTiles), 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin * kTiles; t < end * kTiles; t += kTiles) {
        Map<const T> maps[kTiles];
        Place places[kTiles];
        for (int64_t i = 0; i < kTiles; ++i) {
          const bool real = t + i < count;
          const auto tile = tiling(real ? first + t + i : first);
          maps[i] = real ? y[tile.image] : Map<const T>{nullptr, 0, 0, y.channels, 0};
          places[i] = {tile.row, tile.column};
          if (real)
            input<T>(x[tile.image], tile.row - padding, tile.column - padding, zeros.data(),
                     b + (t + i) * inputs, b_stride);
        }
        spread<T>(maps, places, zeros.data(), a + t, a_stride, chunk);
      }
    });
  }
  /// One product of a block of rows and columns.
  void multiply_block(const float* a, const float* b, int64_t count, int64_t p, int64_t row, int64_t column,
                      float* u, int64_t stride, bool add) const {
    multiply({rows, columns, count, chunk, inputs, stride, add}, a + p * a_stride + row * chunk,
             b + p * b_stride + column, u);
  }
  /// Sums to weights: those of one output and of at most `count` inputs.
  void write(const float* u, int64_t stride, int64_t output, int64_t input, int64_t count) const {
    if (output < y.channels)
      gradient(u, stride, std::min(count, x.channels - input),
               weight + output * layout.output + input * layout.input, layout);
  }

  void at_once(const float* a, const float* b) const;
  void run() const;
};

/// All tiles, block by block of the weight: sums stay in the second-level cache.
template <class T>
void WeightGradient<T>::at_once(const float* a, const float* b) const {
  const int64_t stride = apart(rows * columns);
  at::parallel_for(0, outputs / rows * blocks, 1, [&](int64_t begin, int64_t end) {
    const Room<float> room(kProducts * stride);
    float* const u = room.data();
    for (int64_t item = begin; item < end; ++item) {
      const int64_t row = item / blocks * rows, column = item % blocks * columns;
      for (int64_t p = 0; p < kProducts; ++p)
        multiply_block(a, b, tiles, p, row, column, u + p * stride, columns, false);
      for (int64_t i = 0; i < rows; ++i) write(u + i * columns, stride, row + i, column, columns);
    }
  });
}

template <class T>
void WeightGradient<T>::run() const {
  const Room<float> left(kProducts * a_stride), right(kProducts * b_stride);
  float *const a = left.data(), *const b = right.data();
  const int64_t all = outputs / rows * blocks;
  if (tiles <= chunk && all >= kBlocksAtOnce) {
    read(0, tiles, a, b);
    return at_once(a, b);
  }
  const int64_t stride = apart(outputs * inputs);
  const Room<float> sums(kProducts * stride);
  float* const u = sums.data();
  for (int64_t first = 0; first < tiles; first += chunk) {
    const int64_t count = std::min(chunk, tiles - first);
    read(first, count, a, b);
    at::parallel_for(0, kProducts * all, 1, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t p = item / all, row = item % all / blocks * rows, column = item % blocks * columns;
        multiply_block(a, b, count, p, row, column, u + p * stride + row * inputs + column, inputs,
                       first > 0);
      }
    });
  }
  at::parallel_for(0, outputs, at::divup(kWeights, inputs), [&](int64_t begin, int64_t end) {
    for (int64_t output = begin; output < end; ++output)
      write(u + output * inputs, stride, output, 0, inputs);
  });
}

}  // namespace

template <class T>
void convolve(const Maps<const T>& x, const float* weight, const Weights& layout, bool turned,
              int64_t padding, const float* bias, const Maps<T>& y) {
  const Convolution<T> convolution{x, y, weight, layout, turned, padding, bias};
  if (convolution.tiles <= kFewTiles && convolution.blocks >= kBlocksAtOnce)
    convolution.by_blocks();
  else
    convolution.by_tiles();
}

template <class T>
void weight_gradient(const Maps<const T>& x, const Maps<const T>& y, int64_t padding, float* weight,
                     const Weights& layout) {
  WeightGradient<T>{x, y, padding, weight, layout}.run();
}

template void convolve(const Maps<const float>&, const float*, const Weights&, bool, int64_t, const float*,
                       const Maps<float>&);
template void convolve(const Maps<const Bf16>&, const float*, const Weights&, bool, int64_t, const float*,
                       const Maps<Bf16>&);
template void weight_gradient(const Maps<const float>&, const Maps<const float>&, int64_t, float*,
                              const Weights&);
template void weight_gradient(const Maps<const Bf16>&, const Maps<const Bf16>&, int64_t, float*,
                              const Weights&);

}  // namespace gan::winograd3x3

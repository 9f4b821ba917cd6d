#include "conv4x4.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <array>

#include "winograd.h"

namespace gan::conv4x4 {
namespace {

using winograd::Bf16;
using winograd::kGroup;
using winograd::kProducts;
using winograd::Plane;
using winograd::Window;

constexpr int64_t kParities = 4;

template <class T>
constexpr bool kPairs = std::is_same_v<T, Bf16>;

/// C = A B, or C += A B; bfloat16's B holds pairs of rows interleaved.
void multiply(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb,
              float* c, int64_t ldc, bool add) {
  at::native::cpublas::brgemm(m, n, k, lda, ldb, ldc, add, a, b, c, false);
}
void multiply(int64_t m, int64_t n, int64_t k, const Bf16* a, int64_t lda, const Bf16* b, int64_t ldb,
              float* c, int64_t ldc, bool add) {
  at::native::cpublas::brgemm(m, n, k, lda, ldb, ldc, add, reinterpret_cast<const at::BFloat16*>(a),
                              reinterpret_cast<const at::BFloat16*>(b), c);
}

/// Gives back what bfloat16 products hold of the processor (AMX tiles).
template <class T>
struct Products {
  ~Products() {
    if (kPairs<T>) at::native::cpublas::brgemm_release();
  }
};

template <class T>
at::Tensor scratch(int64_t count) {
  return at::empty({count}, at::TensorOptions(kPairs<T> ? at::kBFloat16 : at::kFloat));
}
template <class T>
T* data(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

/// Columns of a product's right side that are laid out together.
int64_t block_of(int64_t channels) { return channels % 64 == 0 ? 64 : 32; }

/// A batch of tiles of 2×2 on the small side, row by row, image by image.
struct Tiling {
  int64_t batch, n;
  int64_t count() const { return batch * (n / 2) * (n / 2); }
  struct Tile {
    int64_t image, row, column;
  };
  Tile operator()(int64_t tile) const {
    const int64_t side = n / 2;
    return {tile / (side * side), tile / side % side, tile % side};
  }
};

template <class T>
struct Images {
  T* data;
  int64_t size, channels;
  Plane<T> operator[](int64_t image) const { return {data + image * size * size * channels, size, channels}; }
};

Window large_window(const Tiling::Tile& tile, int64_t parity) {
  return {4 * tile.row - parity / 2, 4 * tile.column - parity % 2, 2};
}
Window small_window(const Tiling::Tile& tile, int64_t parity) {
  return {2 * tile.row - 1 + parity / 2, 2 * tile.column - 1 + parity % 2, 1};
}

/// Tiles that one thread handles together: about 64, so that every thread has as many chunks.
int64_t chunk_of(int64_t tiles) {
  const int64_t threads = at::get_num_threads();
  const int64_t chunks = at::divup(tiles, 64 * threads) * threads;
  return at::divup(at::divup(tiles, chunks), 2) * 2;
}

template <class T>
void down(const Images<const T>& x, const float* weight, const Images<T>& y, const Tiling& tiling) {
  const int64_t small = y.channels, large = x.channels, rows = kParities * large, block = block_of(small);
  const at::Tensor weights = scratch<T>(kProducts * rows * small);
  T* const u = data<T>(weights);
  at::parallel_for(0, small / 16, 1, [&](int64_t begin, int64_t end) {
    winograd::weights_down(weight, large, block, 16 * begin, 16 * end, u);
  });
  const int64_t tiles = tiling.count(), chunk = chunk_of(tiles);
  at::parallel_for(0, at::divup(tiles, chunk), 1, [&](int64_t begin, int64_t end) {
    const at::Tensor inputs = scratch<T>(kProducts * chunk * rows);
    const at::Tensor products = scratch<float>(kProducts * chunk * block);
    T* const v = data<T>(inputs);
    float* const m = data<float>(products);
    const Products<T> held;
    for (int64_t first = begin * chunk; first < std::min(tiles, end * chunk); first += chunk) {
      const int64_t count = std::min(chunk, tiles - first);
      for (int64_t t = 0; t < count; ++t) {
        const Tiling::Tile tile = tiling(first + t);
        for (int64_t parity = 0; parity < kParities; ++parity)
          winograd::input<T>(x[tile.image], large_window(tile, parity), v + t * rows + parity * large,
                             chunk * rows);
      }
      for (int64_t channel = 0; channel < small; channel += block) {
        for (int64_t p = 0; p < kProducts; ++p)
          multiply(count, block, rows, v + p * chunk * rows, rows,
                   u + (channel / block * kProducts + p) * rows * block, block, m + p * chunk * block, block,
                   false);
        for (int64_t t = 0; t < count; ++t) {
          const Tiling::Tile tile = tiling(first + t);
          winograd::output<T>(m + t * block, chunk * block, y[tile.image], {2 * tile.row, 2 * tile.column, 1},
                              channel, block);
        }
      }
    }
  });
}

template <class T>
void up(const Images<const T>& y, const float* weight, const Images<T>& x, const Tiling& tiling) {
  const int64_t small = y.channels, large = x.channels, block = block_of(large);
  const at::Tensor weights = scratch<T>(kParities * kProducts * small * large);
  T* const u = data<T>(weights);
  at::parallel_for(0, small / 16, 1, [&](int64_t begin, int64_t end) {
    winograd::weights_up(weight, small, large, block, 16 * begin, 16 * end, u);
  });
  const int64_t tiles = tiling.count(), chunk = chunk_of(tiles);
  at::parallel_for(0, at::divup(tiles, chunk), 1, [&](int64_t begin, int64_t end) {
    const at::Tensor inputs = scratch<T>(kProducts * chunk * small);
    const at::Tensor products = scratch<float>(kProducts * chunk * block);
    T* const v = data<T>(inputs);
    float* const m = data<float>(products);
    const Products<T> held;
    for (int64_t first = begin * chunk; first < std::min(tiles, end * chunk); first += chunk) {
      const int64_t count = std::min(chunk, tiles - first);
      for (int64_t parity = 0; parity < kParities; ++parity) {
        for (int64_t t = 0; t < count; ++t) {
          const Tiling::Tile tile = tiling(first + t);
          winograd::input<T>(y[tile.image], small_window(tile, parity), v + t * small, chunk * small);
        }
        for (int64_t channel = 0; channel < large; channel += block) {
          const T* const right = u + (parity * (large / block) + channel / block) * kProducts * small * block;
          for (int64_t p = 0; p < kProducts; ++p)
            multiply(count, block, small, v + p * chunk * small, small, right + p * small * block, block,
                     m + p * chunk * block, block, false);
          for (int64_t t = 0; t < count; ++t) {
            const Tiling::Tile tile = tiling(first + t);
            const Window window{4 * tile.row + parity / 2, 4 * tile.column + parity % 2, 2};
            winograd::output<T>(m + t * block, chunk * block, x[tile.image], window, channel, block);
          }
        }
      }
    }
  });
}

/// The transpose for images of few channels: one product a pixel, and its 4×4 outputs folded over one
/// another.
template <class T>
void up_few(const Images<const T>& y, const float* weight, const Images<T>& x, int64_t batch) {
  const int64_t small = y.channels, columns = 16 * x.channels, n = y.size, pixels = n * n;
  const at::Tensor pairs = kPairs<T> ? scratch<T>(small * columns) : at::Tensor();
  const T* right = nullptr;
  if constexpr (kPairs<T>) {
    winograd::pair_rows(weight, small, columns, data<T>(pairs));
    right = data<T>(pairs);
  } else {
    right = weight;
  }
  at::parallel_for(0, batch, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor products = scratch<float>(pixels * columns);
    const at::Tensor room = scratch<float>(2 * (2 * n + 8) * x.channels + 32);
    float* const m = data<float>(products);
    const Products<T> held;
    for (int64_t image = begin; image < end; ++image) {
      multiply(pixels, columns, small, y[image].data, small, right, columns, m, columns, false);
      for (int64_t row = 0; row < 2 * n; ++row) {
        const auto from = [&](int64_t i, int64_t tap) {
          return i < 0 || i >= n ? nullptr : m + i * n * columns + tap * 4 * x.channels;
        };
        const int64_t i = row / 2, odd = row % 2;
        winograd::fold_row<T>(from(i, 1 + odd), odd ? from(i + 1, 0) : from(i - 1, 3), n, x.channels,
                              data<float>(room), x[image].data + row * 2 * n * x.channels);
      }
    }
  });
}

template <class T>
void weight_gradient(const Images<const T>& x, const Images<const T>& y, float* weight,
                     const Tiling& tiling) {
  const int64_t small = y.channels, large = x.channels, tiles = tiling.count();
  // Both sides of a chunk's products stay in the caches: some 4 MB.
  const int64_t bytes = kProducts * (kParities * large + small) * static_cast<int64_t>(sizeof(T));
  const int64_t most = std::max<int64_t>(2, (4 << 20) / (bytes * kGroup)) * kGroup;
  const int64_t chunk = std::min(at::divup(tiles, kGroup) * kGroup, most);
  const at::Tensor left = scratch<T>(kProducts * small * chunk);
  const at::Tensor right = scratch<T>(kProducts * kParities * chunk * large);
  const at::Tensor products = scratch<float>(kProducts * kParities * small * large);
  T* const a = data<T>(left);
  T* const b = data<T>(right);
  float* const u = data<float>(products);
  const Window outside{-8, -8, 1};
  for (int64_t first = 0; first < tiles; first += chunk) {
    const int64_t count = at::divup(std::min(chunk, tiles - first), kGroup) * kGroup;
    at::parallel_for(0, count / kGroup, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t0 = begin * kGroup; t0 < end * kGroup; t0 += kGroup) {
        std::array<Plane<const T>, kGroup> planes;
        std::array<Window, kGroup> windows;
        for (int64_t t = 0; t < kGroup; ++t) {
          const bool real = first + t0 + t < tiles;
          const Tiling::Tile tile = real ? tiling(first + t0 + t) : Tiling::Tile{0, 0, 0};
          planes[t] = real ? y[tile.image] : Plane<const T>{nullptr, 0, 0};
          windows[t] = {2 * tile.row, 2 * tile.column, 1};
        }
        winograd::output_gradient<T>(planes.data(), windows.data(), a + t0, small * chunk, chunk);
        for (int64_t t = t0; t < t0 + kGroup; t += 2) {
          const bool real[2] = {first + t < tiles, first + t + 1 < tiles};
          const Tiling::Tile even = real[0] ? tiling(first + t) : Tiling::Tile{0, 0, 0};
          const Tiling::Tile odd = real[1] ? tiling(first + t + 1) : Tiling::Tile{0, 0, 0};
          for (int64_t parity = 0; parity < kParities; ++parity)
            winograd::input_pair<T>(x[even.image], real[0] ? large_window(even, parity) : outside,
                                    x[odd.image], real[1] ? large_window(odd, parity) : outside,
                                    b + parity * chunk * large + t * large, kParities * chunk * large);
        }
      }
    });
    const int64_t rows = small % 128 == 0 ? 128 : 32, columns = block_of(large);
    const int64_t blocks = small / rows * (large / columns);
    at::parallel_for(0, kProducts * kParities * blocks, 1, [&](int64_t begin, int64_t end) {
      const Products<T> held;
      for (int64_t item = begin; item < end; ++item) {
        const int64_t product = item / blocks / kParities, index = item / blocks;
        const int64_t row = item % blocks / (large / columns) * rows,
                      column = item % (large / columns) * columns;
        multiply(rows, columns, count, a + (product * small + row) * chunk, chunk,
                 b + index * chunk * large + column * (kPairs<T> ? 2 : 1), large,
                 u + (index * small + row) * large + column, large, first > 0);
      }
    });
  }
  at::parallel_for(0, small, 4, [&](int64_t begin, int64_t end) {
    winograd::weight_gradient(u, small, large, begin, end, weight);
  });
}

template <class T>
Images<T> images(const at::Tensor& tensor) {
  return {static_cast<T*>(const_cast<void*>(tensor.const_data_ptr())), tensor.size(2), tensor.size(1)};
}

at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor like(const at::Tensor& tensor, int64_t channels, int64_t size) {
  return at::empty({tensor.size(0), channels, size, size}, tensor.options(), at::MemoryFormat::ChannelsLast);
}

/// Calls `work` with the C++ type of the elements.
template <class Work>
void by_dtype(const at::Tensor& tensor, Work work) {
  if (tensor.scalar_type() == at::kFloat)
    work(float());
  else
    work(Bf16());
}

bool has_instructions(at::ScalarType dtype) {
  static const bool supported[2] = {winograd::supported(false), winograd::supported(true)};
  return (dtype == at::kFloat && supported[false]) || (dtype == at::kBFloat16 && supported[true]);
}

constexpr int64_t kFew = 4;

/// Whether Winograd's products pay: below some number of tiles, transforming the weights costs more than they
/// save.
bool winograd_pays(int64_t batch, int64_t n, int64_t small, int64_t large) {
  return n % 2 == 0 && small % kGroup == 0 && large % kGroup == 0 && Tiling{batch, n}.count() >= 4 * kGroup;
}

bool few_pay(int64_t small, int64_t large) { return small % kGroup == 0 && large <= kFew; }

// LibTorch's own, for the rest.
constexpr std::array<int64_t, 2> kStride{2, 2}, kPadding{1, 1}, kDilation{1, 1}, kNone{0, 0};

at::Tensor library(const at::Tensor& input, const at::Tensor& weight, bool transposed) {
  return at::convolution(input, weight.to(input.scalar_type()), std::nullopt, kStride, kPadding, kDilation,
                         transposed, kNone, 1);
}

at::Tensor library_weight_gradient(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor weight = at::empty({y.size(1), x.size(1), 4, 4}, x.options());
  const auto gradients = at::convolution_backward(y, x, weight, std::nullopt, kStride, kPadding, kDilation,
                                                  false, kNone, 1, {false, true, false});
  return std::get<1>(gradients).to(at::kFloat);
}

}  // namespace

bool usable(int64_t batch, int64_t n, int64_t small, int64_t large, at::ScalarType dtype) {
  return n >= 2 && has_instructions(dtype) &&
         (winograd_pays(batch, n, small, large) || few_pay(small, large));
}

at::Tensor down(const at::Tensor& x, const at::Tensor& weight) {
  if (!winograd_pays(x.size(0), x.size(2) / 2, weight.size(0), weight.size(1)))
    return library(x, weight, false);
  const at::Tensor from = channels_last(x), w = channels_last(weight);
  const at::Tensor to = like(x, weight.size(0), x.size(2) / 2);
  by_dtype(x, [&]<class T>(T) {
    down<T>(images<const T>(from), w.const_data_ptr<float>(), images<T>(to), {x.size(0), to.size(2)});
  });
  return to;
}

at::Tensor up(const at::Tensor& y, const at::Tensor& weight) {
  const bool few = few_pay(weight.size(0), weight.size(1));
  if (!few && !winograd_pays(y.size(0), y.size(2), weight.size(0), weight.size(1)))
    return library(y, weight, true);
  const at::Tensor from = channels_last(y), w = channels_last(weight);
  const at::Tensor to = like(y, weight.size(1), y.size(2) * 2);
  by_dtype(y, [&]<class T>(T) {
    if (few) return up_few<T>(images<const T>(from), w.const_data_ptr<float>(), images<T>(to), y.size(0));
    up<T>(images<const T>(from), w.const_data_ptr<float>(), images<T>(to), {y.size(0), y.size(2)});
  });
  return to;
}

at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y) {
  if (!winograd_pays(x.size(0), y.size(2), y.size(1), x.size(1))) return library_weight_gradient(x, y);
  const at::Tensor large = channels_last(x), small = channels_last(y);
  const at::Tensor weight =
      at::empty({y.size(1), x.size(1), 4, 4}, x.options().dtype(at::kFloat), at::MemoryFormat::ChannelsLast);
  by_dtype(x, [&]<class T>(T) {
    weight_gradient<T>(images<const T>(large), images<const T>(small), weight.data_ptr<float>(),
                       {y.size(0), y.size(2)});
  });
  return weight;
}

}  // namespace gan::conv4x4

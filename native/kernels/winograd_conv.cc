#include "winograd_conv.h"

#ifdef GAN_AVX512

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

#include "winograd.h"

namespace gan::winograd {
namespace {

constexpr int64_t kParities = 4;

/// A batch of tiles of 2×2 on the small side, row by row, image by image.
struct Tiling {
  int64_t batch, n;
  int64_t count() const { return tiles_of(batch, n); }
  struct Tile {
    int64_t image, row, column;
  };
  Tile operator()(int64_t tile) const {
    const int64_t side = n / 2;
    return {tile / (side * side), tile / side % side, tile % side};
  }
};

template <class T>
Plane<T> plane(const Images<T>& images, int64_t image) {
  return {images[image], images.size, images.channels};
}

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
  return multiple(at::divup(tiles, chunks), 2);
}

/// Bytes of both sides of the weight gradient's products: at once where they are no more, else in chunks.
constexpr int64_t kMostAtOnce = 16 << 20, kChunk = 4 << 20;

/// Rows of the weight gradient that one thread works on together: many, and something for every thread to do.
int64_t rows_at_once(int64_t small, int64_t large) {
  for (const int64_t rows : {128, 64})
    if (small % rows == 0 &&
        kParities * (small / rows) * (large / block_of(large)) >= 2 * at::get_num_threads())
      return rows;
  return kGroup;
}

}  // namespace

template <class Set, class T>
void down(const Images<const T>& x, const float* weight, const Images<T>& y) {
  const Tiling tiling{y.count, y.size};
  const int64_t small = y.channels, large = x.channels, rows = kParities * large, block = block_of(small);
  const Room<T> weights(kProducts * rows * small);
  T* const u = weights.data();
  at::parallel_for(0, small / 16, 1, [&](int64_t begin, int64_t end) {
    winograd::weights_down<Set>(weight, large, block, 16 * begin, 16 * end, u);
  });
  const int64_t tiles = tiling.count(), chunk = chunk_of(tiles);
  at::parallel_for(0, at::divup(tiles, chunk), 1, [&](int64_t begin, int64_t end) {
    const Room<T> inputs(kProducts * chunk * rows);
    const Room<float> products(kProducts * chunk * block);
    T* const v = inputs.data();
    float* const m = products.data();
    const Products<T> held;
    for (int64_t first = begin * chunk; first < std::min(tiles, end * chunk); first += chunk) {
      const int64_t count = std::min(chunk, tiles - first);
      for (int64_t t = 0; t < count; ++t) {
        const Tiling::Tile tile = tiling(first + t);
        for (int64_t parity = 0; parity < kParities; ++parity)
          winograd::input<Set, T>(plane(x, tile.image), large_window(tile, parity),
                                  v + t * rows + parity * large, chunk * rows);
      }
      for (int64_t channel = 0; channel < small; channel += block) {
        for (int64_t p = 0; p < kProducts; ++p)
          multiply({count, block, rows, rows, block, block, false}, v + p * chunk * rows,
                   u + (channel / block * kProducts + p) * rows * block, m + p * chunk * block);
        for (int64_t t = 0; t < count; ++t) {
          const Tiling::Tile tile = tiling(first + t);
          winograd::output<Set, T>(m + t * block, chunk * block, plane(y, tile.image),
                                   {2 * tile.row, 2 * tile.column, 1}, channel, block);
        }
      }
    }
  });
}

template <class Set, class T>
void up(const Images<const T>& y, const float* weight, const Images<T>& x) {
  const Tiling tiling{y.count, y.size};
  const int64_t small = y.channels, large = x.channels, block = block_of(large);
  const Room<T> weights(kParities * kProducts * small * large);
  T* const u = weights.data();
  at::parallel_for(0, small / 16, 1, [&](int64_t begin, int64_t end) {
    winograd::weights_up<Set>(weight, small, large, block, 16 * begin, 16 * end, u);
  });
  const int64_t tiles = tiling.count(), chunk = chunk_of(tiles);
  at::parallel_for(0, at::divup(tiles, chunk), 1, [&](int64_t begin, int64_t end) {
    const Room<T> inputs(kProducts * chunk * small);
    const Room<float> products(kProducts * chunk * block);
    T* const v = inputs.data();
    float* const m = products.data();
    const Products<T> held;
    for (int64_t first = begin * chunk; first < std::min(tiles, end * chunk); first += chunk) {
      const int64_t count = std::min(chunk, tiles - first);
      for (int64_t parity = 0; parity < kParities; ++parity) {
        for (int64_t t = 0; t < count; ++t) {
          const Tiling::Tile tile = tiling(first + t);
          winograd::input<Set, T>(plane(y, tile.image), small_window(tile, parity), v + t * small,
                                  chunk * small);
        }
        for (int64_t channel = 0; channel < large; channel += block) {
          const T* const right = u + (parity * (large / block) + channel / block) * kProducts * small * block;
          for (int64_t p = 0; p < kProducts; ++p)
            multiply({count, block, small, small, block, block, false}, v + p * chunk * small,
                     right + p * small * block, m + p * chunk * block);
          for (int64_t t = 0; t < count; ++t) {
            const Tiling::Tile tile = tiling(first + t);
            const Window window{4 * tile.row + parity / 2, 4 * tile.column + parity % 2, 2};
            winograd::output<Set, T>(m + t * block, chunk * block, plane(x, tile.image), window, channel,
                                     block);
          }
        }
      }
    }
  });
}

template <class Set, class T>
void weight_gradient(const Images<const T>& x, const Images<const T>& y, float* weight) {
  const Tiling tiling{y.count, y.size};
  const int64_t small = y.channels, large = x.channels, tiles = tiling.count();
  // Both sides of a chunk's products stay in the caches, and all of it in one chunk saves adding to the sums.
  const int64_t bytes = kProducts * (kParities * large + small) * static_cast<int64_t>(sizeof(T));
  const int64_t all = multiple(tiles, kGroup);
  const int64_t chunk =
      all * bytes <= kMostAtOnce ? all : std::max<int64_t>(2, kChunk / (bytes * kGroup)) * kGroup;
  const Room<T> left(kProducts * small * chunk);
  const Room<T> right(kProducts * kParities * chunk * large);
  T* const a = left.data();
  T* const b = right.data();
  const int64_t rows = rows_at_once(small, large), columns = block_of(large), count_of_rows = small / rows;
  const int64_t item_size = kProducts * rows * columns, items = kParities * count_of_rows * (large / columns);
  const Room<float> sums(chunk < all ? items * item_size : 0);
  const Window outside{-8, -8, 1};
  for (int64_t first = 0; first < tiles; first += chunk) {
    const int64_t count = multiple(std::min(chunk, tiles - first), kGroup);
    at::parallel_for(0, count / kGroup, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t0 = begin * kGroup; t0 < end * kGroup; t0 += kGroup) {
        std::array<Plane<const T>, kGroup> planes;
        std::array<Window, kGroup> windows;
        for (int64_t t = 0; t < kGroup; ++t) {
          const bool real = first + t0 + t < tiles;
          const Tiling::Tile tile = real ? tiling(first + t0 + t) : Tiling::Tile{0, 0, 0};
          planes[t] = real ? plane(y, tile.image) : Plane<const T>{nullptr, 0, 0};
          windows[t] = {2 * tile.row, 2 * tile.column, 1};
        }
        winograd::output_gradient<Set, T>(planes.data(), windows.data(), a + t0, small * chunk, chunk);
        for (int64_t t = t0; t < t0 + kGroup; t += 2) {
          const bool real[2] = {first + t < tiles, first + t + 1 < tiles};
          const Tiling::Tile even = real[0] ? tiling(first + t) : Tiling::Tile{0, 0, 0};
          const Tiling::Tile odd = real[1] ? tiling(first + t + 1) : Tiling::Tile{0, 0, 0};
          for (int64_t parity = 0; parity < kParities; ++parity)
            winograd::input_pair<Set, T>(plane(x, even.image), real[0] ? large_window(even, parity) : outside,
                                         plane(x, odd.image), real[1] ? large_window(odd, parity) : outside,
                                         b + parity * chunk * large + t * large, kParities * chunk * large);
        }
      }
    });
    at::parallel_for(0, items, 1, [&](int64_t begin, int64_t end) {
      const Room<float> own(chunk < all ? 0 : item_size);
      const Products<T> held;
      for (int64_t item = begin; item < end; ++item) {
        const int64_t parity = item % kParities, row = item / kParities % count_of_rows * rows,
                      column = item / kParities / count_of_rows * columns;
        float* const u = chunk < all ? sums.data() + item * item_size : own.data();
        for (int64_t p = 0; p < kProducts; ++p)
          multiply({rows, columns, count, chunk, large, columns, first > 0}, a + (p * small + row) * chunk,
                   b + ((p * kParities + parity) * chunk) * large + column * (kPairs<T> ? 2 : 1),
                   u + p * rows * columns);
        if (first + chunk >= tiles)
          winograd::weight_gradient<Set>(u, rows, columns, parity, weight + row * 16 * large + column, large);
      }
    });
  }
}

#define GAN_CONVOLUTIONS(Set, T)                                                   \
  template void down<Set>(const Images<const T>&, const float*, const Images<T>&); \
  template void up<Set>(const Images<const T>&, const float*, const Images<T>&);   \
  template void weight_gradient<Set>(const Images<const T>&, const Images<const T>&, float*);
GAN_CONVOLUTIONS(Avx512, float)
GAN_CONVOLUTIONS(Avx512, Bf16)
GAN_CONVOLUTIONS(Avx2, float)
#undef GAN_CONVOLUTIONS

}  // namespace gan::winograd

#endif

#include "winograd.h"

#include <new>

#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::winograd {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// Addresses of a tile's pixels, null outside.
template <class T, int N>
struct Pixels {
  const T* at[N * N];

  GAN_INLINE Pixels(const Plane<const T>& plane, const Window& window) {
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        const int64_t row = window.row + i * window.step, column = window.column + j * window.step;
        const bool inside = row >= 0 && row < plane.size && column >= 0 && column < plane.size;
        at[N * i + j] = inside ? plane.data + (row * plane.size + column) * plane.channels : nullptr;
      }
  }

  GAN_INLINE Vector operator()(int pixel, int64_t channel) const {
    return at[pixel] ? load(at[pixel] + channel) : zeros();
  }
};

/// Bᵀ d B of sixteen channels, in place.
struct Transformed {
  Vector v[9];

  template <class T>
  GAN_INLINE Transformed(const Pixels<T, 3>& d, int64_t channel) {
    for (int i = 0; i < 3; ++i) {
      const Vector middle = d(3 * i + 1, channel);
      v[3 * i] = d(3 * i, channel) - middle;
      v[3 * i + 1] = middle;
      v[3 * i + 2] = d(3 * i + 2, channel) - middle;
    }
    for (int j = 0; j < 3; ++j) {
      v[j] = v[j] - v[3 + j];
      v[6 + j] = v[6 + j] - v[3 + j];
    }
  }
};

/// One of the nine entries of A g Aᵀ, of a 2×2 tile.
template <class T>
GAN_INLINE Vector spread(const Pixels<T, 2>& g, int product, int64_t channel) {
  const int i = product / 3, j = product % 3;
  const auto row = [&](int r) __attribute__((always_inline)) {
    if (j == 0) return g(2 * r, channel);
    if (j == 2) return g(2 * r + 1, channel);
    return g(2 * r, channel) + g(2 * r + 1, channel);
  };
  if (i == 0) return row(0);
  if (i == 2) return row(1);
  return row(0) + row(1);
}

}  // namespace

template <class Set, class T>
void input(const Plane<const T>& plane, const Window& window, T* out, int64_t product_stride) {
  const Pixels<T, 3> d(plane, window);
  for (int64_t c = 0; c < plane.channels; c += kGroup) {
    const Transformed low(d, c), high(d, c + kLanes);
    for (int p = 0; p < kProducts; ++p) store_group(out + p * product_stride + c, low.v[p], high.v[p]);
  }
}

template <>
void input_pair<ThisSet>(const Plane<const float>& plane0, const Window& window0,
                         const Plane<const float>& plane1, const Window& window1, float* out,
                         int64_t product_stride) {
  input<ThisSet>(plane0, window0, out, product_stride);
  input<ThisSet>(plane1, window1, out + plane0.channels, product_stride);
}

#ifdef GAN_WITH_BF16
template <>
void input_pair<ThisSet>(const Plane<const Bf16>& plane0, const Window& window0,
                         const Plane<const Bf16>& plane1, const Window& window1, Bf16* out,
                         int64_t product_stride) {
  const Pixels<Bf16, 3> d0(plane0, window0), d1(plane1, window1);
  for (int64_t c = 0; c < plane0.channels; c += kLanes) {
    const Transformed even(d0, c), odd(d1, c);
    for (int p = 0; p < kProducts; ++p)
      store_lanes(out + p * product_stride + 2 * c, paired(even.v[p], odd.v[p]));
  }
}
#endif

template <class Set, class T>
void output(const float* m, int64_t product_stride, const Plane<T>& plane, const Window& window,
            int64_t channel, int64_t channels) {
  T* const first = plane.data + (window.row * plane.size + window.column) * plane.channels + channel;
  const int64_t right = window.step * plane.channels, down = right * plane.size;
  for (int64_t c = 0; c < channels; c += kLanes) {
    Vector top[3], bottom[3];
    for (int j = 0; j < 3; ++j) {
      const Vector middle = load(m + (3 + j) * product_stride + c);
      top[j] = load(m + j * product_stride + c) + middle;
      bottom[j] = middle + load(m + (6 + j) * product_stride + c);
    }
    store(first + c, top[0] + top[1]);
    store(first + right + c, top[1] + top[2]);
    store(first + down + c, bottom[0] + bottom[1]);
    store(first + down + right + c, bottom[1] + bottom[2]);
  }
}

namespace {

/// Sixteen rows of a block before its transposition: float32 of 16 tiles, bfloat16 of 32 in pairs.
template <class T>
struct Tiles;
template <>
struct Tiles<float> {
  static constexpr int kCount = 16;
  GAN_INLINE static Lanes row(const Pixels<float, 2>* tiles, const bool* real, int i, int p, int64_t c) {
    return real[i] ? lanes_of(spread(tiles[i], p, c)) : no_lanes();
  }
};
#ifdef GAN_WITH_BF16
template <>
struct Tiles<Bf16> {
  static constexpr int kCount = 32;
  GAN_INLINE static Lanes row(const Pixels<Bf16, 2>* tiles, const bool* real, int i, int p, int64_t c) {
    const Vector zero = zeros();
    return paired(real[2 * i] ? spread(tiles[2 * i], p, c) : zero,
                  real[2 * i + 1] ? spread(tiles[2 * i + 1], p, c) : zero);
  }
};
#endif

}  // namespace

template <class Set, class T>
void output_gradient(const Plane<const T>* planes, const Window* windows, T* out, int64_t product_stride,
                     int64_t channel_stride) {
  constexpr int kCount = Tiles<T>::kCount;
  const Plane<const T> nowhere{nullptr, 0, 0};
  for (int first = 0; first < kGroup; first += kCount) {
    alignas(64) unsigned char room[kCount * sizeof(Pixels<T, 2>)];
    auto* tiles = reinterpret_cast<Pixels<T, 2>*>(room);
    bool real[kCount];
    for (int i = 0; i < kCount; ++i) {
      const Plane<const T>& plane = planes[first + i];
      real[i] = plane.data != nullptr;
      new (tiles + i) Pixels<T, 2>(real[i] ? plane : nowhere, windows[first + i]);
    }
    for (int64_t c = 0; c < planes[0].channels; c += kLanes)
      for (int p = 0; p < kProducts; ++p) {
        Lanes rows[16];
        for (int i = 0; i < 16; ++i) rows[i] = Tiles<T>::row(tiles, real, i, p, c);
        transpose(rows);
        T* const to = out + p * product_stride + c * channel_stride + first;
        for (int i = 0; i < 16; ++i) store_lanes(to + i * channel_stride, rows[i]);
      }
  }
}

#define GAN_TILES(T)                                                                                      \
  template void input<ThisSet>(const Plane<const T>&, const Window&, T*, int64_t);                        \
  template void output<ThisSet>(const float*, int64_t, const Plane<T>&, const Window&, int64_t, int64_t); \
  template void output_gradient<ThisSet>(const Plane<const T>*, const Window*, T*, int64_t, int64_t);
GAN_FOR_DTYPES(GAN_TILES)
#undef GAN_TILES

GAN_VECTORS_END

}  // namespace gan::winograd

#endif

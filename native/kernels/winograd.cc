#include "winograd.h"

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__)
#define GAN_AVX512 1
#include <immintrin.h>
#endif

namespace gan::winograd {

#ifdef GAN_AVX512

bool supported(bool bfloat16) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         (!bfloat16 || __builtin_cpu_supports("avx512bf16"));
}

// Only what is written below may use these instructions, not what the headers above define inline: the linker
// could choose this unit's copy of such a function for the whole addon.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")
#endif

namespace {

// Kept in registers only if the compiler inlines all of it.
#define GAN_INLINE __attribute__((always_inline)) inline

/// Sixteen numbers, a register.
using Vector = __m512;
constexpr int64_t kLanes = 16;

GAN_INLINE Vector load(const float* from) { return _mm512_loadu_ps(from); }
GAN_INLINE Vector load(const Bf16* from) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

GAN_INLINE __m256i rounded(Vector value) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)); }

GAN_INLINE void store(float* to, Vector value) { _mm512_storeu_ps(to, value); }
GAN_INLINE void store(Bf16* to, Vector value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded(value));
}

/// Bfloat16 pairs (even, odd), lane by lane.
GAN_INLINE __m512i paired(Vector even, Vector odd) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(rounded(even)),
                         _mm512_slli_epi32(_mm512_cvtepu16_epi32(rounded(odd)), 16));
}

/// Bfloat16 of 32 numbers in their order, as 16 pairs of neighbours.
GAN_INLINE __m512i neighbours(Vector low, Vector high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

/// A group of channels.
GAN_INLINE void store_group(float* to, Vector low, Vector high) {
  store(to, low);
  store(to + kLanes, high);
}
GAN_INLINE void store_group(Bf16* to, Vector low, Vector high) {
  _mm512_storeu_si512(to, neighbours(low, high));
}

/// Rows to columns of a 16×16 block of 32-bit lanes.
GAN_INLINE void transpose(__m512i* rows) {
  __m512i t[16];
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    rows[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    rows[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    rows[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    rows[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0x88);
    t[8 + i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0xdd);
    t[12 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    rows[8 + i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd);
    rows[4 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    rows[12 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xdd);
  }
}

GAN_INLINE void store_lanes(void* to, __m512i lanes) { _mm512_storeu_si512(to, lanes); }

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
    return at[pixel] ? load(at[pixel] + channel) : _mm512_setzero_ps();
  }
};

/// Bᵀ d B of sixteen channels, in place.
struct Transformed {
  Vector v[9];

  template <class T>
  GAN_INLINE Transformed(const Pixels<T, 3>& d, int64_t channel) {
    for (int i = 0; i < 3; ++i) {
      const Vector middle = d(3 * i + 1, channel);
      v[3 * i] = _mm512_sub_ps(d(3 * i, channel), middle);
      v[3 * i + 1] = middle;
      v[3 * i + 2] = _mm512_sub_ps(d(3 * i + 2, channel), middle);
    }
    for (int j = 0; j < 3; ++j) {
      v[j] = _mm512_sub_ps(v[j], v[3 + j]);
      v[6 + j] = _mm512_sub_ps(v[6 + j], v[3 + j]);
    }
  }
};

/// Taps of the 4×4 kernel that meet the plane of `parity` (row, column): even pixels 1 and 3, odd ones 0
/// and 2.
GAN_INLINE int tap(int parity, int i, int j) {
  const int row = 2 * i + 1 - parity / 2, column = 2 * j + 1 - parity % 2;
  return 4 * row + column;
}

/// G g Gᵀ of the taps of one parity: `w` points at [4][4][large] + channel.
GAN_INLINE void transform_weights(const float* w, int64_t large, int parity, Vector* u) {
  const Vector g00 = load(w + tap(parity, 0, 0) * large), g01 = load(w + tap(parity, 0, 1) * large);
  const Vector g10 = load(w + tap(parity, 1, 0) * large), g11 = load(w + tap(parity, 1, 1) * large);
  u[0] = g00;
  u[1] = _mm512_add_ps(g00, g01);
  u[2] = g01;
  u[6] = g10;
  u[7] = _mm512_add_ps(g10, g11);
  u[8] = g11;
  for (int j = 0; j < 3; ++j) u[3 + j] = _mm512_add_ps(u[j], u[6 + j]);
}

/// One of the nine entries of A g Aᵀ, of a 2×2 tile.
template <class T>
GAN_INLINE Vector spread(const Pixels<T, 2>& g, int product, int64_t channel) {
  const int i = product / 3, j = product % 3;
  const auto row = [&](int r) __attribute__((always_inline)) {
    if (j == 0) return g(2 * r, channel);
    if (j == 2) return g(2 * r + 1, channel);
    return _mm512_add_ps(g(2 * r, channel), g(2 * r + 1, channel));
  };
  if (i == 0) return row(0);
  if (i == 2) return row(1);
  return _mm512_add_ps(row(0), row(1));
}

}  // namespace

template <class T>
void input(const Plane<const T>& plane, const Window& window, T* out, int64_t product_stride) {
  const Pixels<T, 3> d(plane, window);
  for (int64_t c = 0; c < plane.channels; c += kGroup) {
    const Transformed low(d, c), high(d, c + kLanes);
    for (int p = 0; p < kProducts; ++p) store_group(out + p * product_stride + c, low.v[p], high.v[p]);
  }
}

template <>
void input_pair(const Plane<const float>& plane0, const Window& window0, const Plane<const float>& plane1,
                const Window& window1, float* out, int64_t product_stride) {
  input(plane0, window0, out, product_stride);
  input(plane1, window1, out + plane0.channels, product_stride);
}

template <>
void input_pair(const Plane<const Bf16>& plane0, const Window& window0, const Plane<const Bf16>& plane1,
                const Window& window1, Bf16* out, int64_t product_stride) {
  const Pixels<Bf16, 3> d0(plane0, window0), d1(plane1, window1);
  for (int64_t c = 0; c < plane0.channels; c += kLanes) {
    const Transformed even(d0, c), odd(d1, c);
    for (int p = 0; p < kProducts; ++p)
      store_lanes(out + p * product_stride + 2 * c, paired(even.v[p], odd.v[p]));
  }
}

template <class T>
void output(const float* m, int64_t product_stride, const Plane<T>& plane, const Window& window,
            int64_t channel, int64_t channels) {
  T* const first = plane.data + (window.row * plane.size + window.column) * plane.channels + channel;
  const int64_t right = window.step * plane.channels, down = right * plane.size;
  for (int64_t c = 0; c < channels; c += kLanes) {
    Vector top[3], bottom[3];
    for (int j = 0; j < 3; ++j) {
      const Vector middle = load(m + (3 + j) * product_stride + c);
      top[j] = _mm512_add_ps(load(m + j * product_stride + c), middle);
      bottom[j] = _mm512_add_ps(middle, load(m + (6 + j) * product_stride + c));
    }
    store(first + c, _mm512_add_ps(top[0], top[1]));
    store(first + right + c, _mm512_add_ps(top[1], top[2]));
    store(first + down + c, _mm512_add_ps(bottom[0], bottom[1]));
    store(first + down + right + c, _mm512_add_ps(bottom[1], bottom[2]));
  }
}

namespace {

/// Sixteen rows of a block before its transposition: float32 of 16 tiles, bfloat16 of 32 in pairs.
template <class T>
struct Tiles;
template <>
struct Tiles<float> {
  static constexpr int kCount = 16;
  GAN_INLINE static __m512i row(const Pixels<float, 2>* tiles, const bool* real, int i, int p, int64_t c) {
    return real[i] ? _mm512_castps_si512(spread(tiles[i], p, c)) : _mm512_setzero_si512();
  }
};
template <>
struct Tiles<Bf16> {
  static constexpr int kCount = 32;
  GAN_INLINE static __m512i row(const Pixels<Bf16, 2>* tiles, const bool* real, int i, int p, int64_t c) {
    const Vector zero = _mm512_setzero_ps();
    return paired(real[2 * i] ? spread(tiles[2 * i], p, c) : zero,
                  real[2 * i + 1] ? spread(tiles[2 * i + 1], p, c) : zero);
  }
};

}  // namespace

template <class T>
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
        __m512i rows[16];
        for (int i = 0; i < 16; ++i) rows[i] = Tiles<T>::row(tiles, real, i, p, c);
        transpose(rows);
        T* const to = out + p * product_stride + c * channel_stride + first;
        for (int i = 0; i < 16; ++i) store_lanes(to + i * channel_stride, rows[i]);
      }
  }
}

template <>
void weights_down(const float* weights, int64_t large, int64_t block, int64_t begin, int64_t end,
                  float* out) {
  for (int64_t k = begin; k < end; k += kLanes)
    for (int64_t c = 0; c < large; c += kLanes)
      for (int parity = 0; parity < 4; ++parity) {
        __m512i u[kProducts][16];
        for (int i = 0; i < 16; ++i) {
          Vector v[kProducts];
          transform_weights(weights + (k + i) * 16 * large + c, large, parity, v);
          for (int p = 0; p < kProducts; ++p) u[p][i] = _mm512_castps_si512(v[p]);
        }
        for (int p = 0; p < kProducts; ++p) {
          transpose(u[p]);
          float* const to =
              out + ((k / block * kProducts + p) * 4 * large + parity * large + c) * block + k % block;
          for (int i = 0; i < 16; ++i) store_lanes(to + i * block, u[p][i]);
        }
      }
}

template <>
void weights_down(const float* weights, int64_t large, int64_t block, int64_t begin, int64_t end, Bf16* out) {
  for (int64_t k = begin; k < end; k += kLanes)
    for (int64_t c = 0; c < large; c += 2 * kLanes)
      for (int parity = 0; parity < 4; ++parity) {
        __m512i u[kProducts][16];
        for (int i = 0; i < 16; ++i) {
          Vector low[kProducts], high[kProducts];
          const float* const from = weights + (k + i) * 16 * large + c;
          transform_weights(from, large, parity, low);
          transform_weights(from + kLanes, large, parity, high);
          for (int p = 0; p < kProducts; ++p) u[p][i] = neighbours(low[p], high[p]);
        }
        for (int p = 0; p < kProducts; ++p) {
          transpose(u[p]);
          Bf16* const to =
              out + ((k / block * kProducts + p) * 4 * large + parity * large + c) * block + 2 * (k % block);
          for (int i = 0; i < 16; ++i) store_lanes(to + 2 * i * block, u[p][i]);
        }
      }
}

template <>
void weights_up(const float* weights, int64_t small, int64_t large, int64_t block, int64_t begin, int64_t end,
                float* out) {
  for (int parity = 0; parity < 4; ++parity)
    for (int64_t k = begin; k < end; ++k)
      for (int64_t c = 0; c < large; c += kLanes) {
        Vector u[kProducts];
        transform_weights(weights + k * 16 * large + c, large, parity, u);
        float* const to =
            out + ((parity * (large / block) + c / block) * kProducts * small + k) * block + c % block;
        for (int p = 0; p < kProducts; ++p) store(to + p * small * block, u[kProducts - 1 - p]);
      }
}

template <>
void weights_up(const float* weights, int64_t small, int64_t large, int64_t block, int64_t begin, int64_t end,
                Bf16* out) {
  for (int parity = 0; parity < 4; ++parity)
    for (int64_t k = begin; k < end; k += 2)
      for (int64_t c = 0; c < large; c += kLanes) {
        Vector even[kProducts], odd[kProducts];
        transform_weights(weights + k * 16 * large + c, large, parity, even);
        transform_weights(weights + (k + 1) * 16 * large + c, large, parity, odd);
        Bf16* const to =
            out + ((parity * (large / block) + c / block) * kProducts * small + k) * block + 2 * (c % block);
        for (int p = 0; p < kProducts; ++p)
          store_lanes(to + p * small * block, paired(even[kProducts - 1 - p], odd[kProducts - 1 - p]));
      }
}

void weight_gradient(const float* u, int64_t small, int64_t large, int64_t begin, int64_t end,
                     float* weights) {
  const int64_t product_stride = 4 * small * large;
  for (int64_t k = begin; k < end; ++k)
    for (int parity = 0; parity < 4; ++parity)
      for (int64_t c = 0; c < large; c += kLanes) {
        const float* const from = u + (parity * small + k) * large + c;
        float* const to = weights + k * 16 * large + c;
        Vector top[3], bottom[3];
        for (int j = 0; j < 3; ++j) {
          const Vector middle = load(from + (3 + j) * product_stride);
          top[j] = _mm512_add_ps(load(from + j * product_stride), middle);
          bottom[j] = _mm512_add_ps(middle, load(from + (6 + j) * product_stride));
        }
        store(to + tap(parity, 0, 0) * large, _mm512_add_ps(top[0], top[1]));
        store(to + tap(parity, 0, 1) * large, _mm512_add_ps(top[1], top[2]));
        store(to + tap(parity, 1, 0) * large, _mm512_add_ps(bottom[0], bottom[1]));
        store(to + tap(parity, 1, 1) * large, _mm512_add_ps(bottom[1], bottom[2]));
      }
}

template <class T>
void fold_row(const float* first, const float* second, int64_t n, int64_t channels, float* room, T* row) {
  // Pixels of even and of odd number apart: the columns of either do not overlap.
  const int64_t span = 4 * channels, width = 2 * n * channels, length = width + 2 * span;
  const __mmask16 mask = static_cast<__mmask16>((1u << span) - 1);
  float* const sides[2] = {room, room + length};
  std::fill_n(room, 2 * length, 0.0f);
  for (int64_t j = 0; j < n; ++j) {
    const Vector a = first ? _mm512_maskz_loadu_ps(mask, first + j * 4 * span) : _mm512_setzero_ps();
    const Vector b = second ? _mm512_maskz_loadu_ps(mask, second + j * 4 * span) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(sides[j % 2] + 2 * j * channels, mask, _mm512_add_ps(a, b));
  }
  // The first column of the first pixel lies before the image.
  int64_t c = 0;
  for (; c + kLanes <= width; c += kLanes)
    store(row + c, _mm512_add_ps(load(sides[0] + channels + c), load(sides[1] + channels + c)));
  if (c == width) return;
  T rest[kLanes];
  store(rest, _mm512_add_ps(load(sides[0] + channels + c), load(sides[1] + channels + c)));
  std::copy_n(rest, width - c, row + c);
}

void pair_rows(const float* from, int64_t rows, int64_t columns, Bf16* to) {
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const float* const even = from + r * columns + c;
      store_lanes(to + r * columns + 2 * c, paired(load(even), load(even + columns)));
    }
}

template void fold_row(const float*, const float*, int64_t, int64_t, float*, float*);
template void fold_row(const float*, const float*, int64_t, int64_t, float*, Bf16*);
template void input(const Plane<const float>&, const Window&, float*, int64_t);
template void input(const Plane<const Bf16>&, const Window&, Bf16*, int64_t);
template void output(const float*, int64_t, const Plane<float>&, const Window&, int64_t, int64_t);
template void output(const float*, int64_t, const Plane<Bf16>&, const Window&, int64_t, int64_t);
template void output_gradient(const Plane<const float>*, const Window*, float*, int64_t, int64_t);
template void output_gradient(const Plane<const Bf16>*, const Window*, Bf16*, int64_t, int64_t);

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif

}  // namespace gan::winograd

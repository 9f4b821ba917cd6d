#include "few_rows.h"

#ifdef GAN_AVX512

#include <algorithm>

#include "vectors.h"

namespace gan::few_channels {
GAN_VECTORS_BEGIN
using namespace simd;

namespace {

/// The first numbers, and zeros as far as a register goes, which what is copied next covers: AMD's processors
/// store some lanes of AVX2's in many times a whole one's time.
GAN_INLINE void copy(const float* from, Mask mask, float* to) { store(to, load_some(from, mask)); }
#ifdef GAN_WITH_BF16
GAN_INLINE __m256i load_bits(const Bf16* from, Mask mask) { return _mm256_maskz_loadu_epi16(mask, from); }
GAN_INLINE void copy(const Bf16* from, Mask mask, Bf16* to) {
  _mm256_mask_storeu_epi16(to, mask, load_bits(from, mask));
}
#endif

/// Rows of a 16×16 block before its transposition: 16 pixels of float32, 16 pairs of bfloat16.
GAN_INLINE Lanes block_row(const float* pixels, int64_t channels, int i) {
  return lanes_of(load(pixels + i * channels));
}
#ifdef GAN_WITH_BF16
GAN_INLINE Lanes block_row(const Bf16* pixels, int64_t channels, int i) {
  const auto half = [&](int64_t pixel) __attribute__((always_inline)) {
    return _mm512_cvtepu16_epi32(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels + pixel * channels)));
  };
  return _mm512_or_si512(half(2 * i), _mm512_slli_epi32(half(2 * i + 1), 16));
}
#endif

}  // namespace

template <class Set, class T>
void gather(const T* rows, int64_t stride, int64_t count, int64_t span, T* out) {
  const Mask mask = first_lanes(span);
  for (int64_t pixel = 0; pixel < count; ++pixel)
    for (int64_t row = 0; row < 4; ++row)
      copy(rows + row * stride + pixel * span / 2, mask, out + (4 * pixel + row) * span);
}

#ifdef GAN_WITH_BF16
template <>
void gather_pairs<ThisSet>(const Bf16* rows, int64_t stride, int64_t count, int64_t span, Bf16* out) {
  const Mask mask = first_lanes(span);
  for (int64_t pixel = 0; pixel < count; pixel += 2)
    for (int64_t row = 0; row < 4; ++row) {
      const Bf16* const from = rows + row * stride + pixel * span / 2;
      const Lanes even = _mm512_cvtepu16_epi32(load_bits(from, mask));
      const Lanes odd = _mm512_cvtepu16_epi32(load_bits(from + span / 2, mask));
      _mm512_mask_storeu_epi32(out + 4 * pixel * span + 2 * row * span, mask,
                               _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
}
#endif

template <class Set, class T>
void fold(const float* first, const float* second, const float* bias, int64_t n, int64_t span, float* room,
          T* row) {
  // Pixels of even and of odd number apart: the columns of either do not overlap. Zeros are written beyond
  // them, which the next pixel's cover.
  const int64_t width = n * span / 2, length = width + 2 * span;
  const Mask mask = first_lanes(span);
  float* const sides[2] = {room, room + length + kLanes};
  std::fill_n(room, 2 * length + kLanes, 0.0f);
  for (int64_t j = 0; j < n; ++j) {
    const Vector a = first ? load_some(first + j * 4 * span, mask) : zeros();
    const Vector b = second ? load_some(second + j * 4 * span, mask) : zeros();
    store(sides[j % 2] + j * span / 2, a + b);
  }
  // The first column of the first pixel lies before the image.
  const int64_t border = span / 4;
  const auto put = [&](int64_t c, auto some) __attribute__((always_inline)) {
    const Vector both = load_some(sides[0] + border + c, some) + load_some(sides[1] + border + c, some);
    store_some(row + c, some, bias ? both + load_some(bias + c, some) : both);
  };
  int64_t c = 0;
  for (; c + kLanes <= width; c += kLanes) put(c, All());
  if (c < width) put(c, first_lanes(width - c));
}

template <class Set, class T>
void finish(const float* from, int64_t rows, int64_t columns, const float* bias, T* out, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const Vector value = load(from + r * columns + c);
      store(out + r * stride + c, bias ? value + load(bias + c) : value);
    }
}

template <class Set, class T>
void transpose(const T* pixels, int64_t channels, T* out, int64_t out_stride) {
  constexpr int64_t kCount = sizeof(T) == 4 ? 16 : 32;
  for (int64_t first = 0; first < kGroup; first += kCount)
    for (int64_t c = 0; c < channels; c += kLanes) {
      Lanes rows[16];
      for (int i = 0; i < 16; ++i) rows[i] = block_row(pixels + first * channels + c, channels, i);
      simd::transpose(rows);
      for (int i = 0; i < 16; ++i) store_lanes(out + (c + i) * out_stride + first, rows[i]);
    }
}

#ifdef GAN_WITH_BF16
template <>
void pair_rows<ThisSet>(const float* from, int64_t rows, int64_t columns, Bf16* to) {
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const float* const even = from + r * columns + c;
      store_lanes(to + r * columns + 2 * c, paired(load(even), load(even + columns)));
    }
}
#endif

#define GAN_ROWS(T)                                                                                    \
  template void gather<ThisSet>(const T*, int64_t, int64_t, int64_t, T*);                              \
  template void fold<ThisSet>(const float*, const float*, const float*, int64_t, int64_t, float*, T*); \
  template void finish<ThisSet>(const float*, int64_t, int64_t, const float*, T*, int64_t);            \
  template void transpose<ThisSet>(const T*, int64_t, T*, int64_t);
GAN_FOR_DTYPES(GAN_ROWS)
#undef GAN_ROWS

GAN_VECTORS_END
}  // namespace gan::few_channels

#endif

#include "few_rows.h"

#ifdef GAN_AVX512

#include <algorithm>

namespace gan::few_channels {
GAN_AVX512_BEGIN
using namespace avx512;

namespace {

GAN_INLINE void copy(const float* from, __mmask16 mask, float* to) {
  _mm512_mask_storeu_ps(to, mask, _mm512_maskz_loadu_ps(mask, from));
}
GAN_INLINE __m256i load_bits(const Bf16* from, __mmask16 mask) {
  return _mm256_maskz_loadu_epi16(mask, from);
}
GAN_INLINE void copy(const Bf16* from, __mmask16 mask, Bf16* to) {
  _mm256_mask_storeu_epi16(to, mask, load_bits(from, mask));
}

/// Rows of a 16×16 block before its transposition: 16 pixels of float32, 16 pairs of bfloat16.
GAN_INLINE __m512i block_row(const float* pixels, int64_t channels, int i) {
  return _mm512_loadu_si512(pixels + i * channels);
}
GAN_INLINE __m512i block_row(const Bf16* pixels, int64_t channels, int i) {
  const auto half = [&](int64_t pixel) __attribute__((always_inline)) {
    return _mm512_cvtepu16_epi32(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels + pixel * channels)));
  };
  return _mm512_or_si512(half(2 * i), _mm512_slli_epi32(half(2 * i + 1), 16));
}

}  // namespace

template <class T>
void gather(const T* rows, int64_t stride, int64_t count, int64_t span, T* out) {
  const __mmask16 mask = first_lanes(span);
  for (int64_t pixel = 0; pixel < count; ++pixel)
    for (int64_t row = 0; row < 4; ++row)
      copy(rows + row * stride + pixel * span / 2, mask, out + (4 * pixel + row) * span);
}

void gather_pairs(const Bf16* rows, int64_t stride, int64_t count, int64_t span, Bf16* out) {
  const __mmask16 mask = first_lanes(span);
  for (int64_t pixel = 0; pixel < count; pixel += 2)
    for (int64_t row = 0; row < 4; ++row) {
      const Bf16* const from = rows + row * stride + pixel * span / 2;
      const __m512i even = _mm512_cvtepu16_epi32(load_bits(from, mask));
      const __m512i odd = _mm512_cvtepu16_epi32(load_bits(from + span / 2, mask));
      _mm512_mask_storeu_epi32(out + 4 * pixel * span + 2 * row * span, mask,
                               _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
}

template <class T>
void fold(const float* first, const float* second, const float* bias, int64_t n, int64_t span, float* room,
          T* row) {
  // Pixels of even and of odd number apart: the columns of either do not overlap.
  const int64_t width = n * span / 2, length = width + 2 * span;
  const __mmask16 mask = first_lanes(span);
  float* const sides[2] = {room, room + length};
  std::fill_n(room, 2 * length, 0.0f);
  for (int64_t j = 0; j < n; ++j) {
    const Vector a = first ? _mm512_maskz_loadu_ps(mask, first + j * 4 * span) : _mm512_setzero_ps();
    const Vector b = second ? _mm512_maskz_loadu_ps(mask, second + j * 4 * span) : _mm512_setzero_ps();
    _mm512_mask_storeu_ps(sides[j % 2] + j * span / 2, mask, _mm512_add_ps(a, b));
  }
  // The first column of the first pixel lies before the image.
  const int64_t border = span / 4;
  for (int64_t c = 0; c < width; c += kLanes) {
    const __mmask16 rest = first_lanes(std::min(width - c, kLanes));
    const Vector both = _mm512_add_ps(_mm512_maskz_loadu_ps(rest, sides[0] + border + c),
                                      _mm512_maskz_loadu_ps(rest, sides[1] + border + c));
    store_some(row + c, rest, bias ? _mm512_add_ps(both, _mm512_maskz_loadu_ps(rest, bias + c)) : both);
  }
}

template <class T>
void finish(const float* from, int64_t rows, int64_t columns, const float* bias, T* out, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const Vector value = load(from + r * columns + c);
      store(out + r * stride + c, bias ? _mm512_add_ps(value, load(bias + c)) : value);
    }
}

template <class T>
void transpose(const T* pixels, int64_t channels, T* out, int64_t out_stride) {
  constexpr int64_t kCount = sizeof(T) == 4 ? 16 : 32;
  for (int64_t first = 0; first < kGroup; first += kCount)
    for (int64_t c = 0; c < channels; c += kLanes) {
      __m512i rows[16];
      for (int i = 0; i < 16; ++i) rows[i] = block_row(pixels + first * channels + c, channels, i);
      avx512::transpose(rows);
      for (int i = 0; i < 16; ++i) store_lanes(out + (c + i) * out_stride + first, rows[i]);
    }
}

void pair_rows(const float* from, int64_t rows, int64_t columns, Bf16* to) {
  for (int64_t r = 0; r < rows; r += 2)
    for (int64_t c = 0; c < columns; c += kLanes) {
      const float* const even = from + r * columns + c;
      store_lanes(to + r * columns + 2 * c, paired(load(even), load(even + columns)));
    }
}

template void gather(const float*, int64_t, int64_t, int64_t, float*);
template void gather(const Bf16*, int64_t, int64_t, int64_t, Bf16*);
template void fold(const float*, const float*, const float*, int64_t, int64_t, float*, float*);
template void fold(const float*, const float*, const float*, int64_t, int64_t, float*, Bf16*);
template void finish(const float*, int64_t, int64_t, const float*, float*, int64_t);
template void finish(const float*, int64_t, int64_t, const float*, Bf16*, int64_t);
template void transpose(const float*, int64_t, float*, int64_t);
template void transpose(const Bf16*, int64_t, Bf16*, int64_t);

GAN_AVX512_END
}  // namespace gan::few_channels

#endif

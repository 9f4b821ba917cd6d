#include "dense_pack.h"

#ifdef GAN_AVX512

#include <algorithm>

namespace gan::dense {
GAN_AVX512_BEGIN
using namespace avx512;

namespace {

constexpr __mmask16 kAll = 0xffff;

/// Numbers of a row that are asked for before they are read.
constexpr int64_t kAhead = 128;

/// Bits of up to 16 numbers, each in the lower half of its lane. Loads and stores of some lanes take several
/// times a whole one's time.
GAN_INLINE __m512i bits(const float* from, __mmask16 mask) {
  return _mm512_cvtepu16_epi32(rounded(mask == kAll ? load(from) : load_some(from, mask)));
}
GAN_INLINE __m512i bits(const Bf16* from, __mmask16 mask) {
  return _mm512_cvtepu16_epi32(mask == kAll ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))
                                            : _mm256_maskz_loadu_epi16(mask, from));
}

/// The larger of each number and 0 where that is wanted; what is no number stays none.
GAN_INLINE Vector rectified(Vector numbers, bool wanted) {
  return wanted ? _mm512_max_ps(_mm512_setzero_ps(), numbers) : numbers;
}

/// Two rows of 16 numbers, lane by lane.
template <class T>
GAN_INLINE __m512i two_rows(const Rows<T>& from, int64_t row, int64_t column) {
  const __mmask16 mask = first_lanes(from.columns - column);
  const T* const first = from.data + row * from.stride + column;
  const __m512i even = bits(first, row < from.rows ? mask : 0);
  const __m512i odd = bits(first + from.stride, row + 1 < from.rows ? mask : 0);
  return _mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
}

/// 16 pairs of neighbours in a row.
GAN_INLINE __m512i pairs(const float* from, int64_t count) {
  if (count >= 2 * kLanes) return neighbours(load(from), load(from + kLanes));
  return neighbours(load_some(from, first_lanes(count)),
                    load_some(from + kLanes, first_lanes(count - kLanes)));
}

template <class T>
GAN_INLINE void pair_rows_of(const Rows<T>& from, Bf16* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; row += 2)
    for (int64_t column = 0; column < from.columns; column += kLanes) {
      const __m512i both = two_rows(from, row, column);
      if (from.columns - column >= kLanes)
        _mm512_storeu_si512(to + row * stride + 2 * column, both);
      else
        _mm512_mask_storeu_epi32(to + row * stride + 2 * column, first_lanes(from.columns - column), both);
    }
}

}  // namespace

void copy(const Rows<Bf16>& from, Bf16* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; ++row) {
    Bf16* const end = std::copy_n(from.data + row * from.stride, from.columns, to + row * stride);
    std::fill(end, to + (row + 1) * stride, Bf16{0});
  }
}

void pair_rows(const Rows<float>& from, Bf16* to, int64_t stride) { pair_rows_of(from, to, stride); }
void pair_rows(const Rows<Bf16>& from, Bf16* to, int64_t stride) { pair_rows_of(from, to, stride); }

void pair_columns(const Rows<float>& from, Bf16* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; row += kLanes)
    for (int64_t column = 0; column < from.columns; column += 2 * kLanes) {
      const float* const first = from.data + row * from.stride + column;
      // So many rows at a time are more than the processor follows by itself.
      if (column + kAhead < from.columns && row + kLanes <= from.rows)
        for (int64_t i = 0; i < kLanes; ++i) {
          _mm_prefetch(first + i * from.stride + kAhead, _MM_HINT_T0);
          _mm_prefetch(first + i * from.stride + kAhead + kLanes, _MM_HINT_T0);
        }
      __m512i block[kLanes];
      for (int64_t i = 0; i < kLanes; ++i)
        block[i] = row + i < from.rows ? pairs(first + i * from.stride, from.columns - column)
                                       : _mm512_setzero_si512();
      avx512::transpose(block);
      const int64_t count = std::min(kLanes, (from.columns - column + 1) / 2);
      for (int64_t i = 0; i < count; ++i)
        _mm512_storeu_si512(to + (column / 2 + i) * 2 * stride + 2 * row, block[i]);
    }
}

void transpose(const Rows<Bf16>& from, Bf16* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; row += 2 * kLanes)
    for (int64_t column = 0; column < from.columns; column += kLanes) {
      __m512i block[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) block[i] = two_rows(from, row + 2 * i, column);
      avx512::transpose(block);
      for (int64_t i = 0; i < kLanes; ++i) _mm512_storeu_si512(to + (column + i) * stride + row, block[i]);
    }
}

void round(const Rows<float>& from, const float* bias, bool rectifies, Bf16* to, int64_t stride) {
  for (int64_t row = 0; row < from.rows; ++row)
    for (int64_t column = 0; column < from.columns; column += kLanes) {
      const __mmask16 mask = first_lanes(from.columns - column);
      const Vector shift = bias ? load_some(bias + column, mask) : _mm512_setzero_ps();
      const float* const sums = from.data + row * from.stride + column;
      Bf16* const results = to + row * stride + column;
      if (mask == kAll)
        store(results, rectified(_mm512_add_ps(load(sums), shift), rectifies));
      else
        store_some(results, mask, rectified(_mm512_add_ps(load_some(sums, mask), shift), rectifies));
    }
}

GAN_AVX512_END
}  // namespace gan::dense

#endif

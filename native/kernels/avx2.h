// What avx512.h has for float32, for processors with AVX2: sixteen numbers are two registers.
//
// What is between GAN_AVX2_BEGIN and GAN_AVX2_END may use its instructions, and nothing else.
#pragma once

#include "avx512.h"

#ifdef GAN_AVX512

#if defined(__clang__)
#define GAN_AVX2_BEGIN \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define GAN_AVX2_END _Pragma("clang attribute pop")
#else
#define GAN_AVX2_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#define GAN_AVX2_END _Pragma("GCC pop_options")
#endif

GAN_AVX2_BEGIN
namespace gan::avx2 {

constexpr int64_t kLanes = 16, kHalf = 8;

/// Sixteen numbers.
struct Vector {
  __m256 low, high;
};
GAN_INLINE Vector operator+(Vector a, Vector b) {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
GAN_INLINE Vector operator-(Vector a, Vector b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
GAN_INLINE Vector operator*(Vector a, Vector b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
GAN_INLINE Vector zeros() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
GAN_INLINE Vector all_of(float number) { return {_mm256_set1_ps(number), _mm256_set1_ps(number)}; }
/// a b + c and c - a b, rounded once.
GAN_INLINE Vector fmadd(Vector a, Vector b, Vector c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
GAN_INLINE Vector fnmadd(Vector a, Vector b, Vector c) {
  return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}
/// Lanes that take part: all bits of theirs.
struct Mask {
  __m256i low, high;
};
/// The first of 16 lanes: none where `count` is below 1, all from 16 on.
GAN_INLINE Mask first_lanes(int64_t count) {
  const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const auto wanted = static_cast<int>(std::clamp<int64_t>(count, 0, kLanes));
  return {_mm256_cmpgt_epi32(_mm256_set1_epi32(wanted), places),
          _mm256_cmpgt_epi32(_mm256_set1_epi32(wanted - static_cast<int>(kHalf)), places)};
}
/// Not above zero. A NaN is above.
GAN_INLINE Mask not_above_zero(Vector value) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_castps_si256(_mm256_cmp_ps(value.low, zero, _CMP_LE_OQ)),
          _mm256_castps_si256(_mm256_cmp_ps(value.high, zero, _CMP_LE_OQ))};
}
/// `value`, times `factor` where the mask says so.
GAN_INLINE Vector scaled_where(Mask mask, Vector value, Vector factor) {
  const Vector scaled = value * factor;
  return {_mm256_blendv_ps(value.low, scaled.low, _mm256_castsi256_ps(mask.low)),
          _mm256_blendv_ps(value.high, scaled.high, _mm256_castsi256_ps(mask.high))};
}
/// Above zero, or a NaN.
GAN_INLINE Mask above_zero(Vector value) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_castps_si256(_mm256_cmp_ps(value.low, zero, _CMP_NLE_UQ)),
          _mm256_castps_si256(_mm256_cmp_ps(value.high, zero, _CMP_NLE_UQ))};
}
/// `value`, and 0 in the other lanes.
GAN_INLINE Vector where(Mask mask, Vector value) {
  return {_mm256_and_ps(value.low, _mm256_castsi256_ps(mask.low)),
          _mm256_and_ps(value.high, _mm256_castsi256_ps(mask.high))};
}
/// The larger of 0 and a number. A NaN stays one.
GAN_INLINE Vector rectified(Vector value) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_max_ps(zero, value.low), _mm256_max_ps(zero, value.high)};
}
/// a - b, and 0 in the other lanes.
GAN_INLINE Vector difference_where(Mask mask, Vector a, Vector b) { return where(mask, a - b); }

GAN_INLINE Vector load(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + kHalf)}; }
/// The others are 0.
GAN_INLINE Vector load_some(const float* from, Mask mask) {
  return {_mm256_maskload_ps(from, mask.low), _mm256_maskload_ps(from + kHalf, mask.high)};
}
GAN_INLINE void store(float* to, Vector value) {
  _mm256_storeu_ps(to, value.low);
  _mm256_storeu_ps(to + kHalf, value.high);
}
GAN_INLINE void store_some(float* to, Mask mask, Vector value) {
  _mm256_maskstore_ps(to, mask.low, value.low);
  _mm256_maskstore_ps(to + kHalf, mask.high, value.high);
}

/// All lanes.
struct All {};
GAN_INLINE Vector load_some(const float* from, All) { return load(from); }
GAN_INLINE void store_some(float* to, All, Vector value) { store(to, value); }
GAN_INLINE Vector difference_where(All, Vector a, Vector b) { return a - b; }

/// A group of channels.
GAN_INLINE void store_group(float* to, Vector low, Vector high) {
  store(to, low);
  store(to + kLanes, high);
}

/// Sixteen 32-bit lanes, which here are numbers always.
using Lanes = Vector;
GAN_INLINE Lanes lanes_of(Vector value) { return value; }
GAN_INLINE Vector numbers_of(Lanes lanes) { return lanes; }
GAN_INLINE Lanes no_lanes() { return zeros(); }
GAN_INLINE void store_lanes(float* to, Lanes lanes) { store(to, lanes); }

/// Rows to columns of an 8×8 block.
GAN_INLINE void transpose_block(__m256* rows) {
  __m256 t[8];
  for (int i = 0; i < 4; ++i) {
    t[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
  }
  __m256 u[8];
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      u[4 * i + 2 * j] = _mm256_shuffle_ps(t[4 * i + j], t[4 * i + 2 + j], 0x44);
      u[4 * i + 2 * j + 1] = _mm256_shuffle_ps(t[4 * i + j], t[4 * i + 2 + j], 0xee);
    }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm256_permute2f128_ps(u[i], u[4 + i], 0x20);
    rows[4 + i] = _mm256_permute2f128_ps(u[i], u[4 + i], 0x31);
  }
}

/// Rows to columns of a 16×16 block.
GAN_INLINE void transpose(Lanes* rows) {
  __m256 blocks[4][8];
  for (int i = 0; i < 8; ++i) {
    blocks[0][i] = rows[i].low;
    blocks[1][i] = rows[i].high;
    blocks[2][i] = rows[8 + i].low;
    blocks[3][i] = rows[8 + i].high;
  }
  for (auto& block : blocks) transpose_block(block);
  for (int i = 0; i < 8; ++i) {
    rows[i] = {blocks[0][i], blocks[2][i]};
    rows[8 + i] = {blocks[1][i], blocks[3][i]};
  }
}

}  // namespace gan::avx2
GAN_AVX2_END

#endif

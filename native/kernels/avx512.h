// Sixteen float32 numbers at a time, in float32 or bfloat16 in memory, for processors with AVX-512.
//
// What is between GAN_AVX512_BEGIN and GAN_AVX512_END may use its instructions, and nothing else: what a
// header defines inline must not, since the linker could choose that copy for the whole addon, which runs on
// other processors too.
#pragma once

#include <algorithm>
#include <cstdint>

namespace gan {

/// Channels are handled in groups of this size.
constexpr int64_t kGroup = 32;

/// bfloat16 as the bits that it is.
struct Bf16 {
  uint16_t bits;
};

/// The instruction sets that kernels are compiled for: with AVX-512 for both dtypes, with AVX2 for float32.
struct Avx512 {};
struct Avx2 {};

}  // namespace gan

#if defined(__x86_64__) && defined(__GNUC__)
#define GAN_AVX512 1
#include <immintrin.h>

#if defined(__clang__)
#define GAN_AVX512_BEGIN                                                                                  \
  _Pragma(                                                                                                \
      "clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512vl,avx512dq,avx512bf16\"))), " \
      "apply_to = function)")
#define GAN_AVX512_END _Pragma("clang attribute pop")
#else
#define GAN_AVX512_BEGIN \
  _Pragma("GCC push_options") _Pragma("GCC target(\"avx512f,avx512bw,avx512vl,avx512dq,avx512bf16\")")
#define GAN_AVX512_END _Pragma("GCC pop_options")
#endif

GAN_AVX512_BEGIN
namespace gan::avx512 {

// Kept in registers only if the compiler inlines all of it.
#define GAN_INLINE __attribute__((always_inline)) inline

/// Sixteen numbers, a register.
using Vector = __m512;
constexpr int64_t kLanes = 16;

/// The first of 16 lanes: none where `count` is below 1, all from 16 on.
GAN_INLINE __mmask16 first_lanes(int64_t count) {
  return static_cast<__mmask16>((1u << std::clamp<int64_t>(count, 0, kLanes)) - 1);
}

GAN_INLINE Vector load(const float* from) { return _mm512_loadu_ps(from); }
GAN_INLINE Vector load(const Bf16* from) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

/// The others are 0.
GAN_INLINE Vector load_some(const float* from, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, from); }
GAN_INLINE Vector load_some(const Bf16* from, __mmask16 mask) {
  const __m256i bits = _mm256_maskz_loadu_epi16(mask, from);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

GAN_INLINE __m256i rounded(Vector value) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)); }

// Sums, differences and products are written as such: + - *.
GAN_INLINE Vector zeros() { return _mm512_setzero_ps(); }
GAN_INLINE Vector all_of(float number) { return _mm512_set1_ps(number); }
/// a b + c and c - a b, rounded once.
GAN_INLINE Vector fmadd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
GAN_INLINE Vector fnmadd(Vector a, Vector b, Vector c) { return _mm512_fnmadd_ps(a, b, c); }
/// Lanes that take part.
using Mask = __mmask16;
/// Not above zero. A NaN is above.
GAN_INLINE Mask not_above_zero(Vector value) {
  return _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LE_OQ);
}
/// `value`, times `factor` where the mask says so.
GAN_INLINE Vector scaled_where(Mask mask, Vector value, Vector factor) {
  return _mm512_mask_mul_ps(value, mask, value, factor);
}
/// Above zero, or a NaN.
GAN_INLINE Mask above_zero(Vector value) {
  return _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_NLE_UQ);
}
/// `value`, and 0 in the other lanes.
GAN_INLINE Vector where(Mask mask, Vector value) { return _mm512_maskz_mov_ps(mask, value); }
/// The larger of 0 and a number. A NaN stays one.
GAN_INLINE Vector rectified(Vector value) { return _mm512_max_ps(_mm512_setzero_ps(), value); }
/// a - b, and 0 in the other lanes.
GAN_INLINE Vector difference_where(Mask mask, Vector a, Vector b) { return _mm512_maskz_sub_ps(mask, a, b); }

GAN_INLINE void store(float* to, Vector value) { _mm512_storeu_ps(to, value); }
GAN_INLINE void store(Bf16* to, Vector value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), rounded(value));
}

GAN_INLINE void store_some(float* to, __mmask16 mask, Vector value) {
  _mm512_mask_storeu_ps(to, mask, value);
}
GAN_INLINE void store_some(Bf16* to, __mmask16 mask, Vector value) {
  _mm256_mask_storeu_epi16(to, mask, rounded(value));
}

/// All lanes.
struct All {};
template <class T>
GAN_INLINE Vector load_some(const T* from, All) {
  return load(from);
}
template <class T>
GAN_INLINE void store_some(T* to, All, Vector value) {
  store(to, value);
}
GAN_INLINE Vector difference_where(All, Vector a, Vector b) { return a - b; }

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

/// Sixteen 32-bit lanes: numbers, or pairs of bfloat16.
using Lanes = __m512i;
GAN_INLINE Lanes lanes_of(Vector value) { return _mm512_castps_si512(value); }
GAN_INLINE Vector numbers_of(Lanes lanes) { return _mm512_castsi512_ps(lanes); }
GAN_INLINE Lanes no_lanes() { return _mm512_setzero_si512(); }

/// Rows to columns of a 16×16 block of 32-bit lanes.
GAN_INLINE void transpose(Lanes* rows) {
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

GAN_INLINE void store_lanes(void* to, Lanes lanes) { _mm512_storeu_si512(to, lanes); }

}  // namespace gan::avx512
GAN_AVX512_END

#endif

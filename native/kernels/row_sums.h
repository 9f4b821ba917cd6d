// Weighted sums of rows of numbers, whose loops the compiler makes vectors of.
#pragma once

#include <bit>
#include <type_traits>

#include "avx512.h"

// So that it is compiled for the processor that its caller is compiled for.
#define GAN_ALWAYS_INLINE __attribute__((always_inline)) inline

namespace gan::rows {

/// What numbers of type T are added up in.
template <class T>
using Sum = std::conditional_t<std::is_same_v<T, Bf16>, float, T>;

GAN_ALWAYS_INLINE float widened(float value) { return value; }
GAN_ALWAYS_INLINE double widened(double value) { return value; }
GAN_ALWAYS_INLINE float widened(Bf16 value) { return std::bit_cast<float>(uint32_t{value.bits} << 16); }

GAN_ALWAYS_INLINE void put(float& to, float value) { to = value; }
GAN_ALWAYS_INLINE void put(double& to, double value) { to = value; }
GAN_ALWAYS_INLINE void put(Bf16& to, float value) {
  // To the nearest, and to the even one of two.
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  to.bits = static_cast<uint16_t>(value != value ? 0x7fc0 : rounded);
}

/// Taps of one phase, at most.
constexpr int64_t kMostTaps = 64;

/// sums[i] = Σ weights[j] · rows[j][i], of `count` numbers.
template <int kTaps, class T, class A>
GAN_ALWAYS_INLINE void sum_of(const T* const* rows, const A* weights, int64_t count, A* __restrict sums) {
  const T* row[kTaps];
  A weight[kTaps];
  for (int j = 0; j < kTaps; ++j) {
    row[j] = rows[j];
    weight[j] = weights[j];
  }
  for (int64_t i = 0; i < count; ++i) {
    A sum = weight[0] * widened(row[0][i]);
    for (int j = 1; j < kTaps; ++j) sum += weight[j] * widened(row[j][i]);
    sums[i] = sum;
  }
}

template <class T, class A>
GAN_ALWAYS_INLINE void sum_rows(const T* const* rows, const A* weights, int taps, int64_t count,
                                A* __restrict sums) {
  switch (taps) {
    case 1:
      return sum_of<1>(rows, weights, count, sums);
    case 2:
      return sum_of<2>(rows, weights, count, sums);
    case 3:
      return sum_of<3>(rows, weights, count, sums);
    default:
      sum_of<4>(rows, weights, count, sums);
  }
  for (int j = 4; j < taps; ++j) {
    const T* const row = rows[j];
    const A weight = weights[j];
    for (int64_t i = 0; i < count; ++i) sums[i] += weight * widened(row[i]);
  }
}

/// Pixels of `inner` numbers each, and how far each is from the one before.
struct Pixels {
  int64_t count, inner, step, output_step;
};

/// Numbers of a pixel that are handled together: so many that the compiler keeps them in registers.
constexpr int64_t kTogether = 32;

/// The sums of `count` numbers of each pixel.
template <int kTaps, class T, class A>
GAN_ALWAYS_INLINE void part_of_pixels(const A* row, const A* weight, const Pixels& pixels, int64_t count,
                                      T* __restrict output) {
  const A* taps[kTaps];
  for (int j = 0; j < kTaps; ++j) taps[j] = row + j * pixels.inner;
  for (int64_t pixel = 0; pixel < pixels.count; ++pixel, output += pixels.output_step) {
    for (int64_t i = 0; i < count; ++i) {
      A sum = weight[0] * taps[0][i];
      for (int j = 1; j < kTaps; ++j) sum += weight[j] * taps[j][i];
      put(output[i], sum);
    }
    for (int j = 0; j < kTaps; ++j) taps[j] += pixels.step;
  }
}

template <int kTaps, class T, class A>
GAN_ALWAYS_INLINE void pixels_of(const A* row, const A* weights, const Pixels& pixels, T* output) {
  A weight[kTaps];
  for (int j = 0; j < kTaps; ++j) weight[j] = weights[j];
  int64_t i = 0;
  for (; i + kTogether <= pixels.inner; i += kTogether)
    part_of_pixels<kTaps>(row + i, weight, pixels, kTogether, output + i);
  if (i < pixels.inner) part_of_pixels<kTaps>(row + i, weight, pixels, pixels.inner - i, output + i);
}

/// Pixels of any number of taps; `sums` has room for one.
template <class T, class A>
GAN_ALWAYS_INLINE void sum_pixels(const A* row, const A* weights, int taps, const Pixels& pixels, A* sums,
                                  T* output) {
  switch (taps) {
    case 1:
      return pixels_of<1>(row, weights, pixels, output);
    case 2:
      return pixels_of<2>(row, weights, pixels, output);
    case 3:
      return pixels_of<3>(row, weights, pixels, output);
    case 4:
      return pixels_of<4>(row, weights, pixels, output);
  }
  const A* rows[kMostTaps];
  for (int64_t q = 0; q < pixels.count; ++q) {
    for (int j = 0; j < taps; ++j) rows[j] = row + q * pixels.step + j * pixels.inner;
    sum_rows(rows, weights, taps, pixels.inner, sums);
    for (int64_t i = 0; i < pixels.inner; ++i) put(output[q * pixels.output_step + i], sums[i]);
  }
}

}  // namespace gan::rows

// Exponentials of several numbers at a time, on any processor.
#pragma once

#include "lanes.h"

namespace gan::lanes {

/// e^x, off by 2e-7 of it at most: 0 below -87, infinite above 88.73.
template <class V>
GAN_ALWAYS_INLINE void exponential(V& result, const V& x) {
  constexpr float kRound = 12582912;  // 1.5 · 2^23: what is added to it is rounded to a whole number
  constexpr float kLeast = -87.33f;   // whose power of two is made 0
  constexpr float kInverse = 1.44269504f, kHigh = 0.693359375f, kLow = -2.12194440e-4f;
  const V capped = x > 89 ? V{} + 89 : x, value = capped < kLeast ? V{} + kLeast : capped;
  const V shifted = value * kInverse + kRound, whole = shifted - kRound;
  const V r = (value - whole * kHigh) - whole * kLow;
  V sum = r * (1.f / 5040) + 1.f / 720;
  sum = sum * r + 1.f / 120;
  sum = sum * r + 1.f / 24;
  sum = sum * r + 1.f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r + 1;
  sum = sum * r + 1;
  // Half the power of two, so that the largest numbers have one.
  BitsOf<V> bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 126) << 23;
  V power;
  std::memcpy(&power, &bits, sizeof power);
  result = sum * 2 * power;
}

/// ln(1 + y) of y from 0 to 1, off by 2e-7 of it at most.
template <class V>
GAN_ALWAYS_INLINE void log_of_one_plus(V& result, const V& y) {
  // 2 artanh(y / (2 + y)), whose series is short up to 1/3.
  const V s = y / (y + 2), square = s * s;
  V sum = square * (1.f / 15) + 1.f / 13;
  sum = sum * square + 1.f / 11;
  sum = sum * square + 1.f / 9;
  sum = sum * square + 1.f / 7;
  sum = sum * square + 1.f / 5;
  sum = sum * square + 1.f / 3;
  sum = sum * square + 1;
  result = 2 * s * sum;
}

}  // namespace gan::lanes

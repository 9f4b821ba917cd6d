// Sixteen numbers at a time, on any processor: the compiler makes of them what the caller's target has.
#pragma once

#include <cstdint>
#include <cstring>

#include "avx512.h"
#include "row_sums.h"

namespace gan::lanes {

constexpr int64_t kLanes = 16;

/// Sixteen float32 numbers.
using Vector = float __attribute__((vector_size(64)));
using Bits = uint32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));

GAN_ALWAYS_INLINE void read(Vector& value, const float* from) { std::memcpy(&value, from, sizeof value); }
GAN_ALWAYS_INLINE void read(Vector& value, const Bf16* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  const Bits bits = __builtin_convertvector(halves, Bits) << 16;
  std::memcpy(&value, &bits, sizeof value);
}

GAN_ALWAYS_INLINE void write(float* to, const Vector& value) { std::memcpy(to, &value, sizeof value); }
GAN_ALWAYS_INLINE void write(Bf16* to, const Vector& value) {
  // To the nearest, and to the even one of two; what is no number stays none.
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  const Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Halves halves = __builtin_convertvector(value != value ? Bits{} + 0x7fc0 : rounded, Halves);
  std::memcpy(to, &halves, sizeof halves);
}

/// The first `count` numbers, and zeros; and as many of them back.
template <class T>
GAN_ALWAYS_INLINE void read_some(Vector& value, const T* from, int64_t count) {
  T numbers[kLanes]{};
  for (int64_t i = 0; i < count; ++i) numbers[i] = from[i];
  read(value, numbers);
}
template <class T>
GAN_ALWAYS_INLINE void write_some(T* to, const Vector& value, int64_t count) {
  T numbers[kLanes];
  write(numbers, value);
  for (int64_t i = 0; i < count; ++i) to[i] = numbers[i];
}

}  // namespace gan::lanes

// Several numbers at a time, on any processor: code that is written once for vectors of any width, and
// compiled for the instruction sets that a processor may have.
#pragma once

#include <cstdint>
#include <cstring>

#include "products.h"
#include "row_sums.h"

namespace gan::lanes {

/// A register of AVX-512's float32 numbers, and of AVX2's.
using Sixteen = float __attribute__((vector_size(64)));
using Eight = float __attribute__((vector_size(32)));

/// As many unsigned numbers of the same size, and of half of it.
template <class V>
struct Unsigned;
template <>
struct Unsigned<Sixteen> {
  using Whole = uint32_t __attribute__((vector_size(64)));
  using Half = uint16_t __attribute__((vector_size(32)));
};
template <>
struct Unsigned<Eight> {
  using Whole = uint32_t __attribute__((vector_size(32)));
  using Half = uint16_t __attribute__((vector_size(16)));
};

/// Numbers of a vector.
template <class V>
constexpr int64_t kLanes = sizeof(V) / sizeof(float);

template <class V>
using BitsOf = typename Unsigned<V>::Whole;

/// Names a type of vectors.
template <class V>
struct As {};

/// Of a lambda for by_processor: it is compiled for the processor that its caller is compiled for.
#define GAN_INLINED __attribute__((always_inline))

#ifdef GAN_AVX512
template <class Work>
__attribute__((target("avx512f"))) auto with_avx512(const Work& work) {
  return work(As<Sixteen>());
}
template <class Work>
__attribute__((target("avx2,fma"))) auto with_avx2(const Work& work) {
  return work(As<Eight>());
}
#endif

/// Calls a lambda that is GAN_INLINED, compiled for the processor, with the type of its vectors. With AVX2
/// they have eight numbers, a register: vectors of two registers are mostly kept in memory by GCC.
template <class Work>
auto by_processor(const Work& work) {
#ifdef GAN_AVX512
  if (has_avx512(at::kFloat)) return with_avx512(work);
  if (has_avx2()) return with_avx2(work);
#endif
  return work(As<Sixteen>());
}

template <class V>
GAN_ALWAYS_INLINE void read(V& value, const float* from) {
  std::memcpy(&value, from, sizeof value);
}
template <class V>
GAN_ALWAYS_INLINE void read(V& value, const Bf16* from) {
  typename Unsigned<V>::Half halves;
  std::memcpy(&halves, from, sizeof halves);
  const BitsOf<V> bits = __builtin_convertvector(halves, BitsOf<V>) << 16;
  std::memcpy(&value, &bits, sizeof value);
}

template <class V>
GAN_ALWAYS_INLINE void write(float* to, const V& value) {
  std::memcpy(to, &value, sizeof value);
}
template <class V>
GAN_ALWAYS_INLINE void write(Bf16* to, const V& value) {
  // To the nearest, and to the even one of two; what is no number stays none.
  using Halves = typename Unsigned<V>::Half;
  BitsOf<V> bits;
  std::memcpy(&bits, &value, sizeof bits);
  const BitsOf<V> rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Halves halves = __builtin_convertvector(value != value ? BitsOf<V>{} + 0x7fc0 : rounded, Halves);
  std::memcpy(to, &halves, sizeof halves);
}

/// The first `count` numbers, and zeros; and as many of them back.
template <class V, class T>
GAN_ALWAYS_INLINE void read_some(V& value, const T* from, int64_t count) {
  T numbers[kLanes<V>]{};
  for (int64_t i = 0; i < count; ++i) numbers[i] = from[i];
  read(value, numbers);
}
template <class V, class T>
GAN_ALWAYS_INLINE void write_some(T* to, const V& value, int64_t count) {
  T numbers[kLanes<V>];
  write(numbers, value);
  for (int64_t i = 0; i < count; ++i) to[i] = numbers[i];
}

}  // namespace gan::lanes

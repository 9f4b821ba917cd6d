// Formulas of single numbers, sixteen at a time, on any processor.
#pragma once

#include <algorithm>

#include "lanes.h"

namespace gan::lanes {

/// Sixteen numbers, or the last of fewer.
template <class T>
GAN_ALWAYS_INLINE void read_up_to(Vector& value, const T* from, int64_t count) {
  if (count == kLanes)
    read(value, from);
  else
    read_some(value, from, count);
}
template <class T>
GAN_ALWAYS_INLINE void write_up_to(T* to, const Vector& value, int64_t count) {
  if (count == kLanes)
    write(to, value);
  else
    write_some(to, value, count);
}

/// to[i] = formula(from[i], …) of `count` numbers: `formula(result, numbers)` is of vectors, and inlined into
/// the caller, whose target decides what becomes of them.
template <class Formula, class To, class... From>
GAN_ALWAYS_INLINE void evaluate(const Formula& formula, int64_t count, To* to, const From*... from) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t some = std::min(kLanes, count - i);
    Vector given[sizeof...(From)], result;
    Vector* next = given;
    (read_up_to(*next++, from + i, some), ...);
    formula(result, given);
    write_up_to(to + i, result, some);
  }
}

}  // namespace gan::lanes

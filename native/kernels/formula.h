// Formulas of single numbers, several at a time, on any processor.
#pragma once

#include <algorithm>

#include "lanes.h"

namespace gan::lanes {

/// A vector of numbers, or the last of fewer.
template <class V, class T>
GAN_ALWAYS_INLINE void read_up_to(V& value, const T* from, int64_t count) {
  if (count == kLanes<V>)
    read(value, from);
  else
    read_some(value, from, count);
}
template <class V, class T>
GAN_ALWAYS_INLINE void write_up_to(T* to, const V& value, int64_t count) {
  if (count == kLanes<V>)
    write(to, value);
  else
    write_some(to, value, count);
}

/// to[i] = formula(from[i], …) of `count` numbers, where `formula(result, numbers)` is of vectors.
template <class Formula, class To, class... From>
void evaluate(const Formula& formula, int64_t count, To* to, const From*... from) {
  by_processor([&]<class V>(As<V>) GAN_INLINED {
    for (int64_t i = 0; i < count; i += kLanes<V>) {
      const int64_t some = std::min(kLanes<V>, count - i);
      V given[sizeof...(From)], result;
      V* next = given;
      (read_up_to(*next++, from + i, some), ...);
      formula(result, given);
      write_up_to(to + i, result, some);
    }
  });
}

}  // namespace gan::lanes

// Means of 2 × 2 pixels, row by row, and their gradients. Pixels are `channels` numbers.
#pragma once

#include "avx512.h"

namespace gan::pool {

/// Channels are handled in groups of this size, or one by one where there is a part of a group.
constexpr int64_t kLanes = 16;

/// One row of `width` pixels from two rows of twice as many.
template <class Set, class T>
void halve(const T* upper, const T* lower, int64_t width, int64_t channels, T* to);

/// A quarter of each of `width` pixels to all four that it is the mean of.
template <class Set, class T>
void spread(const T* from, int64_t width, int64_t channels, T* upper, T* lower);

}  // namespace gan::pool

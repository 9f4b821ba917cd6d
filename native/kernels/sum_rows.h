// Sums of rows of numbers.
#pragma once

#include <cstdint>

#include "avx512.h"

namespace gan::kernels {

/// Rows have a multiple of so many channels.
constexpr int64_t kRowLanes = 16;

/// The sum of `rows` rows of `channels` numbers.
template <class Set, class T>
void sum_rows(const T* from, int64_t rows, int64_t channels, float* to);

}  // namespace gan::kernels

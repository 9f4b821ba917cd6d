// Images resampled by filters on the CPU.
#pragma once

#include "avx512.h"
#include "filter.h"

namespace gan {

/// The layout of images [N, C, H, W]: N · C planes of numbers, or N planes of pixels that are C numbers each.
struct Planes {
  int64_t count, inner;
};

/// Every plane filtered along both directions, on all threads: float32, float64, or bfloat16 whose sums are
/// float32. Each output is a sum in one order, whoever computes it.
template <class T>
void filter_planes(const T* input, T* output, const Planes& planes, const Filter& vertical,
                   const Filter& horizontal);

}  // namespace gan

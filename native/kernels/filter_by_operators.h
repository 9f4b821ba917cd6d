// Images resampled by filters with LibTorch's operators: on any device, of any type of numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include "filter.h"

namespace gan {

/// Images filtered along both directions. Each operator goes over memory once and adds in a fixed order, so
/// that every run gives the same bits, on CUDA too; numbers of 16 bits are rounded by each.
at::Tensor filter_by_operators(const at::Tensor& input, const Filter& vertical, const Filter& horizontal);

}  // namespace gan

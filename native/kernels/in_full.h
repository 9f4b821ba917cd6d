// Numbers that are shorter than float32, as float32: terms that cancel, and long sums, need more than their 8
// or 11 bits.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan {

inline at::Tensor in_full(const at::Tensor& x) {
  return at::isReducedFloatingType(x.scalar_type()) ? x.to(at::kFloat) : x;
}

}  // namespace gan

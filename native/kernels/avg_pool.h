// Average pooling.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// at::avg_pool2d, with its gradients of every order: means of 2 × 2 pixels by our own kernel, to the bit as
/// LibTorch's in a fraction of the time.
at::Tensor avg_pool2d(const at::Tensor& input, at::IntArrayRef size, at::IntArrayRef stride,
                      at::IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                      std::optional<int64_t> divisor);

}  // namespace gan::kernels

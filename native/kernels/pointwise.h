// Convolutions of single pixels as products of matrices. Sums are float32.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::pointwise {

/// Whether this kernel takes a convolution of images [batch, inputs, height, width], on this processor: where
/// it gains by it. By the shape alone, so that equal trainings have equal bits.
bool usable(at::IntArrayRef image, int64_t outputs, at::ScalarType dtype);

/// conv2d(x, weight, bias) of kernels of 1×1 with its gradients of every order: x is float32 or bfloat16,
/// weight [outputs, inputs, 1, 1] and bias [outputs] are float32, and so are their gradients. The result has
/// x's dtype, and is channels_last where x or the weight is.
at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

}  // namespace gan::pointwise

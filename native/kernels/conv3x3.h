// 3×3 convolutions of stride 1, what residual networks, translators, restorers and style networks are made
// of.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::conv3x3 {

/// Whether these kernels take, on this processor, a convolution of images [batch, inputs, height, width]:
/// where it, or its gradient by the images, gains by it. By the shape alone, so that equal trainings have
/// equal bits.
bool usable(at::IntArrayRef image, int64_t outputs, int64_t padding, int64_t groups, at::ScalarType dtype);

/// conv2d(x, weight, bias, padding, groups) with its gradients of every order: x is float32 or bfloat16
/// [batch, inputs, h, w], padding from 0 to 2; weight [outputs, inputs / groups, 3, 3] and bias [outputs] are
/// float32. The result is in x's dtype, and channels_last where x or the weight is.
at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                  int64_t padding, int64_t groups);

}  // namespace gan::conv3x3

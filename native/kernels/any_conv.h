// LibTorch's own convolution, with quicker gradients of its gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// at::conv2d of float32 images [batch, channels, h, w], on a CPU or a GPU. Values and gradients are
/// LibTorch's; on the CPU to the bit. Gradients of gradients, which gradient penalties take, are a
/// convolution and its two gradients again: LibTorch gets to the weight's by a convolution whose kernel is as
/// large as the image, several times as slow.
at::Tensor any_conv2d(const at::Tensor& input, const at::Tensor& weight,
                      const std::optional<at::Tensor>& bias, at::IntArrayRef stride, at::IntArrayRef padding,
                      at::IntArrayRef dilation, int64_t groups);

}  // namespace gan::kernels

// The gradient by a bias: sums over everything but the channels. LibTorch makes a float32 copy of bfloat16
// numbers to add them up in float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// The sums of a tensor [rows, channels] or [batch, channels, h, w], in float32; differentiable.
at::Tensor channel_sums(const at::Tensor& tensor);

}  // namespace gan::kernels

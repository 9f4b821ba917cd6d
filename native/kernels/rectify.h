// ReLU and leaky ReLU of bfloat16 with their gradients, 32 numbers at a time. The results are LibTorch's to
// the bit.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::rectify {

/// Whether these kernels take the tensor: of bfloat16, without gaps, on this processor.
bool usable(const at::Tensor& tensor);

/// max(input, 0).
at::Tensor relu(const at::Tensor& input);

/// input where it is above 0, else slope * input, of a slope above 0.
at::Tensor leaky_relu(const at::Tensor& input, double slope);

/// `gradient` where output > 0, else slope * gradient; of equal strides. With a slope of 0 also `gradient`
/// where the output is no number.
at::Tensor slopes(const at::Tensor& gradient, const at::Tensor& output, double slope);

}  // namespace gan::rectify

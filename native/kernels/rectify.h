// ReLU of bfloat16 and its gradient on the bits as they are: LibTorch goes by float32 and back, sixteen at a
// time. The results are the same bits.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::rectify {

/// Whether these kernels take the tensor: of bfloat16, without gaps, on this processor.
bool usable(const at::Tensor& tensor);

/// max(input, 0).
at::Tensor relu(const at::Tensor& input);

/// `gradient` where output > 0 or is no number, else 0; of equal strides.
at::Tensor slopes(const at::Tensor& gradient, const at::Tensor& output);

}  // namespace gan::rectify

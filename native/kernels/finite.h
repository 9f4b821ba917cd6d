// Whether gradients are finite, without writing them anew.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// at::_amp_foreach_non_finite_check_and_unscale_: sets `found` to 1 where a number of `tensors` is not
/// finite. LibTorch multiplies each by the scale, too, and writes it; where the scale is 1, as it is in every
/// training here, float32 tensors of the CPU are read only.
void find_non_finite(at::TensorList tensors, at::Tensor& found, const at::Tensor& scale);

}  // namespace gan::kernels

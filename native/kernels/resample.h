// Images filtered between the insertion of zeros and the dropping of pixels.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// Along both directions of images [N, C, H, W]: up − 1 zeros after each pixel, a border of zeros, the
/// correlation with `taps`, and then every down-th of what it gives. The border is [left, right, top,
/// bottom]; a negative one crops. With its gradients of every order, each of them such a filter too.
at::Tensor up_fir_down(const at::Tensor& input, at::ArrayRef<double> taps, int64_t up, int64_t down,
                       at::IntArrayRef padding);

}  // namespace gan::kernels

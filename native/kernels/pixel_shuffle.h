// Pixel shuffle by two of channels_last images, whose numbers LibTorch moves one by one.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// at::pixel_shuffle, with its gradients of every order.
at::Tensor pixel_shuffle(const at::Tensor& input, int64_t factor);

}  // namespace gan::kernels

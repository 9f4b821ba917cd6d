// Instance normalisation with the ReLU after it.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// leaky_relu(instance_norm(input, weight, bias), slope) by each image's own statistics, with its gradients
/// of every order: in one go over memory where our own kernels take it, by LibTorch's operators elsewhere. A
/// slope of 1 leaves out the leaky ReLU, one of 0 makes it a ReLU.
at::Tensor instance_norm_leaky_relu(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                                    const std::optional<at::Tensor>& bias, double eps, double slope);

}  // namespace gan::kernels

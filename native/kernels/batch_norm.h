// Batch normalisation, with or without the ReLU after it.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// leaky_relu(batch_norm(input, …), slope), with its gradients of every order: in one go over memory where
/// our own kernels take it, by LibTorch's two operators elsewhere. The running statistics are moved in place
/// in training; without them there is nothing to move.
at::Tensor batch_norm_leaky_relu(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                                 const std::optional<at::Tensor>& bias,
                                 const std::optional<at::Tensor>& running_mean,
                                 const std::optional<at::Tensor>& running_var, bool training, double momentum,
                                 double eps, double slope);

/// at::batch_norm: the same without a ReLU.
at::Tensor batch_norm(const at::Tensor& input, const std::optional<at::Tensor>& weight,
                      const std::optional<at::Tensor>& bias, const std::optional<at::Tensor>& running_mean,
                      const std::optional<at::Tensor>& running_var, bool training, double momentum,
                      double eps, bool cudnn_enabled);

}  // namespace gan::kernels

// linear with our own kernels where they are faster, and LibTorch's elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

namespace gan::kernels {

/// at::linear, with its gradients of every order.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

/// at::relu of at::linear, with its gradients of every order.
at::Tensor linear_relu(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias);

/// Two layers of one batch, with their biases: at::linear of each, with gradients of every order.
std::vector<at::Tensor> linear_pair(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                                    const at::Tensor& other_weight, const at::Tensor& other_bias);

}  // namespace gan::kernels

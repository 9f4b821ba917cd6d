// linear with our own kernels where they are faster, and LibTorch's elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// at::linear, with its gradients of every order.
at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias);

/// at::relu of at::linear, with its gradients of every order.
at::Tensor linear_relu(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias);

}  // namespace gan::kernels

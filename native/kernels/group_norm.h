// group_norm, whose gradients in LibTorch trust a layout that may not be there.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// at::group_norm, with its gradients of every order.
at::Tensor group_norm(const at::Tensor& input, int64_t groups, const std::optional<at::Tensor>& weight,
                      const std::optional<at::Tensor>& bias, double eps, bool cudnn_enabled);

}  // namespace gan::kernels

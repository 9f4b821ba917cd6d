// conv2d and its transpose with our own kernels where they are faster, and LibTorch's elsewhere.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// Whether our own kernels may run at all in this process (they may); LibTorch's do everything else.
void set_enabled(bool enabled);
bool enabled();

/// at::conv2d, with its gradients of every order.
at::Tensor conv2d(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                  c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                  const c10::SymInt& groups);

/// at::conv2d with padding by name, with its gradients of every order.
at::Tensor conv2d_padding(const at::Tensor& input, const at::Tensor& weight,
                          const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                          c10::string_view padding, c10::SymIntArrayRef dilation, const c10::SymInt& groups);

/// at::conv_transpose2d, with its gradients of every order.
at::Tensor conv_transpose2d(const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                            c10::SymIntArrayRef padding, c10::SymIntArrayRef output_padding,
                            const c10::SymInt& groups, c10::SymIntArrayRef dilation);

}  // namespace gan::kernels

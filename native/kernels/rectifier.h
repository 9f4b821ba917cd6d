// ReLU and leaky ReLU for networks whose gradient is differentiated again.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

namespace gan::kernels {

/// at::relu; see leaky_relu.
at::Tensor relu(const at::Tensor& input);

/// at::leaky_relu, which is linear piece by piece: LibTorch's second derivative by the input is a tensor of
/// zeros, and a gradient penalty then takes it back through the whole network, a third of its work. Here
/// there is none.
at::Tensor leaky_relu(const at::Tensor& input, const at::Scalar& slope);

/// `gradient` where a ReLU's output is not 0, and where it is no number: differentiable by `gradient`.
at::Tensor relu_slopes(const at::Tensor& gradient, const at::Tensor& output);

}  // namespace gan::kernels

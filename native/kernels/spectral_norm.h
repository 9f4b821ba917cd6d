// Spectral normalisation of a weight: its power iteration, and its gradient.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// W / σ, σ = uᵀ W v, where W is the weight as a matrix with a row for each output: u [rows] and v [columns]
/// move by `iterations` steps first. The gradient goes through W, and u and v are constants of it.
at::Tensor spectral_norm(const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v,
                         int64_t iterations, double eps);

}  // namespace gan::kernels

// The terms of a variational bound, each in one pass over its numbers, with gradients of every order.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// The sum over everything but the batch: [N, …] to [N].
inline at::Tensor sums_of_images(const at::Tensor& each) {
  return each.dim() > 1 ? each.flatten(1).sum(1) : each;
}

/// −ln p of images in [-1, 1], whose numbers (x + 1) / 2 are probabilities of a Bernoulli with these logits:
/// the sum over each image, [N].
at::Tensor bernoulli_nll(const at::Tensor& logits, const at::Tensor& images);

/// ½ Σ (mean² + e^log_variance − log_variance − 1) over each row, [N]: the divergence from N(0, 1).
at::Tensor gaussian_kl(const at::Tensor& mean, const at::Tensor& log_variance);

/// mean + e^(½ log_variance) · noise.
at::Tensor gaussian_draw(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise);

}  // namespace gan::kernels

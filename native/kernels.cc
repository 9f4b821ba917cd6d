// Our own kernels, beside LibTorch's operators.
#include "addon.h"
#include "bounds.h"
#include "kernels/batch_norm.h"
#include "kernels/bytes.h"
#include "kernels/convolution.h"
#include "kernels/instance_norm.h"
#include "kernels/linear.h"
#include "kernels/resample.h"
#include "kernels/spectral_norm.h"
#include "kernels/variational.h"

namespace gan {
namespace {

using Optional = std::optional<at::Tensor>;

/// Lets our own CPU kernels run in the place of LibTorch's where they are faster.
void setKernels(const Context&, bool enabled) { kernels::set_enabled(enabled); }
bool kernelsEnabled(const Context&) { return kernels::enabled(); }

at::Tensor batchNormLeakyRelu(const Context&, const at::Tensor& input, const Optional& weight,
                              const Optional& bias, const Optional& running_mean, const Optional& running_var,
                              bool training, double momentum, double eps, double slope) {
  return kernels::batch_norm_leaky_relu(input, weight, bias, running_mean, running_var, training, momentum,
                                        eps, slope);
}

at::Tensor instanceNormLeakyRelu(const Context&, const at::Tensor& input, const Optional& weight,
                                 const Optional& bias, double eps, double slope) {
  return kernels::instance_norm_leaky_relu(input, weight, bias, eps, slope);
}

at::Tensor linearRelu(const Context&, const at::Tensor& input, const at::Tensor& weight,
                      const Optional& bias) {
  return kernels::linear_relu(input, weight, bias);
}

std::vector<at::Tensor> linearPair(const Context&, const at::Tensor& input, const at::Tensor& weight,
                                   const at::Tensor& bias, const at::Tensor& other_weight,
                                   const at::Tensor& other_bias) {
  return kernels::linear_pair(input, weight, bias, other_weight, other_bias);
}

at::Tensor upFirDown(const Context&, const at::Tensor& input, at::ArrayRef<double> kernel, int64_t up,
                     int64_t down, at::ArrayRef<int64_t> padding) {
  return kernels::up_fir_down(input, kernel, up, down, padding);
}

at::Tensor spectralNorm(const Context&, const at::Tensor& weight, const at::Tensor& u, const at::Tensor& v,
                        int64_t iterations, double eps) {
  detail::require_at_most(1 << 16, iterations, "iterations");
  return kernels::spectral_norm(weight, u, v, iterations, eps);
}

at::Tensor imagesOfBytes(const Context&, const at::Tensor& bytes, const Optional& rows) {
  return kernels::images_of_bytes(bytes, rows);
}

at::Tensor bernoulliNll(const Context&, const at::Tensor& logits, const at::Tensor& images) {
  return kernels::bernoulli_nll(logits, images);
}

at::Tensor gaussianKl(const Context&, const at::Tensor& mean, const at::Tensor& log_variance) {
  return kernels::gaussian_kl(mean, log_variance);
}

at::Tensor gaussianDraw(const Context&, const at::Tensor& mean, const at::Tensor& log_variance,
                        const at::Tensor& noise) {
  return kernels::gaussian_draw(mean, log_variance, noise);
}

}  // namespace

void define_kernels(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, setKernels);
  GAN_DEFINE(context, exports, kernelsEnabled);
  GAN_DEFINE(context, exports, batchNormLeakyRelu);
  GAN_DEFINE(context, exports, instanceNormLeakyRelu);
  GAN_DEFINE(context, exports, linearRelu);
  GAN_DEFINE(context, exports, linearPair);
  GAN_DEFINE(context, exports, upFirDown);
  GAN_DEFINE(context, exports, spectralNorm);
  GAN_DEFINE(context, exports, imagesOfBytes);
  GAN_DEFINE(context, exports, bernoulliNll);
  GAN_DEFINE(context, exports, gaussianKl);
  GAN_DEFINE(context, exports, gaussianDraw);
}

}  // namespace gan

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <vector>

#include "convolution.h"
#include "exponential.h"
#include "formula.h"
#include "gradients.h"
#include "in_full.h"
#include "products.h"
#include "variational.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

at::Tensor kl_by_library(const at::Tensor& mean, const at::Tensor& log_variance) {
  const at::Tensor m = in_full(mean), v = in_full(log_variance);
  return sums_of_images(m.square().add(v.exp()).sub(v).sub(1).mul(0.5));
}

at::Tensor draw_by_library(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise) {
  return mean.add(log_variance.mul(0.5).exp().mul(noise));
}

/// ½ (m² + e^v − v − 1).
struct Divergence {
  template <class V>
  GAN_ALWAYS_INLINE void operator()(V& result, const V* given) const {
    const V &m = given[0], &v = given[1];
    V variance;
    lanes::exponential(variance, v);
    result = (m * m + variance - v - 1) * 0.5f;
  }
};

/// scale · (e^v − 1) / 2.
struct VarianceSlope {
  float scale;
  template <class V>
  GAN_ALWAYS_INLINE void operator()(V& result, const V* given) const {
    V variance;
    lanes::exponential(variance, given[0]);
    result = (variance - 1) * (0.5f * scale);
  }
};

/// m + e^(v / 2) · noise.
struct Draw {
  template <class V>
  GAN_ALWAYS_INLINE void operator()(V& result, const V* given) const {
    const V &m = given[0], &v = given[1], &noise = given[2];
    V deviation;
    lanes::exponential(deviation, v * 0.5f);
    result = m + deviation * noise;
  }
};

/// By v, of a gradient g of the draw: g · noise · e^(v / 2) / 2.
struct DrawSlope {
  template <class V>
  GAN_ALWAYS_INLINE void operator()(V& result, const V* given) const {
    const V &g = given[0], &v = given[1], &noise = given[2];
    V deviation;
    lanes::exponential(deviation, v * 0.5f);
    result = g * (noise * deviation) * 0.5f;
  }
};

struct GaussianKl : Function<GaussianKl> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mean,
                            const at::Tensor& log_variance) {
    RECORD_FUNCTION("gan::gaussian_kl", (std::vector<c10::IValue>{mean, log_variance}));
    context->save_for_backward({mean, log_variance});
    const int64_t rows = mean.size(0), columns = mean.numel() / rows;
    at::Tensor result = at::empty({rows}, mean.options());
    const Room<float> room(mean.numel());
    lanes::evaluate(Divergence{}, mean.numel(), room.data(), numbers<const float>(mean),
                    numbers<const float>(log_variance));
    for (int64_t row = 0; row < rows; ++row) {
      const float* const each = room.data() + row * columns;
      double sum = 0;
      for (int64_t i = 0; i < columns; ++i) sum += each[i];
      numbers<float>(result)[row] = static_cast<float>(sum);
    }
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list result(2);
    if (!gradients[0].defined()) return result;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &mean = saved[0], &log_variance = saved[1];
    if (at::GradMode::is_enabled())
      return differentiable_gradients(
          gradients[0], {mean, log_variance}, 2,
          [](const std::vector<at::Tensor>& inputs) { return kl_by_library(inputs[0], inputs[1]); });
    RECORD_FUNCTION("gan::gaussian_kl_backward", (std::vector<c10::IValue>{mean, log_variance}));
    const at::Tensor scales = gradients[0].contiguous();
    const auto* const scale = numbers<const float>(scales);
    const int64_t rows = mean.size(0), columns = mean.numel() / rows;
    if (context->needs_input_grad(0)) {
      result[0] = at::empty_like(mean);
      const auto* const from = numbers<const float>(mean);
      auto* const to = numbers<float>(result[0]);
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = row * columns; i < (row + 1) * columns; ++i) to[i] = from[i] * scale[row];
    }
    if (context->needs_input_grad(1)) {
      result[1] = at::empty_like(log_variance);
      for (int64_t row = 0; row < rows; ++row)
        lanes::evaluate(VarianceSlope{scale[row]}, columns, numbers<float>(result[1]) + row * columns,
                        numbers<const float>(log_variance) + row * columns);
    }
    return result;
  }
};

struct GaussianDraw : Function<GaussianDraw> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mean, const at::Tensor& log_variance,
                            const at::Tensor& noise) {
    RECORD_FUNCTION("gan::gaussian_draw", (std::vector<c10::IValue>{mean, log_variance}));
    context->save_for_backward({mean, log_variance, noise});
    at::Tensor result = at::empty_like(mean);
    lanes::evaluate(Draw{}, mean.numel(), numbers<float>(result), numbers<const float>(mean),
                    numbers<const float>(log_variance), numbers<const float>(noise));
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list result(3);
    if (!gradients[0].defined()) return result;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &mean = saved[0], &log_variance = saved[1], &noise = saved[2];
    if (at::GradMode::is_enabled())
      return differentiable_gradients(gradients[0], {mean, log_variance}, 3,
                                      [&](const std::vector<at::Tensor>& inputs) {
                                        return draw_by_library(inputs[0], inputs[1], noise);
                                      });
    RECORD_FUNCTION("gan::gaussian_draw_backward", (std::vector<c10::IValue>{mean, log_variance}));
    if (context->needs_input_grad(0)) result[0] = gradients[0];
    if (context->needs_input_grad(1)) {
      const at::Tensor gradient = gradients[0].contiguous();
      result[1] = at::empty_like(log_variance);
      lanes::evaluate(DrawSlope{}, noise.numel(), numbers<float>(result[1]), numbers<const float>(gradient),
                      numbers<const float>(log_variance), numbers<const float>(noise));
    }
    return result;
  }
};

/// Whether a tensor's numbers are float32, one after the other, and `like`'s as many.
bool is_row_of(const at::Tensor& tensor, const at::Tensor& like) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.scalar_type() == at::kFloat &&
         tensor.sizes() == like.sizes() && tensor.numel() > 0 && tensor.is_contiguous();
}

}  // namespace

at::Tensor gaussian_kl(const at::Tensor& mean, const at::Tensor& log_variance) {
  const bool fits = enabled() && mean.dim() > 0 && is_row_of(mean, mean) && is_row_of(log_variance, mean);
  return fits ? GaussianKl::apply(mean, log_variance) : kl_by_library(mean, log_variance);
}

at::Tensor gaussian_draw(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise) {
  const bool fits = enabled() && is_row_of(mean, mean) && is_row_of(log_variance, mean) &&
                    is_row_of(noise, mean) && !noise.requires_grad();
  return fits ? GaussianDraw::apply(mean, log_variance, noise) : draw_by_library(mean, log_variance, noise);
}

}  // namespace gan::kernels

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

#include "clones.h"
#include "convolution.h"
#include "exponential.h"
#include "gradients.h"
#include "products.h"
#include "variational.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

at::Tensor kl_by_library(const at::Tensor& mean, const at::Tensor& log_variance) {
  const at::Tensor each = mean.square().add(log_variance.exp()).sub(log_variance).sub(1).mul(0.5);
  return each.dim() > 1 ? each.flatten(1).sum(1) : each;
}

at::Tensor draw_by_library(const at::Tensor& mean, const at::Tensor& log_variance, const at::Tensor& noise) {
  return mean.add(log_variance.mul(0.5).exp().mul(noise));
}

/// Sixteen numbers, or the last of fewer.
GAN_ALWAYS_INLINE void read_up_to(lanes::Vector& value, const float* from, int64_t count) {
  if (count == lanes::kLanes)
    lanes::read(value, from);
  else
    lanes::read_some(value, from, count);
}
GAN_ALWAYS_INLINE void write_up_to(float* to, const lanes::Vector& value, int64_t count) {
  if (count == lanes::kLanes)
    lanes::write(to, value);
  else
    lanes::write_some(to, value, count);
}

/// ½ (m² + e^v − v − 1) of each number.
GAN_CLONES void divergences(const float* mean, const float* log_variance, int64_t count, float* to) {
  for (int64_t i = 0; i < count; i += lanes::kLanes) {
    const int64_t some = std::min(lanes::kLanes, count - i);
    lanes::Vector m, v, variance;
    read_up_to(m, mean + i, some);
    read_up_to(v, log_variance + i, some);
    lanes::exponential(variance, v);
    write_up_to(to + i, (m * m + variance - v - 1) * 0.5f, some);
  }
}

/// scale · (e^v − 1) / 2 of each number.
GAN_CLONES void variance_slopes(const float* log_variance, int64_t count, float scale, float* to) {
  for (int64_t i = 0; i < count; i += lanes::kLanes) {
    const int64_t some = std::min(lanes::kLanes, count - i);
    lanes::Vector v, variance;
    read_up_to(v, log_variance + i, some);
    lanes::exponential(variance, v);
    write_up_to(to + i, (variance - 1) * (0.5f * scale), some);
  }
}

/// m + e^(v / 2) · noise; by v, of a gradient g: g · noise · e^(v / 2) / 2.
GAN_CLONES void drawn(const float* mean, const float* log_variance, const float* noise, int64_t count,
                      float* to) {
  for (int64_t i = 0; i < count; i += lanes::kLanes) {
    const int64_t some = std::min(lanes::kLanes, count - i);
    lanes::Vector m, v, e, deviation;
    read_up_to(m, mean + i, some);
    read_up_to(v, log_variance + i, some);
    read_up_to(e, noise + i, some);
    lanes::exponential(deviation, v * 0.5f);
    write_up_to(to + i, m + deviation * e, some);
  }
}
GAN_CLONES void drawn_slopes(const float* gradient, const float* log_variance, const float* noise,
                             int64_t count, float* to) {
  for (int64_t i = 0; i < count; i += lanes::kLanes) {
    const int64_t some = std::min(lanes::kLanes, count - i);
    lanes::Vector g, v, e, deviation;
    read_up_to(g, gradient + i, some);
    read_up_to(v, log_variance + i, some);
    read_up_to(e, noise + i, some);
    lanes::exponential(deviation, v * 0.5f);
    write_up_to(to + i, g * (e * deviation) * 0.5f, some);
  }
}

struct GaussianKl : Function<GaussianKl> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mean,
                            const at::Tensor& log_variance) {
    RECORD_FUNCTION("gan::gaussian_kl", (std::vector<c10::IValue>{mean, log_variance}));
    context->save_for_backward({mean, log_variance});
    const int64_t rows = mean.size(0), columns = mean.numel() / rows;
    at::Tensor result = at::empty({rows}, mean.options());
    const Room<float> room(mean.numel());
    divergences(numbers<const float>(mean), numbers<const float>(log_variance), mean.numel(), room.data());
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
      return differentiable_gradients(kl_by_library(mean, log_variance), gradients[0], {mean, log_variance},
                                      2);
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
        variance_slopes(numbers<const float>(log_variance) + row * columns, columns, scale[row],
                        numbers<float>(result[1]) + row * columns);
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
    drawn(numbers<const float>(mean), numbers<const float>(log_variance), numbers<const float>(noise),
          mean.numel(), numbers<float>(result));
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    variable_list result(3);
    if (!gradients[0].defined()) return result;
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &mean = saved[0], &log_variance = saved[1], &noise = saved[2];
    if (at::GradMode::is_enabled())
      return differentiable_gradients(draw_by_library(mean, log_variance, noise), gradients[0],
                                      {mean, log_variance}, 3);
    RECORD_FUNCTION("gan::gaussian_draw_backward", (std::vector<c10::IValue>{mean, log_variance}));
    if (context->needs_input_grad(0)) result[0] = gradients[0];
    if (context->needs_input_grad(1)) {
      const at::Tensor gradient = gradients[0].contiguous();
      result[1] = at::empty_like(log_variance);
      drawn_slopes(numbers<const float>(gradient), numbers<const float>(log_variance),
                   numbers<const float>(noise), noise.numel(), numbers<float>(result[1]));
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

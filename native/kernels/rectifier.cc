#include "rectifier.h"

#include <ATen/Operators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "convolution.h"
#include "rectify.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr const char* kSlope = "slope";

/// Whether one walk through memory meets the same places of both.
bool lie_alike(const at::Tensor& a, const at::Tensor& b) {
  return rectify::usable(a) && rectify::usable(b) && a.strides() == b.strides() && a.sizes() == b.sizes();
}

/// gradient where output > 0, else slope * gradient: linear in the gradient, and constant nearly everywhere
/// in the output, whose sign is the input's.
struct Slopes : Function<Slopes> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gradient, const at::Tensor& output,
                            double slope) {
    context->set_materialize_grads(false);
    context->save_for_backward({output});
    context->saved_data[kSlope] = slope;
    if (lie_alike(gradient, output)) return rectify::slopes(gradient, output, slope);
    return slope == 0 ? at::_ops::threshold_backward::call(gradient, output, 0)
                      : at::_ops::leaky_relu_backward::call(gradient, output, slope, true);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor(), at::Tensor()};
    const at::Tensor output = context->get_saved_variables()[0];
    return {apply(gradients[0], output, context->saved_data[kSlope].toDouble()), at::Tensor(), at::Tensor()};
  }
};

at::Tensor rectified(const at::Tensor& input, double slope) {
  const bool own = rectify::usable(input);
  if (slope == 0) return own ? rectify::relu(input) : at::_ops::relu::call(input);
  return own ? rectify::leaky_relu(input, slope) : at::_ops::leaky_relu::call(input, slope);
}

struct Rectifier : Function<Rectifier> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, double slope) {
    context->set_materialize_grads(false);
    const at::Tensor output = rectified(input, slope);
    context->save_for_backward({output});
    context->saved_data[kSlope] = slope;
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    if (!gradients[0].defined()) return {at::Tensor(), at::Tensor()};
    const at::Tensor output = context->get_saved_variables()[0].detach();
    return {Slopes::apply(gradients[0], output, context->saved_data[kSlope].toDouble()), at::Tensor()};
  }
};

/// Whether a gradient will be asked for, of numbers that have one.
bool is_recorded(const at::Tensor& input) {
  return enabled() && at::GradMode::is_enabled() && input.requires_grad() &&
         at::isFloatingType(input.scalar_type()) && input.layout() == at::kStrided;
}

/// Whether nobody asks for a gradient, and our kernels take the numbers.
bool is_plain(const at::Tensor& input) {
  return enabled() && !(at::GradMode::is_enabled() && input.requires_grad()) && rectify::usable(input);
}

}  // namespace

at::Tensor relu(const at::Tensor& input) {
  if (is_recorded(input)) return Rectifier::apply(input, 0);
  return is_plain(input) ? rectified(input, 0) : at::_ops::relu::call(input);
}

at::Tensor relu_slopes(const at::Tensor& gradient, const at::Tensor& output) {
  return Slopes::apply(gradient, output, 0);
}

at::Tensor leaky_relu(const at::Tensor& input, const at::Scalar& slope) {
  // A slope below 0 loses the input's sign, and one of 0 times infinity is no 0, as that of relu is; a
  // tensor's worth of other numbers is no slope at all.
  const bool rectifies = (slope.isFloatingPoint() || slope.isIntegral(false)) && slope.toDouble() > 0;
  if (rectifies && is_recorded(input)) return Rectifier::apply(input, slope.toDouble());
  return rectifies && is_plain(input) ? rectified(input, slope.toDouble())
                                      : at::_ops::leaky_relu::call(input, slope);
}

}  // namespace gan::kernels

#include "linear.h"

#include <ATen/Operators.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "convolution.h"
#include "dense.h"
#include "gradients.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The three products are each linear in both arguments, and each one's gradients are the other two: so
// derivatives of every order stay among them.

struct Forward : Function<Forward> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w) {
    context->save_for_backward({x, w});
    return dense::forward(x, w, at::Tensor());
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// Forward with a bias added.
struct Affine : Function<Affine> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                            const at::Tensor& bias) {
    context->save_for_backward({x, w});
    return dense::forward(x, w, bias);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct InputGradient : Function<InputGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& g, const at::Tensor& w) {
    context->save_for_backward({g, w});
    return dense::input_gradient(g, w);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct WeightGradient : Function<WeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& g, const at::Tensor& x) {
    context->save_for_backward({g, x});
    return dense::weight_gradient(g, x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// The gradient of the one result; an expanded one, a sum's, has no rows in memory.
at::Tensor gradient(const variable_list& gradients) {
  return gradients[0].defined() ? gradients[0].contiguous() : gradients[0];
}

variable_list Forward::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor g = gradient(gradients);
  return {wanted(context, 0, gradients) ? InputGradient::apply(g, saved[1]) : at::Tensor(),
          wanted(context, 1, gradients) ? WeightGradient::apply(g, saved[0]) : at::Tensor()};
}

variable_list Affine::backward(AutogradContext* context, const variable_list& gradients) {
  variable_list result = Forward::backward(context, gradients);
  result.push_back(wanted(context, 2, gradients) ? gradients[0].sum(0) : at::Tensor());
  return result;
}

variable_list InputGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor h = gradient(gradients);
  return {wanted(context, 0, gradients) ? Forward::apply(h, saved[1]) : at::Tensor(),
          wanted(context, 1, gradients) ? WeightGradient::apply(saved[0], h) : at::Tensor()};
}

variable_list WeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor h = gradient(gradients);
  return {wanted(context, 0, gradients) ? Forward::apply(saved[1], h) : at::Tensor(),
          wanted(context, 1, gradients) ? InputGradient::apply(saved[0], h) : at::Tensor()};
}

bool is_dense_float(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.scalar_type() == at::kFloat &&
         tensor.is_contiguous();
}

bool takes(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!enabled() || !is_dense_float(input) || !is_dense_float(weight)) return false;
  if (input.dim() != 2 || weight.dim() != 2 || input.size(1) != weight.size(1)) return false;
  if (bias && bias->defined() &&
      !(is_dense_float(*bias) && bias->dim() == 1 && bias->size(0) == weight.size(0)))
    return false;
  return !at::autocast::is_autocast_enabled(at::kCPU) &&
         dense::usable(input.size(0), weight.size(1), weight.size(0));
}

}  // namespace

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!takes(input, weight, bias)) return at::_ops::linear::call(input, weight, bias);
  return bias && bias->defined() ? Affine::apply(input, weight, *bias) : Forward::apply(input, weight);
}

}  // namespace gan::kernels

#include "linear.h"

#include <ATen/Operators.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "channel_sums.h"
#include "convolution.h"
#include "dense.h"
#include "dense_bf16.h"
#include "gradients.h"
#include "rectifier.h"
#include "rectify.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The three products are each linear in both arguments, and each one's gradients are the other two: so
// derivatives of every order stay among them. With a batch of bfloat16 weights and their gradients are
// float32 all the same.

bool is_half(const at::Tensor& batch) { return batch.scalar_type() == at::kBFloat16; }

at::Tensor forward_of(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool rectifies) {
  RECORD_FUNCTION(rectifies ? "gan::linear_relu" : "gan::linear", (std::vector<c10::IValue>{x, w}));
  return is_half(x) ? dense_bf16::forward(x, w, bias, rectifies) : dense::forward(x, w, bias, rectifies);
}
dense::Gradients gradients_of(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                              const dense::Wanted& asked) {
  RECORD_FUNCTION("gan::linear_gradients", (std::vector<c10::IValue>{g, x, w}));
  return is_half(g) ? dense_bf16::gradients(g, x, w, asked) : dense::gradients(g, x, w, asked);
}

struct LinearWithoutBias : Function<LinearWithoutBias> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, w});
    return forward_of(x, w, at::Tensor(), false);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// LinearWithoutBias with a bias added.
struct LinearWithBias : Function<LinearWithBias> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                            const at::Tensor& bias) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, w});
    return forward_of(x, w, bias, false);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// LinearWithBias with a ReLU after it, whose gradients go where the result is not 0.
struct LinearRelu : Function<LinearRelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                            const at::Tensor& bias) {
    context->set_materialize_grads(false);
    at::Tensor result = forward_of(x, w, bias, true);
    context->save_for_backward({x, w, result});
    return result;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct LinearInputGradient : Function<LinearInputGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& g, const at::Tensor& w) {
    context->set_materialize_grads(false);
    context->save_for_backward({g, w});
    return gradients_of(g, {}, w, {true, false, false}).x;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct LinearWeightGradient : Function<LinearWeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& g, const at::Tensor& x) {
    context->set_materialize_grads(false);
    context->save_for_backward({g, x});
    return gradients_of(g, x, {}, {false, true, false}).w;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// The gradient of the one result; an expanded one, a sum's, has no rows in memory.
at::Tensor gradient(const variable_list& gradients) {
  return gradients[0].defined() ? gradients[0].contiguous() : gradients[0];
}

/// The gradients of a layer by those of its products; `asked` of x, w and bias.
variable_list by_products(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                          const dense::Wanted& asked) {
  if (!g.defined()) return variable_list(3);
  if (!at::GradMode::is_enabled()) {
    const dense::Gradients found = gradients_of(g, x, w, asked);
    return {found.x, found.w, found.bias};
  }
  return {asked.x ? LinearInputGradient::apply(g, w) : at::Tensor(),
          asked.w ? LinearWeightGradient::apply(g, x) : at::Tensor(),
          asked.bias ? channel_sums(g) : at::Tensor()};
}

variable_list LinearWithoutBias::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  variable_list result = by_products(gradient(gradients), saved[0], saved[1],
                                     {wanted(context, 0, gradients), wanted(context, 1, gradients), false});
  result.pop_back();
  return result;
}

variable_list LinearWithBias::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  return by_products(
      gradient(gradients), saved[0], saved[1],
      {wanted(context, 0, gradients), wanted(context, 1, gradients), wanted(context, 2, gradients)});
}

/// What passes a ReLU backwards, where nobody differentiates that again.
at::Tensor masked(const at::Tensor& g, const at::Tensor& output) {
  return is_half(g) ? rectify::slopes(g, output, 0) : dense::masked(g, output);
}

variable_list LinearRelu::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  if (!gradients[0].defined()) return variable_list(3);
  const at::Tensor g = gradient(gradients), output = saved[2].detach();
  return by_products(
      at::GradMode::is_enabled() ? relu_slopes(g, output) : masked(g, output), saved[0], saved[1],
      {wanted(context, 0, gradients), wanted(context, 1, gradients), wanted(context, 2, gradients)});
}

variable_list LinearInputGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor h = gradient(gradients);
  return {wanted(context, 0, gradients) ? LinearWithoutBias::apply(h, saved[1]) : at::Tensor(),
          wanted(context, 1, gradients) ? LinearWeightGradient::apply(saved[0], h) : at::Tensor()};
}

variable_list LinearWeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor h = gradient(gradients);
  return {wanted(context, 0, gradients) ? LinearWithoutBias::apply(saved[1], h) : at::Tensor(),
          wanted(context, 1, gradients) ? LinearInputGradient::apply(saved[0], h) : at::Tensor()};
}

/// Two layers of one batch as one, whose units are those of the first and then those of the second.
struct LinearPair : Function<LinearPair> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& w,
                               const at::Tensor& bias, const at::Tensor& other_w,
                               const at::Tensor& other_bias) {
    context->set_materialize_grads(false);
    const at::Tensor both = at::cat({w, other_w});
    context->save_for_backward({x, w, other_w});
    context->saved_data[kBoth] = both;
    const at::Tensor y = forward_of(x, both, at::cat({bias, other_bias}), false);
    const int64_t units = w.size(0);
    return {y.slice(1, 0, units).contiguous(), y.slice(1, units).contiguous()};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1], &other_w = saved[2];
    const auto needs = [&](size_t argument) { return context->needs_input_grad(argument); };
    // A loss of one output leaves the other's layer without gradients, as where the two are apart.
    if (!gradients[1].defined()) {
      variable_list found = by_products(gradient(gradients), x, w, {needs(0), needs(1), needs(2)});
      found.resize(5);
      return found;
    }
    if (!gradients[0].defined()) {
      const variable_list found =
          by_products(gradients[1].contiguous(), x, other_w, {needs(0), needs(3), needs(4)});
      return {found[0], at::Tensor(), at::Tensor(), found[1], found[2]};
    }
    const at::Tensor both =
        at::GradMode::is_enabled() ? at::cat({w, other_w}) : context->saved_data[kBoth].toTensor();
    const variable_list found = by_products(at::cat({gradients[0], gradients[1]}, 1), x, both,
                                            {needs(0), needs(1) || needs(3), needs(2) || needs(4)});
    const auto part = [&](bool asked, const at::Tensor& of, bool second) {
      if (!asked) return at::Tensor();
      return second ? of.slice(0, w.size(0)) : of.slice(0, 0, w.size(0));
    };
    return {found[0], part(needs(1), found[1], false), part(needs(2), found[2], false),
            part(needs(3), found[1], true), part(needs(4), found[2], true)};
  }

 private:
  static constexpr const char* kBoth = "both";
};

bool is_dense(const at::Tensor& tensor, at::ScalarType dtype) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && tensor.scalar_type() == dtype &&
         tensor.is_contiguous();
}

/// Whether weights, which are trained in float32, fit the batch.
bool fits(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!is_dense(weight, at::kFloat)) return false;
  if (input.dim() != 2 || weight.dim() != 2 || input.size(1) != weight.size(1)) return false;
  return !bias || !bias->defined() ||
         (is_dense(*bias, at::kFloat) && bias->dim() == 1 && bias->size(0) == weight.size(0));
}

/// The batch in the dtype that our kernels take it in; undefined where LibTorch's product runs.
at::Tensor taken(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  if (!enabled() || !fits(input, weight, bias)) return {};
  const int64_t rows = input.size(0), inputs = weight.size(1), outputs = weight.size(0);
  if (!at::autocast::is_autocast_enabled(at::kCPU))
    return is_dense(input, at::kFloat) && dense::usable(rows, inputs, outputs) ? input : at::Tensor();
  const bool rounds = at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16 &&
                      dense_bf16::usable(rows, inputs, outputs);
  if (rounds && is_dense(input, at::kBFloat16)) return input;
  return rounds && is_dense(input, at::kFloat) ? input.to(at::kBFloat16) : at::Tensor();
}

}  // namespace

at::Tensor linear(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  const at::Tensor batch = taken(input, weight, bias);
  if (!batch.defined()) return at::_ops::linear::call(input, weight, bias);
  return bias && bias->defined() ? LinearWithBias::apply(batch, weight, *bias)
                                 : LinearWithoutBias::apply(batch, weight);
}

at::Tensor linear_relu(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias) {
  const at::Tensor batch = bias && bias->defined() ? taken(input, weight, bias) : at::Tensor();
  return batch.defined() ? LinearRelu::apply(batch, weight, *bias)
                         : kernels::relu(kernels::linear(input, weight, bias));
}

std::vector<at::Tensor> linear_pair(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                                    const at::Tensor& other_weight, const at::Tensor& other_bias) {
  const at::Tensor batch = taken(input, weight, bias),
                   other = taken(batch.defined() ? batch : input, other_weight, other_bias);
  if (batch.defined() && other.defined())
    return LinearPair::apply(batch, weight, bias, other_weight, other_bias);
  return {kernels::linear(input, weight, bias), kernels::linear(input, other_weight, other_bias)};
}

}  // namespace gan::kernels

// What the backward passes of our own functions share.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace gan {

/// Where a function keeps whether it was called with a bias, which backward asks for: one that was not there
/// has no place among the arguments.
constexpr const char* kHasBias = "bias";

/// Whether a function of one result is asked for its gradient by an argument.
inline bool wanted(torch::autograd::AutogradContext* context, size_t argument,
                   const torch::autograd::variable_list& gradients) {
  return gradients[0].defined() && context->needs_input_grad(argument);
}

/// The gradients of <gradient, y>, with graphs of their own, by those of `inputs` that require one: as many
/// as a function has `arguments`, of which the inputs are the first.
inline torch::autograd::variable_list differentiable_gradients(const at::Tensor& y,
                                                               const at::Tensor& gradient,
                                                               at::TensorList inputs, size_t arguments) {
  torch::autograd::variable_list asked, result(arguments);
  for (const at::Tensor& input : inputs)
    if (input.requires_grad()) asked.push_back(input);
  const torch::autograd::variable_list found =
      torch::autograd::grad({y}, asked, {gradient}, true, true, true);
  for (size_t i = 0, next = 0; i < inputs.size(); ++i)
    if (inputs[i].requires_grad()) result[i] = found[next++];
  return result;
}

}  // namespace gan

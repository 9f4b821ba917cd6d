// What the backward passes of our own functions share.
#pragma once

#include <ATen/ops/alias.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace gan {

/// Where a function keeps whether it was called with a bias, which backward asks for: one that was not there
/// has no place among the arguments.
constexpr const char* kHasBias = "bias";

/// Whether a function of one result is asked for its gradient by an argument.
inline bool wanted(torch::autograd::AutogradContext* context, size_t argument,
                   const torch::autograd::variable_list& gradients) {
  return gradients[0].defined() && context->needs_input_grad(argument);
}

/// The gradients of <gradient, y>, with graphs of their own, where y = make(inputs): by those inputs that
/// require one, as many as a function has `arguments`, of which the inputs are the first.
template <class Make>
torch::autograd::variable_list differentiable_gradients(const at::Tensor& gradient, at::TensorList inputs,
                                                        size_t arguments, const Make& make) {
  torch::autograd::variable_list result(arguments);
  std::vector<at::Tensor> aliases, asked;
  // Each under a name of its own: where one was made of another, or is the same, the derivative by one must
  // not count what goes through the other. The graph that called goes on there itself.
  for (const at::Tensor& input : inputs) {
    const bool is_asked = input.defined() && input.requires_grad();
    aliases.push_back(is_asked ? at::alias(input) : input);
    if (is_asked) asked.push_back(aliases.back());
  }
  // All were frozen since.
  if (asked.empty()) return result;
  const torch::autograd::variable_list found =
      torch::autograd::grad({make(aliases)}, asked, {gradient}, true, true, true);
  for (size_t i = 0, next = 0; i < inputs.size(); ++i)
    if (aliases[i].defined() && aliases[i].requires_grad()) result[i] = found[next++];
  return result;
}

}  // namespace gan

#include "group_norm.h"

#include <ATen/Operators.h>
#include <ATen/core/grad_mode.h>

namespace gan::kernels {
namespace {

bool needs_gradient(const std::optional<at::Tensor>& tensor) {
  return tensor && tensor->defined() && tensor->requires_grad();
}

}  // namespace

// LibTorch's backward pass of a channels_last input writes the input's gradient whether it was asked for or
// not, and may be asked for the weight's or the bias's alone: then it writes to address 0. That of a
// contiguous input looks first. Images of one pixel are both, and told apart by strides that mean nothing: a
// copy has the contiguous ones, where `contiguous()` would give the input itself.
at::Tensor group_norm(const at::Tensor& input, int64_t groups, const std::optional<at::Tensor>& weight,
                      const std::optional<at::Tensor>& bias, double eps, bool cudnn_enabled) {
  const auto call = [&](const at::Tensor& from) {
    return at::_ops::group_norm::call(from, groups, weight, bias, eps, cudnn_enabled);
  };
  const bool trusts_layout = at::GradMode::is_enabled() && (needs_gradient(weight) || needs_gradient(bias)) &&
                             input.device().is_cpu() && input.layout() == at::kStrided &&
                             input.suggest_memory_format() != at::MemoryFormat::Contiguous;
  if (!trusts_layout) return call(input);
  return call(at::_ops::clone::call(input, at::MemoryFormat::Contiguous))
      .contiguous(input.suggest_memory_format());
}

}  // namespace gan::kernels

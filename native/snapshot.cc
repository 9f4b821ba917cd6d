// Copies of whole lists of tensors, and their return where a condition on the device says so.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>

#include "addon.h"

namespace gan {
namespace {

using Tensors = std::vector<at::Tensor>;

/// A copy of every tensor, in its memory format.
Tensors copyAll(const Context&, const Tensors& tensors) {
  const at::NoGradGuard no_grad;
  Tensors copies;
  copies.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) copies.push_back(tensor.clone());
  return copies;
}

void check_copy(const at::Tensor& tensor, const at::Tensor& copy) {
  if (!(copy.sizes() == tensor.sizes() && copy.scalar_type() == tensor.scalar_type() &&
        copy.device() == tensor.device()))
    throw ArgumentError("ERR_INVALID_ARG", "expected a copy like the tensor, " + describe(tensor) +
                                               ", but received " + describe(copy));
}

/// Where `condition` (one bool) is true every tensor becomes its copy, bit for bit; else none changes. The
/// host is not waited for, and a CUDA graph replays it by what the condition holds then. The tensors do not
/// count as changed: a graph may hold batch statistics that its backward pass does not read, as batch norm
/// itself moves them.
void restoreWhere(const Context&, const at::Tensor& condition, const Tensors& tensors,
                  const Tensors& copies) {
  if (condition.numel() != 1 || condition.scalar_type() != at::kBool)
    throw ArgumentError("ERR_INVALID_ARG",
                        "expected one bool as the condition but received " + describe(condition));
  if (tensors.size() != copies.size())
    throw ArgumentError("ERR_INVALID_ARG", "expected a copy of each of " + std::to_string(tensors.size()) +
                                               " tensors but received " + std::to_string(copies.size()));
  for (size_t i = 0; i < tensors.size(); ++i) check_copy(tensors[i], copies[i]);
  const at::AutoDispatchBelowADInplaceOrView no_autograd;
  const at::Tensor scalar = condition.reshape({});
  for (size_t i = 0; i < tensors.size(); ++i) {
    at::Tensor tensor = tensors[i];
    at::where_out(tensor, scalar, copies[i], tensor);
  }
}

}  // namespace

void define_snapshot(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, copyAll);
  GAN_DEFINE(context, exports, restoreWhere);
}

}  // namespace gan

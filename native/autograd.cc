// Autograd: leaves and their gradients, backward, grad, and the modes around them.
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "addon.h"

namespace gan {
namespace {

using Tensors = std::vector<at::Tensor>;

bool requiresGrad(const Context&, const at::Tensor& tensor) { return tensor.requires_grad(); }
bool isLeaf(const Context&, const at::Tensor& tensor) { return tensor.is_leaf(); }

/// Sets `requires_grad` on every tensor in one call: a network is frozen or thawed around each phase.
void setRequiresGrad(const Context&, const Tensors& tensors, bool value) {
  for (const at::Tensor& tensor : tensors) {
    if (!value && !tensor.is_leaf())
      throw ArgumentError("ERR_INVALID_ARG",
                          "expected leaves but received a tensor that an operator made; detach() it instead");
  }
  for (const at::Tensor& tensor : tensors) tensor.set_requires_grad(value);
}

at::Tensor gradient(const Context&, const at::Tensor& tensor) {
  return tensor.is_leaf() ? tensor.grad() : at::Tensor();
}

/// A handle to every parameter's gradient, 0 where there is none; the caller releases them.
Tensors gradients(const Context&, const Tensors& tensors) {
  Tensors result;
  result.reserve(tensors.size());
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.is_leaf() ? tensor.grad() : at::Tensor());
  return result;
}

/// Optimizers take a gradient's shape, dtype and device for granted.
void setGradient(const Context&, const at::Tensor& tensor, const std::optional<at::Tensor>& gradient) {
  if (!tensor.is_leaf())
    throw ArgumentError(
        "ERR_INVALID_ARG",
        "expected a leaf, the only kind with a gradient, but received a tensor that an operator made");
  if (gradient && gradient->is_same(tensor))
    throw ArgumentError("ERR_INVALID_ARG", "expected a gradient other than the tensor itself");
  if (gradient && !(gradient->sizes() == tensor.sizes() && gradient->scalar_type() == tensor.scalar_type() &&
                    gradient->device() == tensor.device()))
    throw ArgumentError("ERR_INVALID_ARG", "expected a gradient like the tensor, " + describe(tensor) +
                                               ", but received " + describe(*gradient));
  tensor.mutable_grad() = gradient ? *gradient : at::Tensor();
}

/// Drops the gradients (PyTorch's `set_to_none`): the next backward pass writes instead of adding.
void clearGradients(const Context&, const Tensors& tensors) {
  for (const at::Tensor& tensor : tensors) tensor.mutable_grad().reset();
}

/// Gives `tensor` the storage, dtype and device of `data`; handles and optimizers that hold it go on holding
/// the same tensor, which counts as changed.
void setData(const Context&, const at::Tensor& tensor, const at::Tensor& data) {
  tensor.set_data(data);
  if (!tensor.is_inference()) tensor.unsafeGetTensorImpl()->bump_version();
}

/// Null entries stand for an implicit gradient of one.
Tensors optional_tensors(const Context& context, Napi::Value value) {
  if (value.IsUndefined() || value.IsNull()) return {};
  const auto list = Argument<c10::List<std::optional<at::Tensor>>>::read(context, value);
  Tensors result;
  for (size_t i = 0; i < list.size(); ++i) result.push_back(list.get(i).value_or(at::Tensor()));
  return result;
}

void backward(const Context& context, const Tensors& tensors, Napi::Value gradients, bool retain_graph,
              bool create_graph, const Tensors& inputs) {
  torch::autograd::backward(tensors, optional_tensors(context, gradients), retain_graph, create_graph,
                            inputs);
}

Tensors grad(const Context& context, const Tensors& outputs, const Tensors& inputs, Napi::Value gradients,
             bool retain_graph, bool create_graph, bool allow_unused) {
  if (outputs.empty() || inputs.empty())
    throw ArgumentError("ERR_INVALID_ARG", "expected at least one output and one input but received " +
                                               std::to_string(outputs.size()) + " and " +
                                               std::to_string(inputs.size()));
  return torch::autograd::grad(outputs, inputs, optional_tensors(context, gradients), retain_graph,
                               create_graph, allow_unused);
}

bool gradEnabled(const Context&) { return at::GradMode::is_enabled(); }
void setGradEnabled(const Context&, bool enabled) { at::GradMode::set_enabled(enabled); }

at::DeviceType device_type(const at::Device& device) { return device.type(); }

bool autocastEnabled(const Context&, at::Device device) {
  return at::autocast::is_autocast_enabled(device_type(device));
}

at::ScalarType autocastDtype(const Context&, at::Device device) {
  return at::autocast::get_autocast_dtype(device_type(device));
}

/// Switches autocast for a device type; leaving it drops the cached low-precision weights, which a step has
/// made stale.
void setAutocast(const Context&, at::Device device, bool enabled, at::ScalarType dtype) {
  at::autocast::set_autocast_enabled(device_type(device), enabled);
  at::autocast::set_autocast_dtype(device_type(device), dtype);
  at::autocast::clear_cache();
}

}  // namespace

void define_autograd(const Context& context, Napi::Object exports) {
  GAN_DEFINE(context, exports, requiresGrad);
  GAN_DEFINE(context, exports, isLeaf);
  GAN_DEFINE(context, exports, setRequiresGrad);
  GAN_DEFINE(context, exports, gradient);
  GAN_DEFINE(context, exports, gradients);
  GAN_DEFINE(context, exports, setGradient);
  GAN_DEFINE(context, exports, clearGradients);
  GAN_DEFINE(context, exports, setData);
  GAN_DEFINE(context, exports, backward);
  GAN_DEFINE(context, exports, grad);
  GAN_DEFINE(context, exports, gradEnabled);
  GAN_DEFINE(context, exports, setGradEnabled);
  GAN_DEFINE(context, exports, autocastEnabled);
  GAN_DEFINE(context, exports, autocastDtype);
  GAN_DEFINE(context, exports, setAutocast);
}

}  // namespace gan

#include "conv3x3.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "channel_sums.h"
#include "conv3x3_tensors.h"
#include "gradients.h"

namespace gan::conv3x3 {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// A convolution and its gradients by input and weight are each linear in both arguments, and each one's
// gradients are the other two. By the input it is a convolution too, with the weight transposed and turned:
// so derivatives of every order stay among two functions.

using Bias = std::optional<at::Tensor>;

/// Names of what backward asks for.
constexpr const char *kPadding = "padding", *kGroups = "groups", *kTurned = "turned";

Geometry saved_geometry(AutogradContext* context) {
  return {context->saved_data[kPadding].toInt(), context->saved_data[kGroups].toInt(),
          context->saved_data[kTurned].toBool()};
}

void save(AutogradContext* context, const Geometry& geometry) {
  context->set_materialize_grads(false);
  context->saved_data[kPadding] = geometry.padding;
  context->saved_data[kGroups] = geometry.groups;
  context->saved_data[kTurned] = geometry.turned;
}

/// What takes a gradient of `geometry`'s convolution back to its input.
Geometry back(const Geometry& geometry) { return {2 - geometry.padding, geometry.groups, !geometry.turned}; }

struct Convolution : Function<Convolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry) {
    save(context, geometry);
    context->save_for_backward({x, weight});
    context->saved_data[kHasBias] = bias.has_value();
    RECORD_FUNCTION("gan::conv3x3", (std::vector<c10::IValue>{x, weight}));
    return convolve(x, weight, bias.value_or(at::Tensor()), geometry);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By weight, of <y, conv2d(x, weight)>.
struct WeightGradient : Function<WeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
                            const Geometry& geometry, at::MemoryFormat format) {
    save(context, geometry);
    context->save_for_backward({x, y});
    RECORD_FUNCTION("gan::conv3x3_weight_gradient", (std::vector<c10::IValue>{x, y}));
    return weight_gradient(x, y, geometry, format);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

variable_list Convolution::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weight = saved[1], &y = gradients[0];
  const Geometry geometry = saved_geometry(context);
  const bool by_bias = context->saved_data[kHasBias].toBool() && wanted(context, 2, gradients);
  return {
      wanted(context, 0, gradients) ? Convolution::apply(y, weight, Bias(), back(geometry)) : at::Tensor(),
      wanted(context, 1, gradients) ? WeightGradient::apply(x, y, geometry, weight.suggest_memory_format())
                                    : at::Tensor(),
      by_bias ? kernels::channel_sums(y) : at::Tensor(), at::Tensor()};
}

variable_list WeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &y = saved[1], &weight = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {
      wanted(context, 0, gradients) ? Convolution::apply(y, weight, Bias(), back(geometry)) : at::Tensor(),
      wanted(context, 1, gradients) ? Convolution::apply(x, weight, Bias(), geometry) : at::Tensor(),
      at::Tensor(), at::Tensor()};
}

}  // namespace

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, int64_t padding,
                  int64_t groups) {
  return Convolution::apply(x, weight, bias, Geometry{padding, groups, false});
}

}  // namespace gan::conv3x3

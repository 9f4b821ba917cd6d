#include "any_conv.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <vector>

#include "gradients.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// As with our own kernels: a convolution and its gradients by input and weight are each linear in both
// arguments, and each one's gradients are the other two.

/// Stride, padding and dilation, two numbers each, and groups: as autograd saves them.
using Geometry = std::vector<int64_t>;
using Shape = std::vector<int64_t>;
using Bias = std::optional<at::Tensor>;

constexpr const char* kGeometry = "geometry";

at::IntArrayRef stride_of(const Geometry& geometry) { return at::IntArrayRef(geometry).slice(0, 2); }
at::IntArrayRef padding_of(const Geometry& geometry) { return at::IntArrayRef(geometry).slice(2, 2); }
at::IntArrayRef dilation_of(const Geometry& geometry) { return at::IntArrayRef(geometry).slice(4, 2); }
int64_t groups_of(const Geometry& geometry) { return geometry[6]; }

/// The gradients of <gradient, conv2d(x, weight, bias)> that are asked for, by x, weight and bias.
std::tuple<at::Tensor, at::Tensor, at::Tensor> gradients_by(std::array<bool, 3> asked,
                                                            const at::Tensor& gradient, const at::Tensor& x,
                                                            const at::Tensor& weight,
                                                            const Geometry& geometry) {
  constexpr std::array<int64_t, 2> kNone{0, 0};
  const std::array<int64_t, 1> bias{weight.size(0)};
  return at::convolution_backward(gradient, x, weight, at::IntArrayRef(bias), stride_of(geometry),
                                  padding_of(geometry), dilation_of(geometry), false, kNone,
                                  groups_of(geometry), asked);
}

struct AnyInputGradient;
struct AnyWeightGradient;

Geometry saved_geometry(AutogradContext* context) { return context->saved_data[kGeometry].toIntVector(); }

struct AnyConvolution : Function<AnyConvolution> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, weight});
    context->saved_data[kGeometry] = geometry;
    context->saved_data[kHasBias] = bias.has_value();
    return at::conv2d(x, weight, bias, stride_of(geometry), padding_of(geometry), dilation_of(geometry),
                      groups_of(geometry));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By x, of <y, conv2d(x, weight)>.
struct AnyInputGradient : Function<AnyInputGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const Geometry& geometry, const Shape& x_shape, at::MemoryFormat format) {
    context->set_materialize_grads(false);
    context->save_for_backward({y, weight});
    context->saved_data[kGeometry] = geometry;
    // Only its shape and layout are looked at.
    const at::Tensor x = at::empty(x_shape, y.options().memory_format(format));
    return std::get<0>(gradients_by({true, false, false}, y, x, weight, geometry));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By weight, of <y, conv2d(x, weight)>.
struct AnyWeightGradient : Function<AnyWeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
                            const Geometry& geometry, const Shape& weight_shape) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, y});
    context->saved_data[kGeometry] = geometry;
    const at::Tensor weight = at::empty(weight_shape, x.options());
    return std::get<1>(gradients_by({false, true, false}, y, x, weight, geometry));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

variable_list AnyConvolution::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weight = saved[1];
  const Geometry geometry = saved_geometry(context);
  const bool by_x = wanted(context, 0, gradients), by_weight = wanted(context, 1, gradients);
  const bool by_bias = context->saved_data[kHasBias].toBool() && wanted(context, 2, gradients);
  if (!at::GradMode::is_enabled()) {
    if (!by_x && !by_weight && !by_bias) return variable_list(4);
    auto [gx, gw, gb] = gradients_by({by_x, by_weight, by_bias}, gradients[0], x, weight, geometry);
    return {gx, gw, gb, at::Tensor()};
  }
  return {
      by_x ? AnyInputGradient::apply(gradients[0], weight, geometry, x.sizes().vec(),
                                     x.suggest_memory_format())
           : at::Tensor(),
      by_weight ? AnyWeightGradient::apply(x, gradients[0], geometry, weight.sizes().vec()) : at::Tensor(),
      by_bias ? gradients[0].sum({0, 2, 3}) : at::Tensor(), at::Tensor()};
}

variable_list AnyInputGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &y = saved[0], &weight = saved[1];
  const Geometry geometry = saved_geometry(context);
  return {wanted(context, 0, gradients) ? AnyConvolution::apply(gradients[0], weight, Bias(), geometry)
                                        : at::Tensor(),
          wanted(context, 1, gradients)
              ? AnyWeightGradient::apply(gradients[0], y, geometry, weight.sizes().vec())
              : at::Tensor(),
          at::Tensor(), at::Tensor(), at::Tensor()};
}

variable_list AnyWeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &y = saved[1];
  const Geometry geometry = saved_geometry(context);
  return {
      wanted(context, 0, gradients)
          ? AnyInputGradient::apply(y, gradients[0], geometry, x.sizes().vec(), x.suggest_memory_format())
          : at::Tensor(),
      wanted(context, 1, gradients) ? AnyConvolution::apply(x, gradients[0], Bias(), geometry) : at::Tensor(),
      at::Tensor(), at::Tensor()};
}

}  // namespace

at::Tensor any_conv2d(const at::Tensor& input, const at::Tensor& weight, const Bias& bias,
                      at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                      int64_t groups) {
  Geometry geometry;
  // One number is for both directions.
  for (const at::IntArrayRef pair : {stride, padding, dilation}) {
    geometry.push_back(pair.front());
    geometry.push_back(pair.back());
  }
  geometry.push_back(groups);
  return AnyConvolution::apply(input, weight, bias, geometry);
}

}  // namespace gan::kernels

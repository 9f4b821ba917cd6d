#include "convolution.h"

#include <ATen/Operators.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "any_conv.h"
#include "border_windows.h"
#include "channel_sums.h"
#include "conv3x3.h"
#include "conv4x4.h"
#include "gradients.h"
#include "pairs.h"
#include "patches.h"
#include "pointwise.h"
#include "strided_pixels.h"

namespace gan::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

std::atomic<bool> own_kernels{true};

// A convolution, its transpose and the gradient by the weight are each linear in both arguments, and each
// one's gradients are the other two: so derivatives of every order stay among the three.

struct Up;
struct Weights4x4Gradient;

using Bias = std::optional<at::Tensor>;

struct Down : Function<Down> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, weight});
    context->saved_data[kHasBias] = bias.has_value();
    RECORD_FUNCTION("gan::conv4x4_down", (std::vector<c10::IValue>{x, weight}));
    return conv4x4::down(x, weight, bias.value_or(at::Tensor()));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct Up : Function<Up> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const Bias& bias) {
    context->set_materialize_grads(false);
    context->save_for_backward({y, weight});
    context->saved_data[kHasBias] = bias.has_value();
    RECORD_FUNCTION("gan::conv4x4_up", (std::vector<c10::IValue>{y, weight}));
    return conv4x4::up(y, weight, bias.value_or(at::Tensor()));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct Weights4x4Gradient : Function<Weights4x4Gradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y) {
    context->set_materialize_grads(false);
    context->save_for_backward({x, y});
    RECORD_FUNCTION("gan::conv4x4_weight_gradient", (std::vector<c10::IValue>{x, y}));
    return conv4x4::weight_gradient(x, y);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

at::Tensor bias_gradient(AutogradContext* context, const variable_list& gradients) {
  const bool has_bias = context->saved_data[kHasBias].toBool();
  return has_bias && wanted(context, 2, gradients) ? channel_sums(gradients[0]) : at::Tensor();
}

variable_list Down::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  return {wanted(context, 0, gradients) ? Up::apply(gradients[0], saved[1], Bias()) : at::Tensor(),
          wanted(context, 1, gradients) ? Weights4x4Gradient::apply(saved[0], gradients[0]) : at::Tensor(),
          bias_gradient(context, gradients)};
}

variable_list Up::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  return {wanted(context, 0, gradients) ? Down::apply(gradients[0], saved[1], Bias()) : at::Tensor(),
          wanted(context, 1, gradients) ? Weights4x4Gradient::apply(gradients[0], saved[0]) : at::Tensor(),
          bias_gradient(context, gradients)};
}

variable_list Weights4x4Gradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  return {wanted(context, 0, gradients) ? Up::apply(saved[1], gradients[0], Bias()) : at::Tensor(),
          wanted(context, 1, gradients) ? Down::apply(saved[0], gradients[0], Bias()) : at::Tensor()};
}

bool all_are(c10::SymIntArrayRef values, int64_t wanted) {
  return std::all_of(values.begin(), values.end(), [&](const c10::SymInt& value) { return value == wanted; });
}

/// The dtype that the convolution runs in: autocast's, where it is on.
std::optional<at::ScalarType> working_dtype(const at::Tensor& input, const at::Tensor& weight) {
  if (!own_kernels || !input.device().is_cpu() || !weight.device().is_cpu()) return std::nullopt;
  if (input.dim() != 4 || weight.dim() != 4 || weight.scalar_type() != at::kFloat) return std::nullopt;
  if (input.layout() != at::kStrided || weight.layout() != at::kStrided) return std::nullopt;
  const at::ScalarType dtype = input.scalar_type();
  if (!at::autocast::is_autocast_enabled(at::kCPU)) {
    if (dtype != at::kFloat) return std::nullopt;
    return dtype;
  }
  if (dtype != at::kFloat && dtype != at::kBFloat16) return std::nullopt;
  return at::autocast::get_autocast_dtype(at::kCPU);
}

/// 4×4 kernels, stride 2, padding 1.
bool halves(const at::Tensor& weight, c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
            c10::SymIntArrayRef dilation, const c10::SymInt& groups) {
  return weight.size(2) == 4 && weight.size(3) == 4 && are_pairs({stride, padding, dilation}) &&
         all_are(stride, 2) && all_are(padding, 1) && all_are(dilation, 1) && groups == 1;
}

/// A kernel that has one place only. It makes no step, so any stride that is allowed will do.
bool is_one_place(c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                  const c10::SymInt& groups) {
  return are_pairs({stride, padding, dilation}) && all_are(padding, 0) && all_are(dilation, 1) &&
         groups == 1 && std::all_of(stride.begin(), stride.end(), [](const c10::SymInt& s) { return s > 0; });
}

/// 3×3 kernels, stride 1, the same padding at all edges, whole groups.
bool keeps(const at::Tensor& input, const at::Tensor& weight, c10::SymIntArrayRef stride,
           c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation, const c10::SymInt& groups) {
  return weight.size(2) == 3 && weight.size(3) == 3 && are_pairs({stride, padding, dilation}) &&
         all_are(stride, 1) && padding.front() == padding.back() && all_are(dilation, 1) && groups >= 1 &&
         groups <= input.size(1) && input.size(1) == weight.size(1) * groups && weight.size(0) % groups == 0;
}

/// Kernels of single pixels, none of them left out.
bool is_pointwise(const at::Tensor& input, const at::Tensor& weight, c10::SymIntArrayRef stride,
                  c10::SymIntArrayRef padding, const c10::SymInt& groups) {
  return weight.size(2) == 1 && weight.size(3) == 1 && are_pairs({stride, padding}) && all_are(stride, 1) &&
         all_are(padding, 0) && groups == 1 && input.size(1) == weight.size(1);
}

/// Those of a convolution without dilation or groups; none of others.
std::optional<patches::Geometry> plain_geometry(c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                                                c10::SymIntArrayRef dilation, const c10::SymInt& groups) {
  if (!are_pairs({stride, padding, dilation}) || !all_are(dilation, 1) || groups != 1) return std::nullopt;
  return patches::Geometry{{number_of(stride, 0), number_of(stride, 1)},
                           {number_of(padding, 0), number_of(padding, 1)}};
}

const std::array<c10::SymInt, 1> kStepByStep{1}, kNone{0};

/// The images that a transposed convolution makes, and the geometry of the convolution that it transposes.
struct Transposed {
  std::array<int64_t, 4> image;
  patches::Geometry geometry;
};
std::optional<Transposed> transposed_image(const at::Tensor& input, const at::Tensor& weight,
                                           c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                                           c10::SymIntArrayRef beyond, c10::SymIntArrayRef dilation,
                                           const c10::SymInt& groups) {
  const auto geometry = plain_geometry(stride, padding, dilation, groups);
  if (!geometry || !are_pairs({beyond})) return std::nullopt;
  Transposed result{{input.size(0), weight.size(1), 0, 0}, *geometry};
  for (size_t i = 0; i < 2; ++i) {
    const int64_t more = number_of(beyond, i);
    if (more < 0 || more >= geometry->stride[i]) return std::nullopt;
    result.image[i + 2] =
        (input.size(i + 2) - 1) * geometry->stride[i] - 2 * geometry->padding[i] + weight.size(i + 2) + more;
  }
  return result;
}

at::Tensor in_dtype(const at::Tensor& tensor, at::ScalarType dtype) {
  return tensor.scalar_type() == dtype ? tensor : tensor.to(dtype);
}

/// Adds a bias [channels], in the dtype of `output`: [N, channels, H, W], or without N.
at::Tensor with_bias(const at::Tensor& output, const std::optional<at::Tensor>& bias) {
  if (!bias || !bias->defined()) return output;
  return output + in_dtype(*bias, output.scalar_type()).view({-1, 1, 1});
}

/// An undefined bias is none.
Bias bias_of(const Bias& bias) { return bias && bias->defined() ? bias : Bias(); }

/// Whether LibTorch takes the bias of a transposed convolution.
bool is_bias_of_all(const Bias& bias, const at::Tensor& weight, const c10::SymInt& groups) {
  return !bias || !bias->defined() ||
         (bias->dim() == 1 && bias->size(0) == weight.size(1) * groups && bias->device() == weight.device() &&
          bias->scalar_type() == weight.scalar_type());
}

bool bias_fits(const std::optional<at::Tensor>& bias, int64_t channels) {
  return !bias || !bias->defined() ||
         (bias->dim() == 1 && bias->size(0) == channels && bias->device().is_cpu() &&
          bias->scalar_type() == at::kFloat);
}

/// Whether a gradient by the input may be asked for, and then that gradient's own: of float32 outside
/// autocast, where gradient penalties are, on a CPU or a GPU.
bool may_have_second_gradients(const at::Tensor& input, const at::Tensor& weight) {
  const at::Device device = input.device();
  return own_kernels && (device.is_cpu() || device.is_cuda()) && weight.device() == device &&
         !at::autocast::is_autocast_enabled(device.type()) && at::GradMode::is_enabled() &&
         input.requires_grad() && input.dim() == 4 && weight.dim() == 4 && input.numel() > 0 &&
         input.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         input.layout() == at::kStrided && weight.layout() == at::kStrided;
}

/// [a, b, h, w] as a matrix [a, h * w * b], a view where it is channels_last.
at::Tensor as_rows(const at::Tensor& tensor) {
  return tensor.permute({0, 2, 3, 1})
      .reshape({tensor.size(0), tensor.numel() / std::max<int64_t>(tensor.size(0), 1)});
}

/// A view of what nobody else has. Without gradients it must not say that it is one: it could not be changed
/// in place once there are some.
template <class View>
at::Tensor without_base(const View& view) {
  if (at::GradMode::is_enabled()) return view();
  const at::AutoDispatchBelowADInplaceOrView guard;
  return view();
}

}  // namespace

void set_enabled(bool enabled) { own_kernels = enabled; }
bool enabled() { return own_kernels; }

at::Tensor conv2d(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                  c10::SymIntArrayRef stride, c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation,
                  const c10::SymInt& groups) {
  if (windows_miss(2, input, weight, padding, dilation))
    return conv2d(with_border(2, input, padding), weight, bias, stride, kNone, dilation, groups);
  if (leaves_pixels_out(input, weight, stride, padding, dilation))
    return conv2d(every(input, stride), weight, bias, kStepByStep, padding, dilation, groups);
  const std::optional<at::ScalarType> dtype = working_dtype(input, weight);
  if (dtype && input.size(1) == weight.size(1) && bias_fits(bias, weight.size(0))) {
    const int64_t batch = input.size(0), small = weight.size(0), large = weight.size(1), size = input.size(2);
    if (halves(weight, stride, padding, dilation, groups) && input.size(3) == size && size % 2 == 0 &&
        conv4x4::usable(batch, size / 2, small, large, *dtype))
      return Down::apply(in_dtype(input, *dtype), weight, bias_of(bias));
    // A kernel as large as the image: one product of matrices.
    if (weight.sizes().slice(2) == input.sizes().slice(2) &&
        is_one_place(stride, padding, dilation, groups) && input.numel() > 0 && weight.numel() > 0) {
      const at::Tensor rows = at::_ops::linear::call(as_rows(input), as_rows(weight), std::nullopt);
      return with_bias(without_base([&] { return rows.view({batch, small, 1, 1}); }), bias);
    }
  }
  if (dtype && bias_fits(bias, weight.size(0)) && keeps(input, weight, stride, padding, dilation, groups)) {
    const int64_t border = padding.front().guard_int(__FILE__, __LINE__),
                  parts = groups.guard_int(__FILE__, __LINE__);
    if (conv3x3::usable(input.sizes(), weight.size(0), border, parts, *dtype))
      return conv3x3::conv2d(in_dtype(input, *dtype), weight, bias_of(bias), border, parts);
  }
  if (dtype && bias_fits(bias, weight.size(0)) && is_pointwise(input, weight, stride, padding, groups) &&
      pointwise::usable(input.sizes(), weight.size(0), *dtype))
    return pointwise::conv2d(in_dtype(input, *dtype), weight, bias_of(bias));
  if (dtype && bias_fits(bias, weight.size(0))) {
    const auto geometry = plain_geometry(stride, padding, dilation, groups);
    if (geometry && patches::usable(input.sizes(), weight.sizes(), *geometry, *dtype))
      return patches::conv2d(in_dtype(input, *dtype), weight, bias_of(bias), *geometry);
  }
  if (may_have_second_gradients(input, weight) && are_pairs({stride, padding, dilation}))
    return any_conv2d(input, weight, bias_of(bias), C10_AS_INTARRAYREF_SLOW(stride),
                      C10_AS_INTARRAYREF_SLOW(padding), C10_AS_INTARRAYREF_SLOW(dilation),
                      groups.guard_int(__FILE__, __LINE__));
  return at::_ops::conv2d::call(input, weight, bias, stride, padding, dilation, groups);
}

at::Tensor conv2d_padding(const at::Tensor& input, const at::Tensor& weight,
                          const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                          c10::string_view padding, c10::SymIntArrayRef dilation, const c10::SymInt& groups) {
  if (padding == "valid" && leaves_pixels_out(input, weight, stride, kNone, dilation))
    return conv2d(input, weight, bias, stride, kNone, dilation, groups);
  return at::_ops::conv2d_padding::call(input, weight, bias, stride, padding, dilation, groups);
}

at::Tensor conv_transpose2d(const at::Tensor& input, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, c10::SymIntArrayRef stride,
                            c10::SymIntArrayRef padding, c10::SymIntArrayRef output_padding,
                            const c10::SymInt& groups, c10::SymIntArrayRef dilation) {
  if (leaves_pixels_out(input, weight, stride, padding, dilation) &&
      can_spread(input, stride, padding, output_padding, dilation) && is_bias_of_all(bias, weight, groups)) {
    const at::Tensor pixels =
        conv_transpose2d(input, weight, std::nullopt, kStepByStep, kNone, kNone, groups, kStepByStep);
    return with_bias(spread(pixels, stride, padding, output_padding), bias);
  }
  const std::optional<at::ScalarType> dtype = working_dtype(input, weight);
  if (dtype && input.size(1) == weight.size(0) && bias_fits(bias, weight.size(1)) &&
      are_pairs({output_padding}) && all_are(output_padding, 0)) {
    const int64_t batch = input.size(0), small = weight.size(0), large = weight.size(1), size = input.size(2);
    if (halves(weight, stride, padding, dilation, groups) && input.size(3) == size &&
        conv4x4::usable(batch, size, small, large, *dtype))
      return Up::apply(in_dtype(input, *dtype), weight, bias_of(bias));
    // From one pixel: one product of matrices.
    if (size == 1 && input.size(3) == 1 && is_one_place(stride, padding, dilation, groups) &&
        input.numel() > 0 && weight.numel() > 0) {
      const at::Tensor rows = at::_ops::matmul::call(input.reshape({batch, small}), as_rows(weight));
      return with_bias(
          without_base([&] {
            return rows.view({batch, weight.size(2), weight.size(3), large}).permute({0, 3, 1, 2});
          }),
          bias);
    }
  }
  if (dtype && input.size(1) == weight.size(0) && bias_fits(bias, weight.size(1)))
    if (const auto large = transposed_image(input, weight, stride, padding, output_padding, dilation, groups))
      if (patches::usable(large->image, weight.sizes(), large->geometry, *dtype))
        return patches::conv_transpose2d(in_dtype(input, *dtype), weight, bias_of(bias), large->geometry,
                                         {large->image[2], large->image[3]});
  return at::_ops::conv_transpose2d_input::call(input, weight, bias, stride, padding, output_padding, groups,
                                                dilation);
}

}  // namespace gan::kernels

#include "patches.h"

#include <ATen/Functions.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "channel_sums.h"
#include "gradients.h"
#include "products.h"

namespace gan::patches {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

/// Weights that are many enough for few pixels to be worth a way of their own.
constexpr int64_t kFewestWeights = 1 << 15;

/// Numbers of a patch of few pixels.
constexpr int64_t kMostOfPatch = 1 << 16;

/// Of many pixels: numbers of a patch, so that the second-level cache holds enough of them for the products
/// to gain, and of those of one row of pixels.
constexpr int64_t kMostOfMany = 1 << 10, kMostOfRow = 1 << 17;

at::Tensor as_float(const at::Tensor& tensor) {
  return channels_last(tensor.scalar_type() == at::kFloat ? tensor : tensor.to(at::kFloat));
}

// Views of what nobody else has must not say that they are some: they could not be changed in place.

/// channels_last images as a matrix of pixels.
at::Tensor pixels_of(const at::Tensor& images) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  return images.permute({0, 2, 3, 1}).reshape({-1, images.size(1)});
}
/// Weights as a matrix of patches.
at::Tensor matrix_of(const at::Tensor& weight) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  return channels_last(weight).permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
}
/// And back: a matrix of so many rows and columns an image, or a kernel.
at::Tensor images_of(const at::Tensor& matrix, int64_t count, int64_t rows, int64_t columns) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  return matrix.view({count, rows, columns, -1}).permute({0, 3, 1, 2});
}

// A convolution, its transpose and the gradient by the weight are each linear in both arguments, and each
// one's gradients are the other two: so derivatives of every order stay among the three.

struct Down;
struct Up;
struct WeightGradient;

constexpr const char* kGeometry = "geometry";

void save(AutogradContext* context, const variable_list& tensors, const Geometry& geometry, bool has_bias) {
  context->set_materialize_grads(false);
  context->save_for_backward(tensors);
  const auto& [stride, padding] = geometry;
  context->saved_data[kGeometry] = std::vector<int64_t>{stride[0], stride[1], padding[0], padding[1]};
  context->saved_data[kHasBias] = has_bias;
}
Geometry saved_geometry(AutogradContext* context) {
  const std::vector<int64_t> saved = context->saved_data[kGeometry].toIntVector();
  return {{saved[0], saved[1]}, {saved[2], saved[3]}};
}
/// In the format of the convolution's arguments, as LibTorch's results are. Images of one pixel are
/// contiguous in either, but their strides tell the next layer which.
at::Tensor formatted(const at::Tensor& images, bool last) {
  if (last) return images;
  if (images.size(2) * images.size(3) != 1) return images.contiguous();
  const at::AutoDispatchBelowADInplaceOrView guard;
  return images.flatten(1).view(images.sizes());
}
at::Tensor contiguous(const Bias& bias) { return bias ? bias->contiguous() : at::Tensor(); }

struct Down : Function<Down> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry) {
    save(context, {x, weight}, geometry, bias.has_value());
    RECORD_FUNCTION("gan::conv_patches", (std::vector<c10::IValue>{x, weight}));
    const Shape shape(x.sizes(), weight.sizes(), geometry);
    const at::Tensor y = patches::forward(as_float(x), matrix_of(weight), contiguous(bias), shape);
    return formatted(images_of(y, shape.batch, shape.down(), shape.across()).to(x.scalar_type()),
                     is_channels_last(x) || is_channels_last(weight));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct Up : Function<Up> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry, const std::array<int64_t, 2>& size) {
    save(context, {y, weight}, geometry, bias.has_value());
    RECORD_FUNCTION("gan::conv_patches_up", (std::vector<c10::IValue>{y, weight}));
    const Shape shape(std::array<int64_t, 4>{y.size(0), weight.size(1), size[0], size[1]}, weight.sizes(),
                      geometry);
    const at::Tensor x = by_input(pixels_of(as_float(y)), matrix_of(weight), contiguous(bias), shape);
    return formatted(x.to(y.scalar_type()), is_channels_last(y) || is_channels_last(weight));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By the weight, of <y, conv2d(x, weight)>.
struct WeightGradient : Function<WeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
                            const Geometry& geometry, const std::vector<int64_t>& weight, bool last) {
    save(context, {x, y}, geometry, false);
    RECORD_FUNCTION("gan::conv_patches_weight_gradient", (std::vector<c10::IValue>{x, y}));
    const Shape shape(x.sizes(), weight, geometry);
    const at::Tensor matrix = by_weight(as_float(x), pixels_of(as_float(y)), shape);
    return formatted(images_of(matrix, shape.outputs, shape.rows, shape.columns), last);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

std::array<int64_t, 2> size_of(const at::Tensor& images) { return {images.size(2), images.size(3)}; }

at::Tensor bias_gradient(AutogradContext* context, const variable_list& gradients) {
  const bool has_bias = context->saved_data[kHasBias].toBool();
  return has_bias && wanted(context, 2, gradients) ? kernels::channel_sums(gradients[0]) : at::Tensor();
}

variable_list Down::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weight = saved[1], &g = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {wanted(context, 0, gradients) ? Up::apply(g, weight, Bias(), geometry, size_of(x)) : at::Tensor(),
          wanted(context, 1, gradients)
              ? WeightGradient::apply(x, g, geometry, weight.sizes().vec(), is_channels_last(weight))
              : at::Tensor(),
          bias_gradient(context, gradients), at::Tensor()};
}

variable_list Up::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &y = saved[0], &weight = saved[1], &g = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {wanted(context, 0, gradients) ? Down::apply(g, weight, Bias(), geometry) : at::Tensor(),
          wanted(context, 1, gradients)
              ? WeightGradient::apply(g, y, geometry, weight.sizes().vec(), is_channels_last(weight))
              : at::Tensor(),
          bias_gradient(context, gradients), at::Tensor(), at::Tensor()};
}

variable_list WeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &y = saved[1], &weight = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {wanted(context, 0, gradients) ? Up::apply(y, weight, Bias(), geometry, size_of(x)) : at::Tensor(),
          wanted(context, 1, gradients) ? Down::apply(x, weight, Bias(), geometry) : at::Tensor(),
          at::Tensor(), at::Tensor(), at::Tensor()};
}

}  // namespace

bool usable(at::IntArrayRef image, at::IntArrayRef weight, const Geometry& geometry, at::ScalarType dtype) {
  if ((dtype != at::kFloat && dtype != at::kBFloat16) || !has_vectors(at::kFloat)) return false;
  // Products are of float32 numbers in either case.
  if (dtype == at::kBFloat16 && has_amx()) return false;
  const auto& [stride, padding] = geometry;
  constexpr int64_t kWhole = 16;
  if (image[0] < 1 || weight[0] < 1 || weight[1] < 1 || image[1] != weight[1] || weight[0] % kWhole != 0 ||
      weight[1] % kWhole != 0)
    return false;
  for (size_t i = 0; i < 2; ++i)
    if (stride[i] < 1 || padding[i] < 0 || weight[i + 2] < 1 || image[i + 2] < 1 ||
        image[i + 2] + 2 * padding[i] < weight[i + 2])
      return false;
  const Shape shape(image, weight, geometry);
  if (shape.patch() > kMostOfPatch) return false;
  if (shape.few()) return shape.outputs * shape.patch() >= kFewestWeights;
  // Where windows overlap most LibTorch's are quicker by the input; with AVX-512 nothing has been measured.
  return dtype == at::kFloat && !has_avx512(at::kFloat) && stride[0] > 1 && shape.rows * shape.columns > 1 &&
         shape.patch() <= kMostOfMany && shape.across() * shape.patch() <= kMostOfRow;
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, const Geometry& geometry) {
  return Down::apply(x, weight, bias, geometry);
}

at::Tensor conv_transpose2d(const at::Tensor& y, const at::Tensor& weight, const Bias& bias,
                            const Geometry& geometry, std::array<int64_t, 2> size) {
  return Up::apply(y, weight, bias, geometry, size);
}

}  // namespace gan::patches

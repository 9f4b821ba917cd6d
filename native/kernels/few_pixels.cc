#include "few_pixels.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "channel_sums.h"
#include "dense.h"
#include "gradients.h"
#include "lanes.h"
#include "products.h"

namespace gan::few_pixels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Bias = std::optional<at::Tensor>;

/// Pixels that are few, and weights that are many enough to be worth a way of their own.
constexpr int64_t kMostPixels = 256, kFewestWeights = 1 << 15;

/// Numbers of a patch, of which a thread holds 64 at a time.
constexpr int64_t kMostOfPatch = 1 << 16;

/// The large images x and the small ones y of a convolution: each pixel of y meets a patch of x.
struct Shape {
  int64_t batch, channels, height, width;
  int64_t outputs, rows, columns;
  Geometry geometry;

  Shape(at::IntArrayRef image, at::IntArrayRef weight, const Geometry& geometry)
      : batch(image[0]),
        channels(image[1]),
        height(image[2]),
        width(image[3]),
        outputs(weight[0]),
        rows(weight[2]),
        columns(weight[3]),
        geometry(geometry) {}

  int64_t down() const { return (height + 2 * geometry.padding[0] - rows) / geometry.stride[0] + 1; }
  int64_t across() const { return (width + 2 * geometry.padding[1] - columns) / geometry.stride[1] + 1; }
  int64_t pixels() const { return batch * down() * across(); }
  /// Numbers of a patch, tap by tap.
  int64_t patch() const { return rows * columns * channels; }
};

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

/// The patches that y's pixels meet, one a row, zeros outside of the image.
at::Tensor patches_of(const at::Tensor& x, const Shape& shape) {
  const at::Tensor images = as_float(x),
                   result = at::empty({shape.pixels(), shape.patch()},
                                      images.options().memory_format(at::MemoryFormat::Contiguous));
  const float* const from = numbers<const float>(images);
  float* const to = numbers<float>(result);
  const int64_t down = shape.down(), across = shape.across(), channels = shape.channels;
  at::parallel_for(0, shape.pixels(), at::divup(kLeast, shape.patch()), [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const int64_t image = pixel / (down * across),
                    top = pixel / across % down * shape.geometry.stride[0] - shape.geometry.padding[0],
                    left = pixel % across * shape.geometry.stride[1] - shape.geometry.padding[1];
      float* tap = to + pixel * shape.patch();
      for (int64_t row = top; row < top + shape.rows; ++row)
        for (int64_t column = left; column < left + shape.columns; ++column, tap += channels)
          if (row >= 0 && row < shape.height && column >= 0 && column < shape.width)
            std::copy_n(from + ((image * shape.height + row) * shape.width + column) * channels, channels,
                        tap);
          else
            std::fill_n(tap, channels, 0.0F);
    }
  });
  return result;
}

void add_to(float* to, const float* from, int64_t count) {
  lanes::by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
  });
}

/// The images of which each pixel is the sum of what the patches have for it, plus `bias` or nothing.
at::Tensor sum_of_patches(const at::Tensor& patches, const at::Tensor& bias, const Shape& shape) {
  at::Tensor result = at::empty({shape.batch, shape.channels, shape.height, shape.width}, patches.options(),
                                at::MemoryFormat::ChannelsLast);
  const float* const from = numbers<const float>(patches);
  const float* const shift = bias.defined() ? numbers<const float>(bias) : nullptr;
  float* const to = numbers<float>(result);
  const int64_t down = shape.down(), across = shape.across(), channels = shape.channels;
  const std::array<int64_t, 2>&stride = shape.geometry.stride, &padding = shape.geometry.padding;
  at::parallel_for(0, shape.batch * shape.height * shape.width,
                   at::divup(kLeast, shape.rows * shape.columns * channels), [&](int64_t begin, int64_t end) {
                     for (int64_t at = begin; at < end; ++at) {
                       const int64_t image = at / (shape.height * shape.width),
                                     row = at / shape.width % shape.height, column = at % shape.width;
                       float* const pixel = to + at * channels;
                       if (shift)
                         std::copy_n(shift, channels, pixel);
                       else
                         std::fill_n(pixel, channels, 0.0F);
                       for (int64_t i = (row + padding[0]) % stride[0]; i < shape.rows; i += stride[0]) {
                         const int64_t r = (row + padding[0] - i) / stride[0];
                         if (row + padding[0] < i || r >= down) continue;
                         for (int64_t j = (column + padding[1]) % stride[1]; j < shape.columns;
                              j += stride[1]) {
                           const int64_t c = (column + padding[1] - j) / stride[1];
                           if (column + padding[1] < j || c >= across) continue;
                           add_to(pixel,
                                  from + ((image * down + r) * across + c) * shape.patch() +
                                      (i * shape.columns + j) * channels,
                                  channels);
                         }
                       }
                     }
                   });
  return result;
}

// A convolution, its transpose and the gradient by the weight are each linear in both arguments, and each
// one's gradients are the other two: so derivatives of every order stay among the three.

struct FewDown;
struct FewUp;
struct FewWeightGradient;

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

struct FewDown : Function<FewDown> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry) {
    save(context, {x, weight}, geometry, bias.has_value());
    RECORD_FUNCTION("gan::conv_few_pixels", (std::vector<c10::IValue>{x, weight}));
    const Shape shape(x.sizes(), weight.sizes(), geometry);
    const at::Tensor y = dense::forward(patches_of(x, shape), matrix_of(weight), contiguous(bias), false);
    return formatted(images_of(y, shape.batch, shape.down(), shape.across()).to(x.scalar_type()),
                     is_channels_last(x) || is_channels_last(weight));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

struct FewUp : Function<FewUp> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& weight,
                            const Bias& bias, const Geometry& geometry, const std::array<int64_t, 2>& size) {
    save(context, {y, weight}, geometry, bias.has_value());
    RECORD_FUNCTION("gan::conv_few_pixels_up", (std::vector<c10::IValue>{y, weight}));
    const Shape shape(std::array<int64_t, 4>{y.size(0), weight.size(1), size[0], size[1]}, weight.sizes(),
                      geometry);
    const at::Tensor patches = dense::gradients(pixels_of(as_float(y)), {}, matrix_of(weight),
                                                {.x = true, .w = false, .bias = false})
                                   .x;
    return formatted(sum_of_patches(patches, contiguous(bias), shape).to(y.scalar_type()),
                     is_channels_last(y) || is_channels_last(weight));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

/// By the weight, of <y, conv2d(x, weight)>.
struct FewWeightGradient : Function<FewWeightGradient> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& y,
                            const Geometry& geometry, const std::vector<int64_t>& weight, bool last) {
    save(context, {x, y}, geometry, false);
    RECORD_FUNCTION("gan::conv_few_pixels_weight_gradient", (std::vector<c10::IValue>{x, y}));
    const Shape shape(x.sizes(), weight, geometry);
    const at::Tensor matrix = dense::gradients(pixels_of(as_float(y)), patches_of(x, shape), {},
                                               {.x = false, .w = true, .bias = false})
                                  .w;
    return formatted(images_of(matrix, shape.outputs, shape.rows, shape.columns), last);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients);
};

std::array<int64_t, 2> size_of(const at::Tensor& images) { return {images.size(2), images.size(3)}; }

at::Tensor bias_gradient(AutogradContext* context, const variable_list& gradients) {
  const bool has_bias = context->saved_data[kHasBias].toBool();
  return has_bias && wanted(context, 2, gradients) ? kernels::channel_sums(gradients[0]) : at::Tensor();
}

variable_list FewDown::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &weight = saved[1], &g = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {
      wanted(context, 0, gradients) ? FewUp::apply(g, weight, Bias(), geometry, size_of(x)) : at::Tensor(),
      wanted(context, 1, gradients)
          ? FewWeightGradient::apply(x, g, geometry, weight.sizes().vec(), is_channels_last(weight))
          : at::Tensor(),
      bias_gradient(context, gradients), at::Tensor()};
}

variable_list FewUp::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &y = saved[0], &weight = saved[1], &g = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {wanted(context, 0, gradients) ? FewDown::apply(g, weight, Bias(), geometry) : at::Tensor(),
          wanted(context, 1, gradients)
              ? FewWeightGradient::apply(g, y, geometry, weight.sizes().vec(), is_channels_last(weight))
              : at::Tensor(),
          bias_gradient(context, gradients), at::Tensor(), at::Tensor()};
}

variable_list FewWeightGradient::backward(AutogradContext* context, const variable_list& gradients) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor &x = saved[0], &y = saved[1], &weight = gradients[0];
  const Geometry geometry = saved_geometry(context);
  return {
      wanted(context, 0, gradients) ? FewUp::apply(y, weight, Bias(), geometry, size_of(x)) : at::Tensor(),
      wanted(context, 1, gradients) ? FewDown::apply(x, weight, Bias(), geometry) : at::Tensor(),
      at::Tensor(), at::Tensor(), at::Tensor()};
}

}  // namespace

bool usable(at::IntArrayRef image, at::IntArrayRef weight, const Geometry& geometry, at::ScalarType dtype) {
  if ((dtype != at::kFloat && dtype != at::kBFloat16) || !has_vectors(at::kFloat)) return false;
  // Products are of float32 numbers in either case.
  if (dtype == at::kBFloat16 && has_amx()) return false;
  const auto& [stride, padding] = geometry;
  constexpr int64_t kWhole = 16;
  if (image[0] < 1 || weight[0] % kWhole != 0 || weight[1] % kWhole != 0 || image[1] != weight[1])
    return false;
  for (size_t i = 0; i < 2; ++i)
    if (stride[i] < 1 || padding[i] < 0 || weight[i + 2] < 1 || image[i + 2] < 1 ||
        image[i + 2] + 2 * padding[i] < weight[i + 2])
      return false;
  const Shape shape(image, weight, geometry);
  return shape.pixels() <= kMostPixels && shape.patch() <= kMostOfPatch &&
         shape.outputs * shape.patch() >= kFewestWeights;
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const Bias& bias, const Geometry& geometry) {
  return FewDown::apply(x, weight, bias, geometry);
}

at::Tensor conv_transpose2d(const at::Tensor& y, const at::Tensor& weight, const Bias& bias,
                            const Geometry& geometry, std::array<int64_t, 2> size) {
  return FewUp::apply(y, weight, bias, geometry, size);
}

}  // namespace gan::few_pixels

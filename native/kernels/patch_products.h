// The three products of a convolution whose pixels are rows of a matrix: each pixel of its result y meets a
// patch of its images x. Few pixels are the batch of a dense layer, all their patches at once; of many pixels
// the patches are made a part at a time, which mostly stays in the second-level cache.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

namespace gan::patches {

/// Of a convolution without dilation or groups, for rows and for columns.
struct Geometry {
  std::array<int64_t, 2> stride, padding;
};

/// Pixels that are few, all images together.
constexpr int64_t kFewPixels = 256;

/// The large images x and the small ones y of a convolution.
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
  bool few() const { return pixels() <= kFewPixels; }
  /// Numbers of a patch, tap by tap.
  int64_t patch() const { return rows * columns * channels; }
};

/// y of x, float32 and channels_last, as a matrix [pixels, outputs]. The weight is one [outputs, patch]; the
/// bias may be undefined.
at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Shape& shape);

/// What y [pixels, outputs] is by x, plus a bias by channel or nothing: float32, channels_last.
at::Tensor by_input(const at::Tensor& y, const at::Tensor& weight, const at::Tensor& bias,
                    const Shape& shape);

/// By the weight [outputs, patch], of <y, the convolution of x>.
at::Tensor by_weight(const at::Tensor& x, const at::Tensor& y, const Shape& shape);

}  // namespace gan::patches

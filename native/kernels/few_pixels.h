// Convolutions to a few pixels of many channels, as the innermost layers of a U-Net or a PatchGAN have them
// on small batches: what takes time is to read the weights. LibTorch writes them and their gradients in
// another order, each time; here they are matrices where they lie, and the patches of the pixels a batch of a
// dense layer (dense.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>

namespace gan::few_pixels {

/// Of a convolution without dilation or groups, for rows and for columns.
struct Geometry {
  std::array<int64_t, 2> stride, padding;
};

/// Whether a convolution of `image` [batch, inputs, height, width] with `weight` [outputs, inputs, rows,
/// columns] gains by it, on this processor. A transposed one asks for the convolution that it transposes.
bool usable(at::IntArrayRef image, at::IntArrayRef weight, const Geometry& geometry, at::ScalarType dtype);

/// at::conv2d of float32 or bfloat16 images with weights of float32; sums are float32, and gradients by
/// weights not rounded. With derivatives of every order.
at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                  const Geometry& geometry);

/// at::conv_transpose2d, to images of `size`.
at::Tensor conv_transpose2d(const at::Tensor& y, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias, const Geometry& geometry,
                            std::array<int64_t, 2> size);

}  // namespace gan::few_pixels

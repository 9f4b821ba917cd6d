// Convolutions as products of their pixels' patches with a matrix of weights, of any kernel, stride and
// padding: those to a few pixels of many channels, as the innermost layers of a U-Net or a PatchGAN have them
// on small batches, where what takes time is to read the weights, which LibTorch writes in another order,
// each time; and without AVX-512 those to many pixels that have no kernel of their own.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "patch_products.h"

namespace gan::patches {

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

}  // namespace gan::patches

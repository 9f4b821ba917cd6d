// 3×3 convolutions of stride 1 on tensors, without their gradients: conv3x3.cc makes functions of them.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::conv3x3 {

/// How a convolution reads its arguments.
struct Geometry {
  /// Pixels of zeros around the image, 0 to 2.
  int64_t padding;
  /// Channels are split into so many groups that do not see each other.
  int64_t groups;
  /// Whether the weight is that of the transposed convolution, [inputs, outputs / groups, 3, 3], and turned
  /// by 180°; else it is [outputs, inputs / groups, 3, 3].
  bool turned;
};

/// The convolution of x [batch, inputs, h, w], in its dtype; `bias` may be undefined. channels_last where x
/// or the weight is.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    const Geometry& geometry);

/// The gradient of sum(y * convolve(x, weight)) by the weight, float32 and of such a format.
at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y, const Geometry& geometry,
                           at::MemoryFormat format);

}  // namespace gan::conv3x3

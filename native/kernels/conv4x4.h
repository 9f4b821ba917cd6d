// 4×4 convolutions of stride 2 and padding 1, the ones that DCGANs and image translators are made of.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::conv4x4 {

/// Whether these kernels take, on this processor, a convolution from `large` channels of size 2n to `small`
/// channels of size n, and its transpose: where they gain by it.
bool usable(int64_t batch, int64_t n, int64_t small, int64_t large, at::ScalarType dtype);

/// conv2d(x, weight, bias): x is [batch, large, 2n, 2n] in float32 or bfloat16, weight float32 [small, large,
/// 4, 4], bias float32 [small]; the result is [batch, small, n, n] in x's dtype, channels_last.
at::Tensor down(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

/// conv_transpose2d(y, weight, bias), the transpose of `down`; bias is [large].
at::Tensor up(const at::Tensor& y, const at::Tensor& weight, const at::Tensor& bias = {});

/// The gradient of sum(y * down(x, weight)) by the weight, float32 and channels_last.
at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& y);

}  // namespace gan::conv4x4

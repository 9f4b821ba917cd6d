// The three matrix products of a dense layer in bfloat16, with the weights as they are trained, in float32:
// they are rounded while they are laid out for the processor, a block at a time, instead of once as a whole
// and then again for each product. Sums are float32.
#pragma once

#include <ATen/core/Tensor.h>

#include "dense.h"

namespace gan::dense_bf16 {

/// Whether these kernels take a layer of `inputs` to `outputs` numbers for so many rows, on this processor:
/// where they gain by it.
bool usable(int64_t rows, int64_t inputs, int64_t outputs);

/// x wᵀ + bias, or the larger of that and 0: x [rows, inputs] of bfloat16, w [outputs, inputs] and bias
/// [outputs], or undefined, of float32; the result [rows, outputs] of bfloat16.
at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool rectifies);

/// dense::gradients with g, x and the gradient by x of bfloat16; the others are float32.
dense::Gradients gradients(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                           const dense::Wanted& wanted);

}  // namespace gan::dense_bf16

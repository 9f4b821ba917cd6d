// The three matrix products of a dense layer on batches of tens to hundreds of rows. LibTorch hands them to
// a library that first packs the weights, at such sizes a good part of the work; here nothing is packed but
// the batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::dense {

/// Whether these kernels take a layer of `inputs` to `outputs` numbers for so many rows, on this processor:
/// where they gain by it.
bool usable(int64_t rows, int64_t inputs, int64_t outputs);

/// x wᵀ + bias: x [rows, inputs], w [outputs, inputs], bias [outputs] or undefined; all float32, the result
/// [rows, outputs].
at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias);

/// g w, the gradient by x: g [rows, outputs].
at::Tensor input_gradient(const at::Tensor& g, const at::Tensor& w);

/// gᵀ x, the gradient by w.
at::Tensor weight_gradient(const at::Tensor& g, const at::Tensor& x);

}  // namespace gan::dense

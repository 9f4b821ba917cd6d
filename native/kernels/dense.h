// The three matrix products of a dense layer on batches of up to hundreds of rows. LibTorch hands them to
// a library that first packs the weights, at such sizes a good part of the work; here nothing is packed but
// the batch.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::dense {

/// Which gradients of a layer are asked for, and those; the others are undefined.
struct Wanted {
  bool x, w, bias;
};
struct Gradients {
  at::Tensor x, w, bias;
};

/// Whether these kernels take a layer of `inputs` to `outputs` numbers for so many rows, on this processor:
/// where they gain by it.
bool usable(int64_t rows, int64_t inputs, int64_t outputs);

/// x wᵀ + bias, or the larger of that and 0: x [rows, inputs], w [outputs, inputs], bias [outputs] or
/// undefined; all float32, the result [rows, outputs].
at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias, bool rectifies);

/// Of what forward makes without a ReLU, by g [rows, outputs], all on one way through the threads: g w, gᵀ x
/// and the sums of g. What nobody wants need not be given to it: w by x alone, x by w.
Gradients gradients(const at::Tensor& g, const at::Tensor& x, const at::Tensor& w, const Wanted& wanted);

/// g where the output of a ReLU, of the same shape, is not 0, and where it is no number; all float32.
at::Tensor masked(const at::Tensor& g, const at::Tensor& output);

}  // namespace gan::dense

// dropout with its own random numbers: LibTorch draws them one after the other, which takes a tenth of a
// small network's step.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// at::dropout. It draws one number from the default generator, and the mask from that.
at::Tensor dropout(const at::Tensor& input, double p, bool train);

}  // namespace gan::kernels

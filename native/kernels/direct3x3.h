// 3×3 convolutions of stride 1 of few channels in bfloat16, as they are written: where transforms cost more
// than the products that Winograd saves. Sums are float32.
#pragma once

#include "winograd3x3_conv.h"

namespace gan::direct3x3 {

using winograd3x3::Maps;
using winograd3x3::Weights;

/// Whether these kernels take a convolution of so many channels (of a group), on this processor.
bool usable(int64_t inputs, int64_t outputs);

/// As those of winograd3x3_conv.h.
void convolve(const Maps<const Bf16>& x, const float* weight, const Weights& layout, bool turned,
              int64_t padding, const float* bias, const Maps<Bf16>& y);
void weight_gradient(const Maps<const Bf16>& x, const Maps<const Bf16>& y, int64_t padding, float* weight,
                     const Weights& layout);

}  // namespace gan::direct3x3

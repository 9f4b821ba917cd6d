// Kernels of one pixel that leave pixels out. oneDNN's gradient by their weight writes outside of its room
// where images of fewer channels than its vectors have numbers are channels_last (oneDNN 3, AVX2): the pixels
// that count are taken before, or spread after, a convolution that leaves none out.
#pragma once

#include <ATen/core/Tensor.h>

namespace gan::kernels {

/// Whether images on the CPU and a kernel of one pixel are to be convolved with steps of more than one pixel.
/// Of what LibTorch refuses it says no.
bool leaves_pixels_out(const at::Tensor& input, const at::Tensor& weight, c10::SymIntArrayRef stride,
                       c10::SymIntArrayRef padding, c10::SymIntArrayRef dilation);

/// The pixels of [..., H, W] that a kernel of one pixel sees in such steps: [..., ⌈H / s⌉, ⌈W / s⌉], a view.
at::Tensor every(const at::Tensor& images, c10::SymIntArrayRef stride);

/// Where a transposed convolution of such steps puts the pixels of [..., H, W]: images of zeros between them,
/// of (H − 1) · s − 2 · padding + 1 + beyond rows, lying as the pixels do.
at::Tensor spread(const at::Tensor& pixels, c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                  c10::SymIntArrayRef beyond);

/// Whether `spread` gives the images that LibTorch would, and not its refusal.
bool can_spread(const at::Tensor& pixels, c10::SymIntArrayRef stride, c10::SymIntArrayRef padding,
                c10::SymIntArrayRef beyond, c10::SymIntArrayRef dilation);

}  // namespace gan::kernels

// Pixels as they are stored, to numbers that networks take.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan::kernels {

/// Bytes 0 … 255 as float32 -1 … 1, b / 127.5 − 1: all of them, or the rows of the first dimension that are
/// chosen, in one pass.
at::Tensor images_of_bytes(const at::Tensor& bytes, const std::optional<at::Tensor>& rows);

}  // namespace gan::kernels

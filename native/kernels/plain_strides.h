// Tensors as LibTorch's batch norm wants them: its gradients take strides and layouts for what they usually
// are.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace gan {

/// A vector without gaps, which are read over otherwise.
inline std::optional<at::Tensor> without_gaps(const std::optional<at::Tensor>& vector) {
  return vector && vector->defined() ? std::optional<at::Tensor>(vector->contiguous()) : vector;
}

/// One image of a channels_last batch counts as channels_last by one rule of LibTorch's and not by another,
/// as its stride from image to image says nothing: a copy has the usual one.
inline at::Tensor with_plain_strides(const at::Tensor& images) {
  const auto ambiguous = [&](int64_t dimensions, at::MemoryFormat format) {
    return images.dim() == dimensions && images.is_contiguous(format) && !images.is_contiguous() &&
           images.suggest_memory_format() != format;
  };
  for (const auto format : {at::MemoryFormat::ChannelsLast, at::MemoryFormat::ChannelsLast3d})
    if (ambiguous(format == at::MemoryFormat::ChannelsLast ? 4 : 5, format)) return images.clone(format);
  return images;
}

}  // namespace gan

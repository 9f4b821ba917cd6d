// Sums over the processes of a group, with gradients.
#pragma once

#include "addon.h"

namespace gan {

/// A group of processes, or a way to one.
struct Summing : Resource {
  /// Replaces what a contiguous float32 or float64 tensor holds by its sum over all processes.
  virtual void sum(const at::Tensor& row) = 0;
};

void define_sum(const Context& context, Napi::Object exports);

}  // namespace gan

// Sums over the processes of a group, with gradients.
#pragma once

#include <ATen/core/ivalue.h>

#include "addon.h"

namespace gan {

/// A group of processes, or a way to one.
struct Summing : Resource {
  /// Replaces what a contiguous float32 or float64 tensor holds by its sum over all processes.
  virtual void sum(const at::Tensor& row) = 0;
};

/// What autograd keeps of a group.
struct Held : torch::CustomClassHolder {
  explicit Held(std::shared_ptr<Resource> resource);

  c10::IValue capsule();
  static c10::intrusive_ptr<Held> of(const c10::IValue& capsule);

  const std::shared_ptr<Resource> resource;
  Summing& group;
};

/// Throws where a handle is no group's.
c10::intrusive_ptr<Held> held(const Context& context, Handle group);

/// The sum over all processes, with gradients of every order, which are sums over all as well: each must come
/// to it, and to their backward passes, in one order.
at::Tensor sum_of_all(const at::Tensor& tensor, const c10::intrusive_ptr<Held>& held);

void define_sum(const Context& context, Napi::Object exports);
void define_group_batch_norm(const Context& context, Napi::Object exports);

}  // namespace gan

// Reductions over the processes of a group, and sums with gradients.
#pragma once

#include <ATen/core/ivalue.h>

#include "addon.h"
#include "host_reductions.h"

namespace gan {

/// A group of processes, or a way to one. Each replaces what dense tensors hold by what becomes of it over
/// all processes, value by value as they lie in memory.
struct Reducing : Resource {
  /// Of one dtype: float32, float64 or int64. All have met.
  virtual void reduce(at::TensorList tensors, Reduction operation) = 0;
  /// Of float32 or float64. All meet here.
  virtual void sum(const at::Tensor& row) = 0;
  /// Whether many tensors of the CPU are reduced as fast as one of their length.
  virtual bool takes_pieces() const { return false; }
};

/// What autograd keeps of a group.
struct Held : torch::CustomClassHolder {
  explicit Held(std::shared_ptr<Resource> resource);

  c10::IValue capsule();
  static c10::intrusive_ptr<Held> of(const c10::IValue& capsule);

  const std::shared_ptr<Resource> resource;
  Reducing& group;
};

/// Throws where a handle is no group's.
c10::intrusive_ptr<Held> held(const Context& context, Handle group);

/// The sum over all processes, with gradients of every order, which are sums over all as well: each must come
/// to it, and to their backward passes, in one order.
at::Tensor sum_of_all(const at::Tensor& tensor, const c10::intrusive_ptr<Held>& held);

void define_reducing(const Context& context, Napi::Object exports);
void define_group_batch_norm(const Context& context, Napi::Object exports);

}  // namespace gan

// What one JavaScript environment (the main thread, or a worker) owns. Nothing here is static: every
// environment that loads the addon gets its own tables, and drops its own tensors when it ends.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <napi.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace at {
struct RecordFunction;
}

namespace gan {

/// A mistake in a call, found before LibTorch sees it.
class ArgumentError : public std::runtime_error {
 public:
  ArgumentError(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* const code;
};

/// Values behind integers. A handle is 24 bits of slot and 7 bits of the slot's generation, so it fits V8's
/// small integers, 0 is never one, and a stale handle is found out instead of reaching the tensor that took
/// its slot. Free slots queue, a thousand at least, so that a slot's generation comes round only after a
/// hundred thousand values.
template <class T>
class HandleTable {
 public:
  HandleTable() : slots_(1) {}

  int32_t add(T value) {
    require_room(1);
    const uint32_t index = take_slot();
    Slot& slot = slots_[index];
    slot.value = std::move(value);
    slot.used = true;
    ++live_;
    return static_cast<int32_t>(slot.generation << kIndexBits | index);
  }

  /// Throws where `count` more values do not fit: asked before the first of several is added, so that none is
  /// lost.
  void require_room(size_t count) const {
    if (count > kIndexMask - live_)
      throw ArgumentError("ERR_TOO_MANY_TENSORS", "expected fewer than 16,777,216 live handles");
  }

  /// The value, or null for a handle that is not live.
  T* find(int32_t handle) {
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    if (handle <= 0 || index >= slots_.size()) return nullptr;
    Slot& slot = slots_[index];
    return slot.used && slot.generation == static_cast<uint32_t>(handle) >> kIndexBits ? &slot.value
                                                                                       : nullptr;
  }

  bool remove(int32_t handle) {
    T* value = find(handle);
    if (!value) return false;
    Slot& slot = slots_[static_cast<uint32_t>(handle) & kIndexMask];
    slot.value = T();
    slot.used = false;
    slot.generation = (slot.generation + 1) & kGenerationMask;
    queue_slot(static_cast<uint32_t>(handle) & kIndexMask);
    --live_;
    return true;
  }

  size_t live() const { return live_; }

  template <class F>
  void each(F&& visit) const {
    for (const Slot& slot : slots_)
      if (slot.used) visit(slot.value);
  }

 private:
  static constexpr uint32_t kIndexBits = 24;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kGenerationMask = 127;
  static constexpr size_t kQueued = 1024;

  struct Slot {
    T value;
    uint32_t generation = 0;
    /// The free slot behind this one in the queue.
    uint32_t next = 0;
    bool used = false;
  };

  uint32_t take_slot() {
    if (queued_ <= kQueued && slots_.size() <= kIndexMask) {
      slots_.emplace_back();
      return static_cast<uint32_t>(slots_.size() - 1);
    }
    const uint32_t index = first_;
    first_ = slots_[index].next;
    --queued_;
    return index;
  }

  void queue_slot(uint32_t index) {
    (queued_ == 0 ? first_ : slots_[last_].next) = index;
    last_ = index;
    ++queued_;
  }

  // A deque keeps addresses: an argument already read stays valid while a later one is read.
  std::deque<Slot> slots_;
  uint32_t first_ = 0;
  uint32_t last_ = 0;
  size_t queued_ = 0;
  size_t live_ = 0;
};

/// What LibTorch makes beside tensors; the sources that have it make such things know their kinds.
struct Resource {
  virtual ~Resource() = default;
};

struct Environment {
  HandleTable<at::Tensor> tensors;
  HandleTable<at::Generator> generators;
  /// Ends the profile in work when it goes; null without one. Declared before the spans, so that they go
  /// first.
  std::shared_ptr<void> profile;
  HandleTable<std::shared_ptr<at::RecordFunction>> spans;
  /// Of CUDA: capture streams with their pools, captured graphs. Groups of processes.
  HandleTable<std::shared_ptr<Resource>> resources;
  HandleTable<std::shared_ptr<Resource>> scripts;
  /// The TypeScript class that errors are made with, so that they belong to the caller's realm.
  Napi::FunctionReference error_class;
};

}  // namespace gan

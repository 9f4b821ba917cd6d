// Where LibTorch's tensors live. glibc takes 100 ns for an aligned block and its release, a fifth of a small
// operator; a list of free blocks for each thread takes 5.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "addon.h"
#include "big_blocks.h"

namespace gan {
namespace {

/// A cache line, and LibTorch's own alignment.
constexpr size_t kUnit = 64;
/// Blocks of 1 to so many units are kept.
constexpr size_t kKinds = 16;
/// So many of each are: 2 MiB a thread at most.
constexpr size_t kMost = 256;

/// A thread's free blocks, a stack for each size. Every block is one of malloc's, so that any thread may free
/// it.
class FreeBlocks {
 public:
  ~FreeBlocks() {
    for (Stack& stack : stacks_)
      while (stack.size > 0) std::free(stack.blocks[--stack.size]);
  }

  void* take(size_t kind) {
    Stack& stack = stacks_[kind];
    return stack.size > 0 ? stack.blocks[--stack.size] : nullptr;
  }

  bool put(size_t kind, void* block) {
    Stack& stack = stacks_[kind];
    if (stack.size == kMost) return false;
    stack.blocks[stack.size++] = block;
    return true;
  }

 private:
  struct Stack {
    size_t size = 0;
    std::array<void*, kMost> blocks;
  };
  std::array<Stack, kKinds> stacks_;
};

/// The thread's free blocks; null before the first use and once the thread is ending.
thread_local FreeBlocks* free_blocks = nullptr;

struct Owner {
  FreeBlocks blocks;
  Owner() { free_blocks = &blocks; }
  ~Owner() { free_blocks = nullptr; }
};

void open_free_blocks() { static thread_local Owner owner; }

template <size_t Kind>
void give_back(void* block) {
  if (!free_blocks || !free_blocks->put(Kind, block)) std::free(block);
}

template <size_t... Kind>
constexpr std::array<c10::DeleterFnPtr, kKinds> deleters(std::index_sequence<Kind...>) {
  return {&give_back<Kind>...};
}
/// How a block is given back tells its size: nothing is written beside it.
constexpr auto kDeleters = deleters(std::make_index_sequence<kKinds>());

/// What LibTorch's own allocator gives is given back by this.
c10::DeleterFnPtr others_deleter = nullptr;

/// Without a block's size: a small one is malloc's too.
void give_back_any(void* block) {
#ifdef __linux__
  if (BigBlocks::of_process().owns(block)) return BigBlocks::give_back(block);
#endif
  others_deleter(block);
}

class KeepingAllocator final : public c10::Allocator {
 public:
  KeepingAllocator(c10::Allocator& other, bool keeps_big) : other_(other), keeps_big_(keeps_big) {
    others_deleter = other.raw_deleter();
  }

  c10::DataPtr allocate(size_t size) override {
    // The profiler counts what the other one gives.
    if (size == 0 || c10::memoryProfilingEnabled()) return other_.allocate(size);
    return size <= kKinds * kUnit ? small(size) : big(size);
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back_any; }
  void copy_data(void* to, const void* from, size_t size) const override {
    default_copy_data(to, from, size);
  }

 private:
  c10::DataPtr small(size_t size) {
    const size_t kind = (size - 1) / kUnit;
    void* block = free_blocks ? free_blocks->take(kind) : nullptr;
    if (!block) block = fresh(kind);
    return block ? c10::DataPtr(block, block, kDeleters[kind], at::kCPU) : other_.allocate(size);
  }

  c10::DataPtr big(size_t size) {
#ifdef __linux__
    if (keeps_big_ && size >= BigBlocks::kLeast)
      if (void* const block = BigBlocks::of_process().take(size))
        return {block, block, &BigBlocks::give_back, at::kCPU};
#endif
    return other_.allocate(size);
  }

  static void* fresh(size_t kind) {
    open_free_blocks();
    void* block = nullptr;
    return posix_memalign(&block, kUnit, (kind + 1) * kUnit) == 0 ? block : nullptr;
  }

  c10::Allocator& other_;
  const bool keeps_big_;
};

}  // namespace

void install_allocator(bool keeps_big) {
  static std::once_flag once;
  std::call_once(once, [&] {
    c10::SetCPUAllocator(new KeepingAllocator(*c10::GetCPUAllocator(), keeps_big), /*priority=*/1);
  });
}

bool allocator_installed() { return dynamic_cast<KeepingAllocator*>(c10::GetCPUAllocator()) != nullptr; }

}  // namespace gan

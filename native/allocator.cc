// Where LibTorch's tensors live. glibc takes 100 ns for an aligned block and its release, a fifth of a small
// operator; a list of free blocks for each thread takes 5. And an aligned block that was freed glibc rarely
// gives again for the same size, since it looks for one with room to align in: big blocks came from the
// kernel each time, which clears every page of them.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <list>
#include <map>
#include <mutex>
#include <utility>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "addon.h"

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

#ifdef __GLIBC__
/// Big blocks that were freed, of all threads, for who asks for as much or little less. They and those in use
/// take at most what was in use at once, and a little: where a training's tensors change their sizes, what is
/// kept makes room.
class BigBlocks {
 public:
  static constexpr size_t kLeast = size_t{1} << 16;

  /// Never destroyed: blocks come back until the process ends.
  static BigBlocks& of_process() {
    static BigBlocks* const blocks = new BigBlocks;
    return *blocks;
  }

  void* take(size_t size) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = by_size_.lower_bound(size);
      if (found != by_size_.end() && found->first <= size + size / kMostWaste) return reuse(found);
      make_room(size);
    }
    void* const block = fresh(size);
    const std::lock_guard<std::mutex> lock(mutex_);
    used_ += malloc_usable_size(block);
    most_used_ = std::max(most_used_, used_);
    return block;
  }

  static void give_back(void* block) { of_process().keep(block, malloc_usable_size(block)); }

 private:
  struct Block;
  using BySize = std::multimap<size_t, Block>;
  /// The oldest first.
  using ByAge = std::list<BySize::iterator>;
  struct Block {
    void* memory;
    ByAge::iterator age;
  };

  /// One that is larger by no more than this part of what is asked for will do.
  static constexpr size_t kMostWaste = 8;
  static constexpr size_t kSpare = size_t{64} << 20;

  void* reuse(BySize::iterator found) {
    used_ += found->first;
    most_used_ = std::max(most_used_, used_);
    return remove(found);
  }

  void keep(void* block, size_t size) {
    const std::lock_guard<std::mutex> lock(mutex_);
    used_ -= size;
    kept_ += size;
    const auto at = by_size_.emplace(size, Block{block, {}});
    at->second.age = by_age_.insert(by_age_.end(), at);
  }

  void* remove(BySize::iterator at) {
    void* const memory = at->second.memory;
    kept_ -= at->first;
    by_age_.erase(at->second.age);
    by_size_.erase(at);
    return memory;
  }

  void make_room(size_t size) {
    while (!by_age_.empty() && used_ + kept_ + size > most_used_ + kSpare) std::free(remove(by_age_.front()));
  }

  void* fresh(size_t size) {
    try {
      return c10::alloc_cpu(size);
    } catch (const std::exception&) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (by_age_.empty()) throw;
      while (!by_age_.empty()) std::free(remove(by_age_.front()));
    }
    return c10::alloc_cpu(size);
  }

  std::mutex mutex_;
  BySize by_size_;
  ByAge by_age_;
  /// Bytes.
  size_t used_ = 0;
  size_t kept_ = 0;
  size_t most_used_ = 0;
};
#endif

class KeepingAllocator final : public c10::Allocator {
 public:
  KeepingAllocator(c10::Allocator& other, bool keeps_big) : other_(other), keeps_big_(keeps_big) {}

  c10::DataPtr allocate(size_t size) override {
    // The profiler counts what the other one gives.
    if (size == 0 || c10::memoryProfilingEnabled()) return other_.allocate(size);
    return size <= kKinds * kUnit ? small(size) : big(size);
  }

  c10::DeleterFnPtr raw_deleter() const override { return other_.raw_deleter(); }
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
#ifdef __GLIBC__
    if (keeps_big_ && size >= BigBlocks::kLeast) {
      void* const block = BigBlocks::of_process().take(size);
      return {block, block, &BigBlocks::give_back, at::kCPU};
    }
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

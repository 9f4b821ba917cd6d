// Work in pieces, which threads take in turn: one that sleeps when the others begin takes fewer of them,
// where a part for each would let all wait for it.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace gan {

/// How many threads work of so many multiplications is worth.
inline int64_t threads_worth(int64_t multiplications) {
  constexpr int64_t kWork = 1 << 20;
  return std::clamp<int64_t>(multiplications / kWork, 1, std::max(at::get_num_threads(), 1));
}

/// Calls `work` with each index below `count` and what `begin` makes for the thread, on so many threads. The
/// first takes them from the front, the second from the back, and so on: neighbours stay on one thread.
template <class Begin, class Work>
void in_turn(int64_t count, int64_t threads, Begin begin, Work work) {
  std::atomic<int64_t> taken{0}, front{0}, back{count};
  at::parallel_for(0, std::min(threads, count), 1, [&](int64_t thread, int64_t) {
    auto held = begin();
    while (taken.fetch_add(1) < count)
      work(thread % 2 == 0 ? front.fetch_add(1) : back.fetch_sub(1) - 1, held);
  });
}

}  // namespace gan

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

/// Calls `work` on `threads` threads with each index below `count` and the room that `make_room` gives each
/// thread. Every other thread takes indices from the back, so that neighbours mostly stay on one thread.
template <class MakeRoom, class Work>
void in_turn(int64_t count, int64_t threads, MakeRoom make_room, Work work) {
  std::atomic<int64_t> taken{0}, front{0}, back{count};
  at::parallel_for(0, std::min(threads, count), 1, [&](int64_t thread, int64_t) {
    auto room = make_room();
    while (taken.fetch_add(1) < count)
      work(thread % 2 == 0 ? front.fetch_add(1) : back.fetch_sub(1) - 1, room);
  });
}

/// The same for work that needs no room.
template <class Work>
void in_turn(int64_t count, int64_t threads, Work work) {
  in_turn(
      count, threads, [] { return 0; }, [&](int64_t index, int) { work(index); });
}

}  // namespace gan

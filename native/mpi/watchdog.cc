#include "watchdog.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

namespace gan::mpi {

Watchdog::Watchdog(double seconds, std::string reason)
    : thread_([this, seconds, reason = std::move(reason)] {
        std::unique_lock lock(mutex_);
        if (over_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return done_; })) return;
        std::fprintf(stderr, "error: %s within %.0f s\n", reason.c_str(), seconds);
        _exit(1);
      }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  over_.notify_all();
  thread_.join();
}

}  // namespace gan::mpi

// An end for calls that have none of their own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace gan::mpi {

/// Ends the process, saying why, where it lives for more than `seconds`.
class Watchdog {
 public:
  Watchdog(double seconds, std::string reason);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace gan::mpi

// All processes that one mpirun started, seen from one of them. No wait is without an end.
#pragma once

#include <mpi.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../host_reductions.h"
#include "beats.h"

namespace gan::mpi {

using Type = HostType;
using Operation = Reduction;
using Pieces = std::span<const HostPiece>;

class SharedMemory;

class World {
 public:
  /// Starts MPI; only once a process. The others are waited for `patience` seconds in each call.
  explicit World(double patience);
  ~World();

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Tells what this process does from now on, and for how long others should wait for it meanwhile.
  void enter(const std::string& activity, double patience);
  /// Waits until all have come to the same call, and tells the number that each brings to it.
  std::vector<uint64_t> meet(const std::string& call, uint64_t brings);

  // The rest follows a meeting.
  void all_reduce(Pieces pieces, Type type, Operation operation);
  void broadcast(void* data, size_t bytes, int root);
  std::string gather(std::string mine, const std::vector<uint64_t>& lengths);

  /// Whether many pieces are reduced as fast as one of their length.
  bool takes_pieces() const { return shared_ != nullptr; }
  /// Seconds of waiting since the last time it was asked.
  double take_waited();
  /// Tells the others that this process ends, without waiting for them.
  void leave(int code);
  /// Ends MPI, after a meeting.
  void close();
  /// A call has failed: no other is taken.
  void fail() { failed_ = true; }

 private:
  void all_reduce(const HostPiece& piece, Type type, Operation operation);
  void finish(MPI_Request request);
  void wait(const std::function<bool()>& done, bool gathering);
  void require_alive() const;
  void require_same(int from, const Beat& arrival) const;
  [[noreturn]] void throw_late(double patience) const;
  double patience_for_missing() const;
  bool is_missing(int from) const;
  bool is_stopped_for_long(double waited);

  double patience_;
  int rank_ = 0;
  int size_ = 1;
  MPI_Comm data_ = MPI_COMM_NULL;
  std::unique_ptr<Beats> beats_;
  /// Null where not all are on one machine.
  std::unique_ptr<SharedMemory> shared_;
  uint64_t calls_ = 0;
  /// The call in work.
  Beat call_;
  bool gathering_ = false;
  /// When in the wait in work each other process was first seen stopped, in seconds; -1 for one that is not.
  std::vector<double> stopped_;
  bool closed_ = false;
  bool failed_ = false;
  double waited_ = 0;
};

}  // namespace gan::mpi

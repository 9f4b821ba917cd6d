// Reductions among processes of one machine, through memory that all of them see.
#pragma once

#include <mpi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "world.h"

namespace gan::mpi {

class SharedMemory {
 public:
  using Wait = std::function<void(const std::function<bool()>& done)>;

  /// For all processes of `all`, or null where they are on several machines or have no memory to share. All
  /// call it.
  static std::unique_ptr<SharedMemory> among(MPI_Comm all);

  /// As MPI_Allreduce of all pieces as one row, in the order of the ranks. It lasts as long as the others let
  /// it: `wait` waits.
  void all_reduce(Pieces pieces, Type type, Operation operation, const Wait& wait);

  /// All call it, before MPI ends.
  void free();

 private:
  /// How far one process is, in parts of all reductions so far. Each has a cache line of its own.
  struct alignas(64) Place {
    std::atomic<uint64_t> given{0};
    std::atomic<uint64_t> reduced{0};
  };

  SharedMemory(MPI_Win window, char* memory, int rank, int size);

  char* part_of(int rank) const;
  void reduce_share(size_t count, Type type, Operation operation) const;
  void wait_for(std::atomic<uint64_t> Place::*far, const Wait& wait) const;

  MPI_Win window_;
  int rank_;
  int size_;
  Place* places_;
  /// A part of each process, and then what becomes of them.
  char* parts_;
  uint64_t turn_ = 0;
};

}  // namespace gan::mpi

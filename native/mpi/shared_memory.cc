#include "shared_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "operations.h"

namespace gan::mpi {
namespace {

/// Bytes of a part: with one of each process it stays in a cache between being written and being read.
constexpr size_t kPart = size_t{1} << 19;

/// Whether all processes of `all` are on one machine.
bool is_one_machine(MPI_Comm all) {
  MPI_Comm here;
  check(MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here), "MPI_Comm_split_type");
  int size = 0;
  int size_here = 0;
  MPI_Comm_size(all, &size);
  MPI_Comm_size(here, &size_here);
  MPI_Comm_free(&here);
  return size_here == size;
}

/// Whether it is true in all.
bool all_agree(bool mine, MPI_Comm all) {
  int agreed = mine ? 1 : 0;
  check(MPI_Allreduce(MPI_IN_PLACE, &agreed, 1, MPI_INT, MPI_MIN, all), "MPI_Allreduce");
  return agreed == 1;
}

/// A place in a row that stands in several pieces.
struct Cursor {
  const HostPiece* piece;
  size_t offset;
  size_t width;

  /// Goes on by `bytes`, and calls `each` for what stands together: its address and its bytes.
  template <class Each>
  void pass(size_t bytes, Each each) {
    while (bytes > 0) {
      const size_t here = std::min(bytes, piece->count * width - offset);
      each(static_cast<char*>(piece->data) + offset, here);
      bytes -= here;
      offset += here;
      if (offset < piece->count * width) continue;
      ++piece;
      offset = 0;
    }
  }
};

}  // namespace

std::unique_ptr<SharedMemory> SharedMemory::among(MPI_Comm all) {
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(all, &rank);
  MPI_Comm_size(all, &size);
  if (size == 1 || !all_agree(is_one_machine(all), all)) return nullptr;

  const size_t bytes = size * sizeof(Place) + (size + 1) * kPart;
  char* memory = nullptr;
  MPI_Win window = MPI_WIN_NULL;
  const int status = MPI_Win_allocate_shared(rank == 0 ? static_cast<MPI_Aint>(bytes) : 0, 1, MPI_INFO_NULL,
                                             all, &memory, &window);
  if (!all_agree(status == MPI_SUCCESS, all)) return nullptr;
  MPI_Aint length = 0;
  int unit = 0;
  check(MPI_Win_shared_query(window, 0, &length, &unit, &memory), "MPI_Win_shared_query");

  std::unique_ptr<SharedMemory> shared(new SharedMemory(window, memory, rank, size));
  // Nobody counts before all counters are there.
  check(MPI_Barrier(all), "MPI_Barrier");
  return shared;
}

SharedMemory::SharedMemory(MPI_Win window, char* memory, int rank, int size)
    : window_(window),
      rank_(rank),
      size_(size),
      places_(reinterpret_cast<Place*>(memory)),
      parts_(memory + size * sizeof(Place)) {
  new (places_ + rank) Place;
}

void SharedMemory::free() { MPI_Win_free(&window_); }

char* SharedMemory::part_of(int rank) const { return parts_ + rank * kPart; }

void SharedMemory::all_reduce(Pieces pieces, Type type, Operation operation, const Wait& wait) {
  size_t count = 0;
  for (const HostPiece& piece : pieces) count += piece.count;
  Cursor given{pieces.data(), 0, width(type)};
  Cursor taken = given;
  const size_t most = kPart / width(type);
  for (size_t at = 0; at < count; at += most) {
    const size_t part = std::min(most, count - at);
    const size_t bytes = part * width(type);
    ++turn_;
    // The others have read this process's part before: each says so by its share of the turn before.
    given.pass(bytes, [to = part_of(rank_)](const char* from, size_t length) mutable {
      std::memcpy(to, from, length);
      to += length;
    });
    places_[rank_].given.store(turn_, std::memory_order_release);
    // Who gives its next part has read what became of the last.
    wait_for(&Place::given, wait);
    reduce_share(part, type, operation);
    places_[rank_].reduced.store(turn_, std::memory_order_release);
    wait_for(&Place::reduced, wait);
    taken.pass(bytes, [from = part_of(size_)](char* to, size_t length) mutable {
      std::memcpy(to, from, length);
      from += length;
    });
  }
}

/// Each process reduces its share of all parts.
void SharedMemory::reduce_share(size_t count, Type type, Operation operation) const {
  const size_t begin = count * rank_ / size_;
  const size_t end = count * (rank_ + 1) / size_;
  char* const result = part_of(size_) + begin * width(type);
  std::memcpy(result, part_of(0) + begin * width(type), (end - begin) * width(type));
  for (int rank = 1; rank < size_; ++rank)
    check(MPI_Reduce_local(part_of(rank) + begin * width(type), result, static_cast<int>(end - begin),
                           mpi_type(type), operation_of(type, operation)),
          "MPI_Reduce_local");
  finish(result, end - begin, type, operation, size_);
}

void SharedMemory::wait_for(std::atomic<uint64_t> Place::*far, const Wait& wait) const {
  wait([&] {
    for (int rank = 0; rank < size_; ++rank)
      if ((places_[rank].*far).load(std::memory_order_acquire) < turn_) return false;
    return true;
  });
}

}  // namespace gan::mpi

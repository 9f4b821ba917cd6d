#include "heap.h"

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace gan::mpi {

/// Asks for the addresses, as moving the end itself would get in the way of other threads that allocate.
bool heap_can_grow() {
  const uintptr_t page = sysconf(_SC_PAGESIZE);
  const uintptr_t end = (reinterpret_cast<uintptr_t>(sbrk(0)) + page - 1) / page * page;
  void* const wanted = reinterpret_cast<void*>(end);
  // The kernel leaves a page free between the heap and what comes after it.
  const size_t size = 2 * page;
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  void* const got = mmap(wanted, size, PROT_NONE, kFlags, -1, 0);
  if (got == MAP_FAILED) return false;
  munmap(got, size);
  // Kernels that know no MAP_FIXED_NOREPLACE give other addresses.
  return got == wanted;
}

}  // namespace gan::mpi
#else
namespace gan::mpi {

bool heap_can_grow() { return true; }

}  // namespace gan::mpi
#endif

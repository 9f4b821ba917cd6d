// Loaded before a process begins: its heap cannot grow, as where V8's code lies right behind it.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

__attribute__((constructor)) static void fill_heap() {
  // The first block makes the heap.
  static void* volatile first = std::malloc(1);
  std::free(first);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(sbrk(0), sysconf(_SC_PAGESIZE), PROT_NONE, kFlags, -1, 0) == MAP_FAILED) std::abort();
}

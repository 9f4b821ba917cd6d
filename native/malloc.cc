// How glibc keeps the memory that LibTorch frees. By its own rules it hands big blocks back to the kernel at
// every free, or each time the top of the heap is long enough, and the kernel clears every page that comes
// again.
#include <cstdlib>
#include <string>

#include "addon.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace gan {

#ifdef __GLIBC__
namespace {

/// A setting of glibc's, unless the user made it: by a variable of its own or in GLIBC_TUNABLES.
void set(int parameter, int value, const char* variable, const char* tunable) {
  const char* tunables = std::getenv("GLIBC_TUNABLES");
  if (std::getenv(variable) || (tunables && std::string(tunables).find(tunable) != std::string::npos)) return;
  mallopt(parameter, value);
}

}  // namespace

void keep_freed_memory() {
  // The most that glibc takes: bigger blocks still come from the kernel one by one, and go back.
  set(M_MMAP_THRESHOLD, 32 << 20, "MALLOC_MMAP_THRESHOLD_", "glibc.malloc.mmap_threshold");
  set(M_TRIM_THRESHOLD, 1 << 30, "MALLOC_TRIM_THRESHOLD_", "glibc.malloc.trim_threshold");
  set(M_TOP_PAD, 64 << 20, "MALLOC_TOP_PAD_", "glibc.malloc.top_pad");
}
#else
void keep_freed_memory() {}
#endif

}  // namespace gan

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

/// A setting of glibc's, and how a user makes it: by a variable of its own, or in GLIBC_TUNABLES.
struct Setting {
  int parameter;
  int value;
  const char* variable;
  const char* tunable;

  bool is_made() const {
    const char* tunables = std::getenv("GLIBC_TUNABLES");
    return std::getenv(variable) || (tunables && std::string(tunables).find(tunable) != std::string::npos);
  }
};

constexpr Setting kSettings[] = {
    // The most that glibc takes: bigger blocks still come from the kernel one by one, and go back.
    {M_MMAP_THRESHOLD, 32 << 20, "MALLOC_MMAP_THRESHOLD_", "glibc.malloc.mmap_threshold"},
    {M_TRIM_THRESHOLD, 1 << 30, "MALLOC_TRIM_THRESHOLD_", "glibc.malloc.trim_threshold"},
    {M_TOP_PAD, 64 << 20, "MALLOC_TOP_PAD_", "glibc.malloc.top_pad"},
};

}  // namespace

bool keep_freed_memory() {
  bool any_made = false;
  for (const Setting& setting : kSettings) {
    any_made |= setting.is_made();
    if (!setting.is_made()) mallopt(setting.parameter, setting.value);
  }
  return !any_made;
}
#else
bool keep_freed_memory() { return false; }
#endif

}  // namespace gan

// What the addon for MPI hands to this one, as an external value: sums in memory of the host. Both include
// it.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace gan {

struct HostSum {
  /// Puts the sum over all processes of `in` into `out`: float64 where `wide`, else float32. What went wrong,
  /// or null; then MPI may still write to `out`.
  const char* (*sum)(const void* in, void* out, size_t count, bool wide);
};

inline constexpr napi_type_tag kHostSumTag{0x6c69626f72636867, 0x616e2e686f737473};

}  // namespace gan

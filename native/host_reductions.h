// What the addon for MPI hands to this one, as an external value: reductions of memory of the host. Both
// include it.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace gan {

enum class HostType { kFloat32, kFloat64, kInt64 };
enum class Reduction { kSum, kMax, kMin };

/// Each replaces `count` values by those reduced over all processes, and gives what went wrong, or null; then
/// MPI may still write to them.
struct HostReductions {
  /// Follows a meeting.
  const char* (*reduce)(void* data, size_t count, HostType type, Reduction operation);
  /// Meets itself.
  const char* (*sum)(void* data, size_t count, HostType type);
};

inline constexpr napi_type_tag kHostReductionsTag{0x6c69626f72636867, 0x616e2e7265647563};

}  // namespace gan

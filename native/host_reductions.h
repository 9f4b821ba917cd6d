// What the addon for MPI hands to this one, as an external value: reductions of memory of the host. Both
// include it.
#pragma once

#include <node_api.h>

#include <cstddef>

namespace gan {

enum class HostType { kFloat32, kFloat64, kInt64 };
/// A mean is of floating types.
enum class Reduction { kSum, kMean, kMax, kMin };

/// Values that stand one after another.
struct HostPiece {
  void* data;
  size_t count;
};

/// Each replaces values by those reduced over all processes, and gives what went wrong, or null; then MPI may
/// still write to them.
struct HostReductions {
  /// Follows a meeting. The pieces are as long in all processes, and none overlaps another.
  const char* (*reduce)(const HostPiece* pieces, size_t count, HostType type, Reduction operation);
  /// Meets itself.
  const char* (*sum)(const HostPiece& piece, HostType type);
  /// Whether many pieces are reduced as fast as one of their length.
  bool (*takes_pieces)();
};

/// Another for each form of the above.
inline constexpr napi_type_tag kHostReductionsTag{0x6c69626f72636867, 0x616e2e7265647564};

}  // namespace gan

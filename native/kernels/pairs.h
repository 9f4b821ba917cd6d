// Arguments of convolutions in two directions: one number for both, or one for each.
#pragma once

#include <c10/core/SymIntArrayRef.h>

#include <algorithm>
#include <initializer_list>

namespace gan::kernels {

inline bool are_pairs(std::initializer_list<c10::SymIntArrayRef> lists) {
  return std::all_of(lists.begin(), lists.end(),
                     [](c10::SymIntArrayRef list) { return list.size() == 1 || list.size() == 2; });
}

/// That of direction 0 or 1.
inline int64_t number_of(c10::SymIntArrayRef pair, size_t direction) {
  return (direction == 0 ? pair.front() : pair.back()).guard_int(__FILE__, __LINE__);
}

}  // namespace gan::kernels

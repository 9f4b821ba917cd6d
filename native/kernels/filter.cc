#include "filter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace gan {
namespace {

/// a / b, rounded up.
int64_t ceil_divided(int64_t a, int64_t b) { return a / b + (a % b > 0 ? 1 : 0); }

}  // namespace

Filter Filter::adjoint() const {
  const auto last = static_cast<int64_t>(taps.size()) - 1;
  return {{taps.rbegin(), taps.rend()}, down, up, last - before, output, input};
}

std::vector<Phase> Filter::phases() const {
  std::vector<Phase> result;
  for (int64_t residue = 0; residue < up; ++residue) {
    // The first tap that meets a pixel and no inserted zero.
    const int64_t place = residue * down - before;
    const int64_t first = ceil_divided(place, up);
    Phase phase{first, 0, 0, {}};
    for (auto k = static_cast<size_t>(first * up - place); k < taps.size(); k += static_cast<size_t>(up))
      phase.weights.push_back(taps[k]);
    const auto count = static_cast<int64_t>(phase.weights.size());
    const int64_t all = std::max<int64_t>(0, ceil_divided(output - residue, up));
    if (count > 0) {
      phase.begin = std::clamp<int64_t>(ceil_divided(1 - count - first, down), 0, all);
      phase.end = std::clamp(ceil_divided(input - first, down), phase.begin, all);
    }
    result.push_back(std::move(phase));
  }
  return result;
}

}  // namespace gan

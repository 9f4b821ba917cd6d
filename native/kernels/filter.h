// What an image resampled by a filter is made of, along one direction:
//   output[i] = Σ_k taps[k] · x̂[i · down + k − before],   x̂[s · up] = input[s], and 0 between and beyond.
#pragma once

#include <cstdint>
#include <vector>

namespace gan {

/// Output up · q + residue is the sum of weights[j] · input[q · down + first + j]. It is 0 unless begin ≤ q <
/// end.
struct Phase {
  int64_t first, begin, end;
  std::vector<double> weights;
};

/// One direction.
struct Filter {
  std::vector<double> taps;
  int64_t up, down, before, input, output;

  /// The filter of the gradients: its output is this one's input.
  Filter adjoint() const;
  /// One for each residue of an output's index by `up`.
  std::vector<Phase> phases() const;
};

}  // namespace gan

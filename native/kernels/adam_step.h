// Adam's step over numbers that lie one after another, 16 at a time. The results are those of LibTorch's
// fused step to the bit, which takes twice the time with half as long vectors.
#pragma once

#include <cstdint>

namespace gan::adam {

struct Rates {
  double lr, beta1, beta2, eps;
};

/// A parameter, its gradient, and the means of that and of its square; `step` counts this one.
struct Numbers {
  float* parameter;
  const float* gradient;
  float *mean, *square;
  int64_t count;
  double step;
};

/// Whether this processor has what the step takes, and it so many numbers: LibTorch's handles what is left of
/// a vector by other instructions, which round otherwise.
bool usable(int64_t count);

/// Without weight decay.
void step(const Numbers& numbers, const Rates& rates);

}  // namespace gan::adam

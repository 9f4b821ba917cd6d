#include "matrix_vector.h"

#include "clones.h"
#include "lanes.h"

namespace gan::vectors {

using namespace lanes;

GAN_CLONES float dot(const float* a, const float* b, int64_t count) {
  // Sums that do not wait for each other.
  constexpr int64_t kSums = 4;
  Vector sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums * kLanes <= count; i += kSums * kLanes)
    for (int64_t k = 0; k < kSums; ++k) {
      Vector x, y;
      read(x, a + i + k * kLanes);
      read(y, b + i + k * kLanes);
      sums[k] += x * y;
    }
  Vector total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (; i + kLanes <= count; i += kLanes) {
    Vector x, y;
    read(x, a + i);
    read(y, b + i);
    total += x * y;
  }
  float lanes_of[kLanes];
  write(lanes_of, total);
  for (int64_t half = kLanes / 2; half > 0; half /= 2)
    for (int64_t k = 0; k < half; ++k) lanes_of[k] += lanes_of[k + half];
  float sum = lanes_of[0];
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

GAN_CLONES void add(float factor, const float* from, int64_t count, float* __restrict to) {
  for (int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

GAN_CLONES void scale(float factor, const float* from, int64_t count, float* __restrict to) {
  for (int64_t i = 0; i < count; ++i) to[i] = factor * from[i];
}

GAN_CLONES void combine(float a, const float* x, float b, const float* y, int64_t count,
                        float* __restrict to) {
  for (int64_t i = 0; i < count; ++i) to[i] = a * x[i] + b * y[i];
}

}  // namespace gan::vectors

#include "matrix_vector.h"

#include "lanes.h"

namespace gan::vectors {

using namespace lanes;

float dot(const float* a, const float* b, int64_t count) {
  return by_processor([=]<class V>(As<V>) GAN_INLINED {
    // Sums that do not wait for each other.
    constexpr int64_t kSums = 4;
    V sums[kSums] = {};
    int64_t i = 0;
    for (; i + kSums * kLanes<V> <= count; i += kSums * kLanes<V>)
      for (int64_t k = 0; k < kSums; ++k) {
        V x, y;
        read(x, a + i + k * kLanes<V>);
        read(y, b + i + k * kLanes<V>);
        sums[k] += x * y;
      }
    V total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (; i + kLanes<V> <= count; i += kLanes<V>) {
      V x, y;
      read(x, a + i);
      read(y, b + i);
      total += x * y;
    }
    float lanes_of[kLanes<V>];
    write(lanes_of, total);
    for (int64_t half = kLanes<V> / 2; half > 0; half /= 2)
      for (int64_t k = 0; k < half; ++k) lanes_of[k] += lanes_of[k + half];
    float sum = lanes_of[0];
    for (; i < count; ++i) sum += a[i] * b[i];
    return sum;
  });
}

void add(float factor, const float* from, int64_t count, float* to) {
  by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
  });
}

void scale(float factor, const float* from, int64_t count, float* to) {
  by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] = factor * from[i];
  });
}

void combine(float a, const float* x, float b, const float* y, int64_t count, float* to) {
  by_processor([=](auto) GAN_INLINED {
    for (int64_t i = 0; i < count; ++i) to[i] = a * x[i] + b * y[i];
  });
}

}  // namespace gan::vectors

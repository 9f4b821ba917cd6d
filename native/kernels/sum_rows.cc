#include "sum_rows.h"

#include "vectors.h"

#ifdef GAN_AVX512

namespace gan::kernels {
GAN_VECTORS_BEGIN

template <class Set, class T>
void sum_rows(const T* from, int64_t rows, int64_t channels, float* to) {
  using namespace simd;
  for (int64_t c = 0; c < channels; c += kLanes) {
    // Four sums: one would wait for itself.
    Vector sums[4] = {zeros(), zeros(), zeros(), zeros()};
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4)
      for (int i = 0; i < 4; ++i) sums[i] = sums[i] + load(from + (row + i) * channels + c);
    for (; row < rows; ++row) sums[0] = sums[0] + load(from + row * channels + c);
    store(to + c, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

template void sum_rows<ThisSet>(const float*, int64_t, int64_t, float*);
#ifdef GAN_WITH_BF16
template void sum_rows<ThisSet>(const Bf16*, int64_t, int64_t, float*);
#endif

GAN_VECTORS_END
}  // namespace gan::kernels

#endif

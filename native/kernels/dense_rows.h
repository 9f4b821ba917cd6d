// What dense_pack.h does for float32, by the instruction set.
#pragma once

#include "dense_pack.h"

#ifdef GAN_AVX512

namespace gan::dense {

template <class Set>
struct FloatRows {
  static void transpose(const Rows<float>& from, float* to, int64_t stride);
  static void transpose_with_bias(const Rows<float>& from, const float* bias, bool rectifies, float* to,
                                  int64_t stride);
  static void mask(const float* gradients, const float* outputs, int64_t count, float* to);
};

}  // namespace gan::dense

#endif

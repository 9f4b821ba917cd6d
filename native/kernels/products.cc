#include "products.h"

#ifdef GAN_AVX512

namespace gan {

bool has_avx512(at::ScalarType dtype) {
  static const bool supported = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  }();
  static const bool bfloat16 = supported && __builtin_cpu_supports("avx512bf16");
  return (dtype == at::kFloat && supported) || (dtype == at::kBFloat16 && bfloat16);
}

}  // namespace gan

#endif

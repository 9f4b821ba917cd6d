#include "products.h"

namespace gan {

bool has_avx512([[maybe_unused]] at::ScalarType dtype) {
#ifdef GAN_AVX512
  static const bool supported = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  }();
  static const bool bfloat16 = supported && __builtin_cpu_supports("avx512bf16");
  return (dtype == at::kFloat && supported) || (dtype == at::kBFloat16 && bfloat16);
#else
  return false;
#endif
}

}  // namespace gan

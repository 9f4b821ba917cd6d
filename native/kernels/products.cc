#include "products.h"

#ifdef GAN_AVX512
#include <cpuid.h>
#endif

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

bool has_avx2() {
#ifdef GAN_AVX512
  static const bool supported = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }();
  return supported;
#else
  return false;
#endif
}

bool has_amx() {
#ifdef GAN_AVX512
  static const bool supported = [] {
    constexpr unsigned kFeatures = 7, kAmxBf16 = 1u << 22;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(kFeatures, 0, &a, &b, &c, &d) && (d & kAmxBf16);
  }();
  return supported;
#else
  return false;
#endif
}

}  // namespace gan

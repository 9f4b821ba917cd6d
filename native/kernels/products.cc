#include "products.h"

#include <ATen/Version.h>

#include <string_view>

#include "products_avx2.h"

#ifdef GAN_AVX512
#include <cpuid.h>
#endif

namespace gan {

void multiply(const Product& p, const float* a, const float* b, float* c) {
#ifdef GAN_AVX512
  // LibTorch's are made for AVX-512.
  if (!has_avx512(at::kFloat) && has_avx2()) return avx2::multiply(p, a, b, c);
#endif
  at::native::cpublas::brgemm(p.m, p.n, p.k, p.lda, p.ldb, p.ldc, p.add, a, b, c, false);
}

#ifdef GAN_AVX512
namespace {

/// Whether LibTorch's kernels use such instructions: the processor's best, or what ATEN_CPU_CAPABILITY holds
/// them to.
bool allowed(std::string_view set) { return at::get_cpu_capability().starts_with(set); }

/// Whether LibTorch's products take bfloat16 in pairs: not where its oneDNN is left out, or told to do
/// without AVX-512.
bool multiplies_pairs() {
  const Bf16 a[2] = {}, b[2 * 16] = {};
  float c[16] = {};
  try {
    multiply({.m = 1, .n = 16, .k = 2, .lda = 2, .ldb = 16, .ldc = 16, .add = false}, a, b, c);
    at::native::cpublas::brgemm_release();
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace
#endif

bool has_avx512([[maybe_unused]] at::ScalarType dtype) {
#ifdef GAN_AVX512
  static const bool supported = [] {
    __builtin_cpu_init();
    return allowed("AVX512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  }();
  static const bool bfloat16 = supported && __builtin_cpu_supports("avx512bf16") && multiplies_pairs();
  return (dtype == at::kFloat && supported) || (dtype == at::kBFloat16 && bfloat16);
#else
  return false;
#endif
}

bool has_avx2() {
#ifdef GAN_AVX512
  static const bool supported = [] {
    __builtin_cpu_init();
    return allowed("AVX") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
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

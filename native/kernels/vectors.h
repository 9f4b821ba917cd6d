// The vectors that a file is compiled with: those of AVX-512, or, a second time with GAN_COMPILED_FOR_AVX2,
// those of AVX2. Its templates have the instruction set as their first parameter, and are instantiated for
// ThisSet. CMakeLists.txt knows such files by their GAN_VECTORS_BEGIN.
#pragma once

#include "avx2.h"
#include "avx512.h"

#ifdef GAN_AVX512
#ifdef GAN_COMPILED_FOR_AVX2
/// Calls a macro with each type that a file is compiled for.
#define GAN_FOR_DTYPES(WORK) WORK(float)
#define GAN_VECTORS_BEGIN GAN_AVX2_BEGIN
#define GAN_VECTORS_END GAN_AVX2_END
namespace gan {
namespace simd = avx2;
using ThisSet = Avx2;
}  // namespace gan
#else
#define GAN_WITH_BF16 1
#define GAN_FOR_DTYPES(WORK) WORK(float) WORK(Bf16)
#define GAN_VECTORS_BEGIN GAN_AVX512_BEGIN
#define GAN_VECTORS_END GAN_AVX512_END
namespace gan {
namespace simd = avx512;
using ThisSet = Avx512;
}  // namespace gan
#endif
#endif

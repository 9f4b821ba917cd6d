// Functions compiled for several processors, of which the loader takes the best.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define GAN_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GAN_CLONES
#endif

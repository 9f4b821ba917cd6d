import { deviceFacts } from '../../src/tensor/device';
import { cpuFlags } from '../../src/training/known-precision';

/** True where LibTorch, and our kernels, compute with AVX-512. */
export const hasAvx512 = deviceFacts().cpuCapability.startsWith('AVX512');

/** True where kernels of bfloat16 run: without the processor's instructions for it LibTorch's operators do, which round more. */
export const hasBfloat16Kernels = hasAvx512 && cpuFlags().includes('avx512_bf16');

/** True where LibTorch computes bfloat16 with AMX, which 3×3 convolutions leave to it. */
export const hasAmx = cpuFlags().includes('amx_bf16');

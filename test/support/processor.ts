import { deviceFacts } from '../../src/tensor/device';
import { cpuFlags } from '../../src/training/known-precision';

/** True where kernels of bfloat16 run: without the processor's instructions for it LibTorch's operators do, which round more. */
export const hasBfloat16Kernels =
  cpuFlags().includes('avx512_bf16') && deviceFacts().cpuCapability.startsWith('AVX512');

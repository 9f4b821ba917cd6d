import { type CpuTraits, ofCpu, ofCuda } from '../../src/training/known-precision';

const AVX512 = ['avx2', 'avx512f'];

describe('of a processor', () => {
  test.each<[string, CpuTraits, 'bf16' | 'fp32' | null]>([
    ['that lists no flags nothing is known', { capability: 'AVX2', flags: [] }, null],
    [
      'with matrix units bf16 is',
      { capability: 'AVX512', flags: [...AVX512, 'avx512_bf16', 'amx_bf16'] },
      'bf16',
    ],
    [
      'with bfloat16 instructions alone it depends',
      { capability: 'AVX512', flags: [...AVX512, 'avx512_bf16'] },
      null,
    ],
    [
      'whose bfloat16 instructions LibTorch does not use fp32 is',
      { capability: 'AVX2', flags: ['avx512_bf16'] },
      'fp32',
    ],
    ['without bfloat16 instructions fp32 is', { capability: 'AVX2', flags: ['avx2', 'fma'] }, 'fp32'],
    ['of ARM with bfloat16 it depends', { capability: 'DEFAULT', flags: ['asimd', 'bf16'] }, null],
    ['of ARM with vectors of any length it depends', { capability: 'SVE256', flags: ['asimd', 'sve'] }, null],
    ['of ARM without either fp32 is', { capability: 'DEFAULT', flags: ['asimd'] }, 'fp32'],
  ])('%s the faster one', (_, traits, precision) => {
    expect(ofCpu(traits)?.precision ?? null).toBe(precision);
  });
});

describe('of a GPU', () => {
  test.each([
    [6, 1, 'fp32'],
    [7, 0, 'fp32'],
    [7, 5, 'fp32'],
    [8, 0, 'bf16'],
    [8, 9, 'bf16'],
    [9, 0, 'bf16'],
    [12, 0, 'bf16'],
  ] as const)('of compute capability %d.%d it is %s', (major, minor, precision) => {
    const known = ofCuda([major, minor]);
    expect(known.precision).toBe(precision);
    expect(known.because).toContain(`compute capability ${major}.${minor}`);
  });
});

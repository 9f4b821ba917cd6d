import { busyWarning, instructionSets } from '../../benchmarks/machine';

test('of the instruction sets of a CPU those that decide its speed are named', () => {
  const x86 = 'model name : X\nflags\t\t: fpu sse2 avx2 avx512f amx_bf16\nbugs : y\n\nflags\t\t: other\n';
  expect(instructionSets(x86)).toEqual(['avx2', 'avx512f', 'amx_bf16']);
  expect(instructionSets('Features\t: fp asimd bf16\n')).toEqual(['asimd', 'bf16']);
  expect(instructionSets('')).toEqual([]);
});

test('a busy machine is warned of', () => {
  expect(busyWarning({ busy: 0.05 })).toBeNull();
  expect(busyWarning({ busy: 0.5 })).toMatch(/^others keep 50 % of the cores busy/);
});

import { randn } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';
import { type Case, readCases, testDevice } from './fixtures';

/** A case of test/fixtures/metrics/sets.py: two sets of features `a` (real) and `b` (fake), and what NumPy says about them. */
export type SetsCase = Case<{
  readonly figures: Readonly<
    Record<
      | 'frechet'
      | 'kernel'
      | 'precision'
      | 'recall'
      | 'density'
      | 'coverage'
      | 'authenticity'
      | 'classFrechet',
      number
    >
  >;
  readonly k: number;
  readonly densityK: number;
  readonly smaller: number;
}>;

/** The cases, for `test.each`. */
export function setsCases(): [string, SetsCase][] {
  return readCases<Omit<SetsCase, 'name' | 'tensors'>>('metrics/sets').map((one) => [one.name, one]);
}

/** Normal features [count, dimensions] by seed, in the caller's scope. */
export function normalFeatures(
  [count, dimensions]: readonly [number, number],
  { seed = 1, mean = 0, scale = 1 }: { seed?: number; mean?: number; scale?: number } = {},
): Tensor {
  const generator = new Generator({ seed, device: testDevice });
  try {
    return randn([count, dimensions], { generator, device: testDevice }).mul(scale).add(mean);
  } finally {
    generator.dispose();
  }
}

/** |actual − expected| ≤ relative · |expected|, with a message that shows both. */
export function expectNear(actual: number, expected: number, relative = 1e-6): void {
  if (!(Math.abs(actual - expected) <= relative * Math.abs(expected)))
    throw new Error(`expected ${expected} within ${relative} of itself but received ${actual}`);
}

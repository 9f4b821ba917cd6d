import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { testDevice } from './fixtures';

/** Relative tolerances that every comparison with PyTorch keeps, by dtype. Other devices add in another order than the CPU that made the fixtures. */
export const TOLERANCE: Readonly<Record<string, number>> = {
  float32: testDevice === 'cpu' ? 1e-5 : 3e-5,
  float64: 1e-10,
};

/**
 * Expects equal shapes and max|actual − expected| ≤ relative · max|expected|, computed in float64. NaN is never close.
 *
 * @param options.magnitude - the largest of what is added, where sums nearly cancel: it counts on other devices than the CPU, where max|expected| is smaller
 * @param options.relative the tolerance; by default that of the expected tensor's dtype
 * @param options.label what is compared, for the failure
 */
export function expectClose(
  actual: Tensor,
  expected: Tensor,
  {
    relative = TOLERANCE[expected.dtype] ?? 0,
    label = 'tensor',
    magnitude = 0,
  }: { relative?: number; label?: string; magnitude?: number } = {},
): void {
  expect({ label, shape: [...actual.shape] }).toEqual({ label, shape: [...expected.shape] });
  if (expected.numel === 0) return;
  scope(() => {
    const [a, b] = [actual, expected].map((tensor) =>
      tensor.detach().to({ device: 'cpu', dtype: 'float64' }),
    );
    const difference = a.sub(b).abs().max().item();
    const floor = testDevice === 'cpu' ? 0 : magnitude;
    const limit = relative * Math.max(b.abs().max().item(), floor);
    if (!(difference <= limit))
      throw new Error(`${label}: max|actual − expected| is ${difference}, allowed ${limit}`);
  });
}

/** |actual − exact| / |exact|, of all elements together, in float64. */
export function distance(actual: Tensor, exact: Tensor): number {
  const [a, b] = [actual, exact].map((tensor) => tensor.to({ dtype: 'float64' }));
  return a.sub(b).norm().div(b.norm()).item();
}

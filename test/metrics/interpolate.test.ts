import { linearInterpolation, sphericalInterpolation } from '../../src/metrics/interpolate';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { normalFeatures } from '../support/feature-sets';

const double = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64' });

describe('linearInterpolation', () => {
  test('goes straight', () =>
    scope(() => {
      const [from, to, at] = [[[0, 8]], [[4, 0]], [[0.25]]].map(double);
      expect(linearInterpolation({ from, to, at }).toArray()).toEqual([[1, 6]]);
    }));
});

describe('sphericalInterpolation', () => {
  test('turns evenly, and changes length evenly', () =>
    scope(() => {
      const from = double([[2, 0]]).expand([3, 2]);
      const to = double([[0, 4]]).expand([3, 2]);
      const at = double([[0], [1 / 3], [1]]);
      const third = (2 + 2 / 3) * 0.5;
      const expected = double([
        [2, 0],
        [third * Math.sqrt(3), third],
        [0, 4],
      ]);
      expectClose(sphericalInterpolation({ from, to, at }), expected, { relative: 1e-15 });
    }));

  test('keeps normal latents as likely as they are, where a straight line does not', () =>
    scope(() => {
      const [from, to] = [1, 2].map((seed) => normalFeatures([20, 100], { seed }).double());
      const at = from.select(1, 0).mul(0).add(0.5).unsqueeze(1);
      const length = (latents: Tensor): number => latents.norm({ dim: 1 }).mean().item();
      expect(length(sphericalInterpolation({ from, to, at }))).toBeCloseTo(
        (length(from) + length(to)) / 2,
        6,
      );
      expect(length(linearInterpolation({ from, to, at }))).toBeLessThan(0.8 * length(from));
    }));

  test('resolves steps far below the half of the digits an arc cosine has', () =>
    scope(() => {
      const from = double([[1, 0]]);
      const to = double([[Math.cos(1e-10), Math.sin(1e-10)]]);
      const middle = sphericalInterpolation({ from, to, at: double([[0.5]]) });
      expectClose(middle.select(1, 1), double([[0.5e-10]]).select(1, 0), { relative: 1e-6 });
    }));

  test('stays where both latents are the same, and at 0', () =>
    scope(() => {
      const from = double([
        [3, 4],
        [0, 0],
      ]);
      const at = double([[0.3], [0.3]]);
      expectClose(sphericalInterpolation({ from, to: from, at }), from, { relative: 1e-15 });
    }));
});

import { frechetDistance } from '../../src/metrics/frechet';
import { frechetError } from '../../src/metrics/frechet-error';
import { FeatureMoments } from '../../src/metrics/moments';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

/** Runs `body` with the moments of some sets. */
function withMoments<T>(sets: readonly Tensor[], body: (moments: FeatureMoments[]) => T): T {
  const all = sets.map((features) => new FeatureMoments(features.shape[1], { device: testDevice }));
  try {
    for (const [index, moments] of all.entries()) moments.add(sets[index]);
    return body(all);
  } finally {
    for (const moments of all) moments.dispose();
  }
}

/** √((n − 1) / n · Σ (θ₋ᵢ − θ̄)²), θ₋ᵢ the distance without image i of `b`. */
function jackknife(a: Tensor, b: Tensor): number {
  const count = b.shape[0];
  const distances = Array.from({ length: count }, (_, left) =>
    scope(() => {
      const rows = Int32Array.from({ length: count - 1 }, (_, i) => (i < left ? i : i + 1));
      const rest = b.indexSelect(0, tensor(rows, { device: testDevice }));
      return withMoments([a, rest], ([x, y]) => frechetDistance(x, y));
    }),
  );
  const mean = distances.reduce((sum, value) => sum + value, 0) / count;
  const squares = distances.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(((count - 1) / count) * squares);
}

describe('frechetError', () => {
  test('is close to the jackknife of every image left out, on either side', () =>
    scope(() => {
      const a = normalFeatures([120, 3], { mean: 1 });
      const b = normalFeatures([150, 3], { seed: 2, scale: 1.5 });
      withMoments([a, b], ([ofA, ofB]) => {
        const onB = frechetError({ moments: ofA }, { moments: ofB, features: b });
        const onA = frechetError({ moments: ofA, features: a }, { moments: ofB });
        expectNear(onB, jackknife(a, b), 0.03);
        expectNear(onA, jackknife(b, a), 0.03);
        const both = { moments: ofA, features: a };
        expectNear(frechetError(both, { moments: ofB, features: b }), Math.hypot(onA, onB), 1e-12);
        expect(frechetError({ moments: ofA }, { moments: ofB })).toBe(0);
      });
    }));

  test('is what other draws show', () =>
    scope(() => {
      const a = normalFeatures([2000, 4]);
      const draws = Array.from({ length: 40 }, (_, seed) =>
        scope(() => {
          const features = normalFeatures([250, 4], { seed: seed + 2, mean: 0.7 });
          return withMoments([a, features], ([ofA, moments]) => ({
            distance: frechetDistance(ofA, moments),
            error: frechetError({ moments: ofA }, { moments, features }),
          }));
        }),
      );
      const mean = draws.reduce((sum, draw) => sum + draw.distance, 0) / 40;
      const spread = Math.sqrt(draws.reduce((sum, draw) => sum + (draw.distance - mean) ** 2, 0) / 39);
      const claimed = draws.reduce((sum, draw) => sum + draw.error, 0) / 40;
      expect(claimed / spread).toBeGreaterThan(0.7);
      expect(claimed / spread).toBeLessThan(1.4);
    }));

  test('is finite with fewer images than dimensions', () =>
    scope(() => {
      const [a, b] = [normalFeatures([20, 30]), normalFeatures([15, 30], { seed: 2 })];
      withMoments([a, b], ([ofA, ofB]) => {
        const error = frechetError({ moments: ofA, features: a }, { moments: ofB, features: b });
        expect(error).toBeGreaterThan(0);
        expect(Number.isFinite(error)).toBe(true);
      });
    }));

  test('refuses features that are not those of the moments, and NaN', () =>
    scope(() => {
      const a = normalFeatures([20, 3]);
      withMoments([a, a], ([moments, other]) => {
        const features = normalFeatures([20, 4]);
        expect(() => frechetError({ moments }, { moments: other, features })).toThrow(usage('[N, 3]'));
        const broken = a.clone();
        broken.select(0, 3).fill_(Number.NaN);
        expect(() => frechetError({ moments }, { moments: other, features: broken })).toThrow(
          failure('ERR_BAD_FEATURES', 'row 3 '),
        );
      });
    }));
});

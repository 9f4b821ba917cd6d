import { classFrechet } from '../../src/metrics/class-frechet';
import { frechetDistance } from '../../src/metrics/frechet';
import { FeatureMoments } from '../../src/metrics/moments';
import { zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures, setsCases } from '../support/feature-sets';

/** 0, 1, 0, 1, … */
function inTurn({ shape: [count] }: Tensor): number[] {
  return Array.from({ length: count }, (_, i) => i % 2);
}

/** Labels of two halves. */
function halves({ shape: [count] }: Tensor): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((2 * i) / count));
}

describe('classFrechet', () => {
  test.each(setsCases())('equals NumPy: %s', (_, { tensors, figures }) =>
    scope(() => {
      const [a, b] = [tensors.tensor('a'), tensors.tensor('b')];
      const sets = { real: { features: a, labels: inTurn(a) }, fake: { features: b, labels: inTurn(b) } };
      const { mean, ofClass, error } = classFrechet(sets, { classes: 2 });
      expectNear(mean, figures.classFrechet);
      expectNear((ofClass[0] + ofClass[1]) / 2, mean, 1e-14);
      // An image fewer in half of an odd set.
      expect(error !== null).toBe(Math.floor(a.shape[0] / 2) > a.shape[1]);
    }),
  );

  test('sees labels that are not obeyed, where the distance of all images sees nothing', () =>
    scope(() => {
      const features = cat([normalFeatures([80, 4]), normalFeatures([80, 4], { seed: 2, mean: 3 })]);
      const labels = halves(features);
      const swapped = labels.map((label) => 1 - label);
      const sets = (given: number[]) => ({ real: { features, labels }, fake: { features, labels: given } });
      expect(classFrechet(sets(labels), { classes: 2 }).mean).toBeCloseTo(0, 10);
      expect(classFrechet(sets(swapped), { classes: 2 }).mean).toBeGreaterThan(4 * 2.5 ** 2);
    }));

  test('knows its error', () =>
    scope(() => {
      const real = normalFeatures([400, 3], { seed: 99 });
      const draws = Array.from({ length: 40 }, (_, seed) =>
        scope(() => {
          const features = normalFeatures([200, 3], { seed: seed + 1, mean: 0.5 });
          const sets = {
            real: { features: real, labels: inTurn(real) },
            fake: { features, labels: inTurn(features) },
          };
          return classFrechet(sets, { classes: 2 });
        }),
      );
      const mean = draws.reduce((sum, draw) => sum + draw.mean, 0) / draws.length;
      const spread = Math.sqrt(draws.reduce((sum, draw) => sum + (draw.mean - mean) ** 2, 0) / 39);
      const claimed = draws.reduce((sum, draw) => sum + Number(draw.error), 0) / draws.length;
      expect(claimed / spread).toBeGreaterThan(0.7);
      expect(claimed / spread).toBeLessThan(1.4);
    }));

  test('of one class is the distance of all', () =>
    scope(() => {
      const [a, b] = [normalFeatures([30, 3]), normalFeatures([20, 3], { seed: 2, mean: 1 })];
      const labels = ({ shape: [count] }: Tensor) => new Int32Array(count);
      const sets = { real: { features: a, labels: labels(a) }, fake: { features: b, labels: labels(b) } };
      const moments = [a, b].map((features) => {
        const all = new FeatureMoments(3, { device: features.device });
        all.add(features);
        return all;
      });
      expectNear(classFrechet(sets, { classes: 1 }).mean, frechetDistance(moments[0], moments[1]), 1e-12);
      for (const one of moments) one.dispose();
    }));

  test('refuses classes of one image, labels beyond the classes, other counts, and NaN', () =>
    scope(() => {
      const features = normalFeatures([8, 3]);
      const good = { features, labels: inTurn(features) };
      const withLabels = (labels: number[]) => () =>
        classFrechet({ real: good, fake: { features, labels } }, { classes: 2 });
      expect(withLabels([0, 1, 0, 0, 0, 0, 0, 0])).toThrow(
        usage('at least 2 images of each class a set but received 1 of class 1'),
      );
      expect(withLabels([0, 1, 0, 1, 0, 1, 2, 0])).toThrow(usage('labels from 0 to 1 but received 2'));
      expect(withLabels([0, 1])).toThrow(usage('a label for each of 8 images but received 2'));
      const others = { features: zeros([8, 2]), labels: good.labels };
      expect(() => classFrechet({ real: good, fake: others }, { classes: 2 })).toThrow(
        usage('features [N, 3]'),
      );
      const broken = features.clone();
      broken.select(0, 3).fill_(Number.NaN);
      expect(() =>
        classFrechet({ real: good, fake: { features: broken, labels: good.labels } }, { classes: 2 }),
      ).toThrow(failure('ERR_BAD_FEATURES', 'row 3 '));
    }));
});

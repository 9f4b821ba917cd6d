import { featureDistance } from '../../src/metrics/feature-distance';
import { grad } from '../../src/tensor/autograd';
import { ones, randn, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { readCases } from '../support/fixtures';

const cases = readCases<{ kind: string; layers: number }>('metrics/paired').filter(
  ({ kind }) => kind === 'features',
);

describe('featureDistance', () => {
  test('refuses no layers, unequal numbers of them, and maps that do not fit', () =>
    scope(() => {
      const map = zeros([2, 3, 4, 4]);
      expect(() => featureDistance([], [])).toThrow(usage('at least one but received 0'));
      expect(() => featureDistance([map], [map, map])).toThrow(
        usage('as many maps of the others as of the images (1), at least one but received 2'),
      );
      expect(() => featureDistance([map, map], [map, zeros([2, 3, 4, 5])])).toThrow(
        usage('featureDistance expects map 1 of the others to be [2, 3, 4, 4] but received [2, 3, 4, 5]'),
      );
      const vectors = zeros([2, 3]);
      expect(() => featureDistance([vectors], [vectors])).toThrow(
        usage('featureDistance expects map 0 to be [N, C, h, w] but received [2, 3]'),
      );
    }));

  test.each(cases.map((one) => [one.name, one] as const))('equals NumPy: %s', (_, { tensors, layers }) =>
    scope(() => {
      const [features, others] = ['a', 'b'].map((side) =>
        Array.from({ length: layers }, (_none, layer) => tensors.tensor(`${side}${layer}`)),
      );
      expectClose(featureDistance(features, others), tensors.tensor('distance'));
    }),
  );

  test('depends on the features’ directions alone: 0 for multiples, 4 a layer for opposites', () =>
    scope(() => {
      const map = randn([2, 6, 3, 5], { dtype: 'float64' });
      expect(
        featureDistance([map, map], [map.mul(2), map])
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-6);
      const opposite = featureDistance([map, map], [map.neg(), map.neg()]);
      expectClose(opposite, ones([2], { dtype: 'float64' }).mul(8), { relative: 1e-6 });
    }));

  test('has a gradient, also where there are no features', () =>
    scope(() => {
      const map = zeros([1, 3, 2, 2], { requiresGrad: true });
      const [gradient] = grad([featureDistance([map], [randn([1, 3, 2, 2])]).sum()], [map]);
      expect(gradient.isfinite().all().item()).toBe(1);
    }));
});

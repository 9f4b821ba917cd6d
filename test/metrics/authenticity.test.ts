import { authenticity } from '../../src/metrics/authenticity';
import { full, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures, setsCases } from '../support/feature-sets';

describe('authenticity', () => {
  test.each(setsCases())('equals NumPy: %s', (_, { tensors, figures }) =>
    scope(() => {
      const found = authenticity({ real: tensors.tensor('a'), fake: tensors.tensor('b') });
      expectNear(found.mean, figures.authenticity, 1e-12);
    }),
  );

  test('tells a copy from what is farther off than training images are from each other', () =>
    scope(() => {
      const real = tensor([[0], [1], [3]]);
      // Copies, and near ones; the nearest other image of 0 and of 1 is 1 away, of 3 it is 2 away.
      const fake = tensor([[0], [3], [0.4], [-0.9], [-1.1], [4.9], [5.1]]);
      expect(authenticity({ real, fake }).mean).toBe(2 / 7);
    }));

  test('takes a copy of an image that is there twice for a copy', () =>
    scope(() => {
      const real = tensor([[0], [0], [1]]);
      expect(authenticity({ real, fake: tensor([[0]]) }).mean).toBe(0);
      expect(authenticity({ real, fake: tensor([[0.1]]) }).mean).toBe(1);
    }));

  test('knows its error, and falls with the share of copies', () =>
    scope(() => {
      const real = normalFeatures([200, 5]);
      const fresh = normalFeatures([100, 5], { seed: 2 });
      const all = authenticity({ real, fake: fresh });
      const half = authenticity({ real, fake: cat([fresh, real.narrow(0, { start: 0, length: 100 })]) });
      expectNear(half.mean, all.mean / 2, 1e-12);
      expectNear(all.error, Math.sqrt((all.mean * (1 - all.mean)) / 99), 1e-12);
    }));

  test('refuses a single training image, other lengths, and NaN', () =>
    scope(() => {
      const real = normalFeatures([10, 3]);
      expect(() => authenticity({ real: zeros([1, 3]), fake: real })).toThrow(
        usage('authenticity expects at least 2 images a set but received 1'),
      );
      expect(() => authenticity({ real, fake: zeros([0, 3]) })).toThrow(usage('at least 1 image'));
      expect(() => authenticity({ real, fake: zeros([4, 2]) })).toThrow(usage('features [N, 3]'));
      expect(() => authenticity({ real, fake: full([2, 3], Number.NaN) })).toThrow(
        failure('ERR_BAD_FEATURES', 'row 0 '),
      );
    }));
});

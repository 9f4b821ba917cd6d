import { nearestNeighbours, neighbourDistances } from '../../src/metrics/nearest-neighbours';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { normalFeatures, setsCases } from '../support/feature-sets';
import { testDevice } from '../support/fixtures';

describe('nearestNeighbours', () => {
  test.each(setsCases())('equal NumPy: %s', (_, { tensors }) =>
    scope(() => {
      const [references, queries] = [tensors.tensor('a'), tensors.tensor('b')];
      const { distances, indices } = nearestNeighbours({ queries, references }, { k: 4 });
      expect(indices.equal(tensors.tensor('nearest.indices'))).toBe(true);
      expectClose(distances, tensors.tensor('nearest.distances'), { relative: 1e-12 });
    }),
  );

  test('find the same across the seams of the tiles', () =>
    scope(() => {
      const references = normalFeatures([9000, 3]);
      const queries = normalFeatures([1100, 3], { seed: 2 });
      const { distances, indices } = nearestNeighbours({ queries, references }, { k: 3 });
      const some = [0, 1023, 1024, 1099];
      for (const row of some) {
        const all = references.double().sub(queries.select(0, row).double()).norm({ dim: 1 });
        const near = all.topk(3, { largest: false });
        expect(indices.select(0, row).equal(near.indices)).toBe(true);
        expectClose(distances.select(0, row), near.values, { relative: 1e-14 });
      }
    }));

  test('tell a copy by distance 0 exactly, however far from 0 the features are', () =>
    scope(() => {
      const references = normalFeatures([50, 16], { mean: 1000 });
      const queries = references.slice(0, { start: 30, end: 33 });
      const { distances, indices } = nearestNeighbours({ queries, references }, { k: 1 });
      expect(distances.toArray()).toEqual([[0], [0], [0]]);
      expect(indices.toArray()).toEqual([[30], [31], [32]]);
    }));

  test('refuse fewer references than neighbours, other lengths, and NaN', () =>
    scope(() => {
      const queries = normalFeatures([3, 4]);
      expect(() => nearestNeighbours({ queries, references: zeros([4, 4]) })).toThrow(
        usage('at least k = 5 references but received 4'),
      );
      expect(() => nearestNeighbours({ queries, references: zeros([9, 5]) })).toThrow(usage('[N, 5]'));
      expect(() => nearestNeighbours({ queries, references: queries }, { k: 0 })).toThrow(usage('k to be'));
      queries.select(0, 1).fill_(Number.NaN);
      expect(() => nearestNeighbours({ queries, references: zeros([9, 4]) })).toThrow(
        failure('ERR_BAD_FEATURES', 'row 1 '),
      );
    }));
});

describe('neighbourDistances', () => {
  test('are those to the others, not to the vector itself', () =>
    scope(() => {
      const features = tensor([[0], [1], [3], [7]]).to(testDevice);
      expect(neighbourDistances(features, { k: 2 }).toArray()).toEqual([
        [1, 3],
        [1, 2],
        [2, 3],
        [4, 6],
      ]);
    }));

  test('are 0 between copies', () =>
    scope(() => {
      const features = normalFeatures([20, 5], { mean: 50 });
      const twice = neighbourDistances(cat([features, features]), { k: 1 });
      expect(twice.max().item()).toBe(0);
    }));

  test('refuse a set of k images', () =>
    scope(() => {
      expect(() => neighbourDistances(normalFeatures([5, 2]))).toThrow(usage('at least 6 images'));
    }));
});

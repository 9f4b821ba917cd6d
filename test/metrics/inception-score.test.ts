import { inceptionScore } from '../../src/metrics/inception-score';
import { eye, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { failure, usage } from '../support/failure';
import { expectNear, normalFeatures } from '../support/feature-sets';
import { readCases, testDevice } from '../support/fixtures';

interface ScoreCase {
  readonly kind: string;
  readonly splits: number;
  readonly mean: number;
  readonly std: number;
}

const cases = readCases<ScoreCase>('metrics/likelihoods').filter(({ kind }) => kind === 'score');

describe('inceptionScore', () => {
  test.each(cases.map((one) => [one.name, one] as const))(
    'equals SciPy: %s',
    (_, { tensors, splits, mean, std }) =>
      scope(() => {
        const score = inceptionScore(tensors.tensor('logits'), { splits });
        expectNear(score.mean, mean, 1e-12);
        expectNear(score.std, std, 1e-9);
      }),
  );

  test('is the number of classes where all are equally frequent and certain', () =>
    scope(() => {
      const logits = eye(5, { device: testDevice }).mul(2000);
      const { mean, std } = inceptionScore(cat([logits, logits]), { splits: 2 });
      expectNear(mean, 5, 1e-14);
      expect(std).toBe(0);
    }));

  test('is 1 where images say nothing, or all the same', () =>
    scope(() => {
      const same = zeros([20, 4], { device: testDevice });
      expect(inceptionScore(same)).toEqual({ mean: 1, std: 0 });
      same.select(1, 2).fill_(5000);
      expect(inceptionScore(same)).toEqual({ mean: 1, std: 0 });
    }));

  test('refuses fewer images than splits, a single class, and NaN', () =>
    scope(() => {
      expect(() => inceptionScore(zeros([9, 4]))).toThrow(usage('at least 10 images a set but received 9'));
      expect(() => inceptionScore(zeros([10, 1]))).toThrow(usage('two classes'));
      expect(() => inceptionScore(zeros([10, 2]), { splits: 0 })).toThrow(usage('splits'));
      const logits = normalFeatures([12, 3]);
      logits.select(0, 11).fill_(Number.NaN);
      expect(() => inceptionScore(logits)).toThrow(failure('ERR_BAD_FEATURES', 'row 11 '));
    }));
});

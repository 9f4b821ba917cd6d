import { codePurity, labelAccuracy } from '../../src/metrics/class-agreement';
import { full, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';

/** Logits whose largest one is that of each class. */
function logitsOf(found: readonly number[], classes: number): Tensor {
  return tensor(found.map((label) => Array.from({ length: classes }, (_, i) => (i === label ? 2 : -1))));
}

describe('labelAccuracy', () => {
  test('refuses other labels than one an image, labels beyond the classes, no images, and NaN', () =>
    scope(() => {
      const logits = logitsOf([0, 1], 3);
      expect(() => labelAccuracy(logits, [0])).toThrow(usage('a class for each of 2 images but received 1'));
      expect(() => labelAccuracy(logits, [0, 3])).toThrow(usage('classes from 0 to 2 but received 3'));
      expect(() => labelAccuracy(zeros([0, 3]), [])).toThrow(usage('at least 1 images'));
      expect(() => labelAccuracy(full([1, 2], Number.NaN), [0])).toThrow(
        failure('ERR_BAD_FEATURES', 'row 0 '),
      );
    }));

  test('is the share of images that are found to be what they were made as, of all and of each class', () =>
    scope(() => {
      const { mean, error, ofClass } = labelAccuracy(logitsOf([0, 0, 1, 1, 1], 4), [0, 0, 0, 1, 3]);
      expect(mean).toBeCloseTo(3 / 5, 12);
      // √(p (1 − p) / (N − 1))
      expect(error).toBeCloseTo(Math.sqrt((0.6 * 0.4) / 4), 12);
      expect(ofClass).toEqual([2 / 3, 1, null, 0]);
    }));
});

describe('codePurity', () => {
  test('refuses codes beyond their values', () =>
    scope(() => {
      expect(() => codePurity(logitsOf([0], 2), { given: [5], values: 5 })).toThrow(
        usage('classes from 0 to 4 but received 5'),
      );
    }));

  test('counts the most frequent class of each value', () =>
    scope(() => {
      // Value 0: classes 0, 0; value 1: classes 0, 1; value 2 never.
      const found = codePurity(logitsOf([0, 0, 0, 1], 2), { given: [0, 0, 1, 1], values: 3 });
      expect(found.purity).toBeCloseTo(3 / 4, 12);
      expect(found.error).toBeCloseTo(Math.sqrt((0.75 * 0.25) / 3), 12);
      expect(found.classOfValue).toEqual([0, 0, null]);
      expect(found.purityOfValue).toEqual([1, 0.5, null]);
      // H(k) = ln 2, H(c) = −¾ ln ¾ − ¼ ln ¼, H(k, c) = 1.5 ln 2.
      const classes = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
      const expected = (2 * (classes - 0.5 * Math.LN2)) / (classes + Math.LN2);
      expect(found.mutualInformation).toBeCloseTo(expected, 12);
      expect(expected).toBeCloseTo(0.3437110185, 8);
    }));

  test('is 1 for classes by other names, and the information 1 as well', () =>
    scope(() => {
      const { purity, error, mutualInformation, classOfValue } = codePurity(logitsOf([2, 0, 1, 2], 3), {
        given: [0, 1, 2, 0],
        values: 3,
      });
      expect([purity, error, classOfValue]).toEqual([1, 0, [2, 0, 1]]);
      expect(mutualInformation).toBeCloseTo(1, 12);
    }));

  test('of a generator that knows one class alone has no information', () =>
    scope(() => {
      const { purity, mutualInformation, assigned } = codePurity(logitsOf([1, 1, 1], 3), {
        given: [0, 1, 2],
        values: 3,
      });
      expect([purity, mutualInformation]).toEqual([1, 0]);
      expect(assigned).toBeCloseTo(1 / 3, 12);
    }));

  test('of codes and classes that have nothing to do with each other is 0 and not less, whatever rounding leaves', () => {
    for (const values of [2, 3, 5, 7, 9])
      for (const classes of [3, 6, 7, 10])
        scope(() => {
          const pairs = Array.from({ length: values * classes }, (_, i) => [
            i % values,
            Math.floor(i / values),
          ]);
          const logits = logitsOf(
            pairs.map(([, label]) => label),
            classes,
          );
          const { mutualInformation } = codePurity(logits, { given: pairs.map(([value]) => value), values });
          expect(mutualInformation).toBeGreaterThanOrEqual(0);
          expect(mutualInformation).toBeCloseTo(0, 12);
        });
  });

  test('gives each value a class of its own', () =>
    scope(() => {
      // Class 0 is most frequent for both values: 3 + 1 images if value 0 gets it, 1 + 2 if value 1 does.
      const given = { given: [0, 0, 0, 0, 1, 1, 1], values: 2 };
      const found = codePurity(logitsOf([0, 0, 0, 1, 0, 0, 1], 3), given);
      expect(found.purity).toBeCloseTo(5 / 7, 12);
      expect(found.assigned).toBeCloseTo(4 / 7, 12);
      expect(found.assignedError).toBeCloseTo(Math.sqrt(((4 / 7) * (3 / 7)) / 6), 12);
      expect(found.assignedClassOfValue).toEqual([0, 1]);
    }));

  test('leaves values without a class where there are more of them', () =>
    scope(() => {
      const found = codePurity(logitsOf([0, 0, 1, 1], 2), { given: [0, 2, 1, 1], values: 3 });
      expect(found.purity).toBe(1);
      expect(found.assigned).toBeCloseTo(3 / 4, 12);
      expect(found.assignedClassOfValue.filter((label) => label === null)).toHaveLength(1);
    }));
});

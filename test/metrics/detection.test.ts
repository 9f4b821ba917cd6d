import { detection } from '../../src/metrics/detection';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { readCases } from '../support/fixtures';

const cases = readCases<{ name: string }>('metrics/detection');

describe('detection', () => {
  test('needs both what is normal and what is not', () => {
    expect(() => detection([1, 2], [true, true])).toThrow(usage('received 0 normal and 2 anomalies'));
    expect(() => detection([1, 2], [0, 0])).toThrow(usage('received 2 normal and 0 anomalies'));
  });

  test('refuses lists of different lengths, and a score that is not finite', () => {
    expect(() => detection([1, 2, 3], [true, false])).toThrow(usage('as many scores as kinds (2)'));
    for (const score of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => detection([1, score, 3], [true, false, false])).toThrow(
        failure('ERR_BAD_FEATURES', `expected finite scores but score 1 is ${score}`),
      );
  });

  test.each(cases.map((one) => [one.name, one] as const))(
    'has the figures of their definitions: %s',
    (_, { tensors }) =>
      scope(() => {
        const [scores, anomalous, figures] = ['scores', 'anomalous', 'figures'].map((name) =>
          Array.from(tensors.tensor(name).toTypedArray(), Number),
        );
        const { auroc, averagePrecision, falseAlarmsAt95 } = detection(scores, anomalous);
        const found = [auroc.value, auroc.error ?? Number.NaN, averagePrecision.value, falseAlarmsAt95.value];
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(figures[i], 12);
      }),
  );

  test('of a single anomaly tells no error from its spread', () => {
    const { auroc, falseAlarmsAt95 } = detection([0, 1, 2], [false, false, true]);
    expect(auroc).toEqual({ value: 1, error: 0 });
    expect(falseAlarmsAt95.value).toBe(0);
  });
});

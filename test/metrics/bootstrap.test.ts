import { bootstrap, bootstrapMean } from '../../src/metrics/bootstrap';
import { getRngState } from '../../src/tensor/random';
import { usage } from '../support/failure';
import { expectNear } from '../support/feature-sets';

describe('bootstrapMean', () => {
  test('of a share p has the error √(p (1 − p) / n), and an interval of two of them', () => {
    const values = Uint8Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    const { error, low, high } = bootstrapMean(values, { resamples: 2000 });
    const known = Math.sqrt((0.25 * 0.75) / 400);
    expectNear(error, known, 0.06);
    expectNear(0.25 - low, 1.96 * known, 0.15);
    expectNear(high - 0.25, 1.96 * known, 0.15);
  });

  test('of equal values has no error', () => {
    expect(bootstrapMean([0.5, 0.5, 0.5])).toEqual({ error: 0, low: 0.5, high: 0.5 });
  });
});

describe('bootstrap', () => {
  test('hands the statistic as many rows as there are, drawn with replacement', () => {
    const repeated = bootstrap(50, (rows) => {
      expect([rows.length, Math.min(...rows) >= 0, Math.max(...rows) < 50]).toEqual([50, true, true]);
      return new Set(rows).size / 50;
    });
    // Each is left out with probability (1 − 1/n)ⁿ.
    expect(repeated.low).toBeLessThan(1 - (1 - 1 / 50) ** 50);
    expect(repeated.high).toBeGreaterThan(1 - (1 - 1 / 50) ** 50);
    expect(repeated.high).toBeLessThan(0.8);
  });

  test('draws by its seed, and leaves the global generator alone', () => {
    const values = [1, 5, 2, 8, 3];
    const before = getRngState();
    expect(bootstrapMean(values, { seed: 2 })).toEqual(bootstrapMean(values, { seed: 2 }));
    expect(bootstrapMean(values, { seed: 2 })).not.toEqual(bootstrapMean(values, { seed: 3 }));
    expect(getRngState()).toEqual(before);
  });

  test('widens with the confidence asked for', () => {
    const values = [1, 5, 2, 8, 3];
    const [narrow, wide] = [0.5, 0.99].map((confidence) => bootstrapMean(values, { confidence }));
    expect(wide.low).toBeLessThan(narrow.low);
    expect(wide.high).toBeGreaterThan(narrow.high);
  });

  test('refuses a single image, and options out of range', () => {
    expect(() => bootstrapMean([1])).toThrow(usage('at least 2 images'));
    expect(() => bootstrapMean([1, 2], { resamples: 0 })).toThrow(usage('resamples'));
    expect(() => bootstrapMean([1, 2], { confidence: 2 })).toThrow(usage('confidence'));
  });
});

import { Distances, spans } from '../../src/metrics/distances';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { normalFeatures } from '../support/feature-sets';

describe('Distances', () => {
  test('are those of the differences, however far from 0 the vectors are', () =>
    scope(() => {
      const [rows, columns] = [
        normalFeatures([30, 5], { mean: 1e4 }),
        normalFeatures([40, 5], { mean: 1e4 }),
      ];
      const distances = new Distances({ rows, columns });
      const found = distances.tile({ start: 10, length: 20 }, { start: 5, length: 30 });
      const [x, y] = [rows.narrow(0, { start: 10, length: 20 }), columns.narrow(0, { start: 5, length: 30 })];
      const expected = x.double().unsqueeze(1).sub(y.double().unsqueeze(0)).square().sum(2);
      // float32 holds these vectors to 10⁻³, and would leave nothing of distances around 1.
      expectClose(found, expected, { relative: 1e-13 });
    }));

  test('of equal vectors are 0 within the slack, which decides nothing else', () =>
    scope(() => {
      const rows = normalFeatures([50, 64], { mean: 100 });
      const distances = new Distances({ rows, columns: rows });
      const all = distances.tile({ start: 0, length: 50 }, { start: 0, length: 50 });
      const slack = distances.slack();
      const within = all.abs().le(slack);
      expect(within.double().sum().item()).toBe(50);
      expect(slack).toBeLessThan(1e-11);
    }));

  test('cover all pairs with tiles of bounded size', () =>
    scope(() => {
      const [rows, columns] = [normalFeatures([2500, 2]), normalFeatures([9000, 2])];
      const { rowSpans, columnSpans } = new Distances({ rows, columns });
      const pairs = rowSpans.flatMap((row) => columnSpans.map((column) => row.length * column.length));
      expect(pairs.reduce((sum, count) => sum + count)).toBe(2500 * 9000);
      expect(Math.max(...pairs)).toBeLessThanOrEqual(2 ** 22);
    }));

  test('leave nothing behind but their tile', () =>
    scope(() => {
      const rows = normalFeatures([20, 3]);
      const distances = new Distances({ rows, columns: rows });
      const before = memory().tensors;
      distances.slack();
      const tile = distances.tile({ start: 0, length: 20 }, { start: 0, length: 20 });
      expect(memory().tensors).toBe(before + 1);
      tile.dispose();
    }));
});

describe('spans', () => {
  test('cover a count, the last one shorter', () => {
    expect(spans(7, 3)).toEqual([
      { start: 0, length: 3 },
      { start: 3, length: 3 },
      { start: 6, length: 1 },
    ]);
    expect(spans(6, 3)).toHaveLength(2);
    expect(spans(0, 3)).toEqual([]);
  });
});

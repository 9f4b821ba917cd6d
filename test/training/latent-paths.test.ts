import { scope } from '../../src/tensor/scope';
import { seededLatents } from '../../src/training/generated-images';
import { classRows, sweepLatents, walkLatents, withSeed } from '../../src/training/latent-paths';
import { usage } from '../support/failure';

const PLAIN = { size: 6 };
const CODED = { shape: [4, 1, 1], classes: 3, codes: 2 };

const rows = (table: unknown) => table as number[][];

describe('a walk', () => {
  test('goes from the latents of one seed to those of the other, on the great circle', () =>
    scope(() => {
      const way = rows(walkLatents(PLAIN, { from: 1, to: 2, frames: 5 }).toArray());
      const [a, b] = [1, 2].map((seed) => rows(seededLatents(PLAIN, { count: 1, seed }).toArray())[0]);
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i], 0);
      const angle = Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
      for (const [i, latents] of way.entries()) {
        const [first, second] = [1 - i / 4, i / 4].map((t) => Math.sin(t * angle) / Math.sin(angle));
        for (const [j, value] of latents.entries())
          expect(value).toBeCloseTo(first * a[j] + second * b[j], 5);
      }
    }));

  test('keeps the class, that of the first seed or the one asked for, while codes go straight', () =>
    scope(() => {
      const way = walkLatents(CODED, { from: 1, to: 2, frames: 3 });
      expect(way.shape).toEqual([3, 9, 1, 1]);
      const [start, middle, end] = rows(way.reshape([3, 9]).toArray());
      expect([middle.slice(4, 7), end.slice(4, 7)]).toEqual([start.slice(4, 7), start.slice(4, 7)]);
      for (const i of [7, 8]) expect(middle[i]).toBeCloseTo((start[i] + end[i]) / 2, 5);
      const asked = rows(
        walkLatents(CODED, { from: 1, to: 2, frames: 2, label: 2 }).reshape([2, 9]).toArray(),
      );
      expect(asked.map((latents) => latents.slice(4, 7))).toEqual([
        [0, 0, 1],
        [0, 0, 1],
      ]);
    }));

  test('of one seed stays where it is', () =>
    scope(() => {
      const [start, end] = rows(walkLatents(PLAIN, { from: 3, to: 3, frames: 2 }).toArray());
      expect(end).toEqual(start);
    }));

  test('needs two frames, and a class that exists', () => {
    expect(() => walkLatents(PLAIN, { from: 1, to: 2, frames: 1 })).toThrow(
      usage('at least 2 but received 1'),
    );
    expect(() => walkLatents(PLAIN, { from: 1, to: 2, frames: 2, label: 0 })).toThrow(
      usage('without labels'),
    );
    expect(() => walkLatents(CODED, { from: 1, to: 2, frames: 2, label: 3 })).toThrow(usage('from 0 to 2'));
  });
});

describe('a sweep', () => {
  test('shows the classes in columns, then each code from −1 to 1', () =>
    scope(() => {
      const { latents, columns } = withSeed(1, (source) => sweepLatents(CODED, source));
      expect(columns).toBe(3);
      const all = rows(latents.reshape([-1, 9]).toArray());
      // Five rows of classes, and five of each of two codes.
      expect(all).toHaveLength(3 * 5 * 3);
      for (const [i, one] of all.slice(0, 15).entries())
        expect(one.slice(4, 7)).toEqual([0, 1, 2].map((label) => (label === i % 3 ? 1 : 0)));
      expect(all[1].slice(0, 4)).toEqual(all[0].slice(0, 4));
      expect(all[3].slice(0, 4)).not.toEqual(all[0].slice(0, 4));
      for (const code of [0, 1]) {
        const block = all.slice(15 * (code + 1), 15 * (code + 2));
        for (const [i, one] of block.entries()) {
          expect(one[7 + code]).toBeCloseTo([-1, 0, 1][i % 3], 5);
          expect(one[8 - code]).toBe(block[i - (i % 3)][8 - code]);
        }
      }
    }));

  test('of latents without codes goes over their first numbers, from −3 to 3', () =>
    scope(() => {
      const { latents, columns } = withSeed(1, (source) => sweepLatents(PLAIN, source));
      expect([columns, latents.shape]).toEqual([10, [60, 6]]);
      const all = rows(latents.toArray());
      for (let place = 0; place < 6; place++) {
        const row = all.slice(10 * place, 10 * place + 10);
        expect([row[0][place], row[9][place]]).toEqual([-3, 3]);
        for (const one of row)
          expect(one.filter((_, i) => i !== place)).toEqual(row[0].filter((_, i) => i !== place));
      }
    }));
});

test('rows of classes share the noise of a column, within what truncation allows', () =>
  scope(() => {
    const all = rows(classRows(CODED, { seed: 2, columns: 4, truncation: 0.5 }).reshape([12, 9]).toArray());
    for (const [i, one] of all.entries()) {
      expect(one.slice(4, 7).indexOf(1)).toBe(Math.floor(i / 4));
      expect(one.slice(0, 4)).toEqual(all[i % 4].slice(0, 4));
      expect(Math.max(...one.slice(0, 4).map(Math.abs))).toBeLessThanOrEqual(0.5);
    }
  }));

import { Prng } from '../../../src/data/prng';
import { shiftImages } from '../../../src/metrics/features/shift';
import { arange } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { cat } from '../../../src/tensor/shapes';

/** The image whose pixel at (y, x) was at (y + dy, x + dx), borders repeated. */
function shifted(side: number, [dy, dx]: readonly [number, number]): number[] {
  const inside = (value: number) => Math.min(side - 1, Math.max(0, value));
  return Array.from(
    { length: side * side },
    (_, i) => inside(Math.floor(i / side) + dy) * side + inside((i % side) + dx),
  );
}

test('every image is moved by its own pixels, all channels together, with its border repeated outwards', () => {
  scope(() => {
    const image = arange({ end: 16 }).reshape([1, 1, 4, 4]);
    const batch = cat([image, image.add(100)], 1).expand([40, 2, 4, 4]);
    const moved = shiftImages(batch, { most: 1, random: new Prng(3) });
    expect(moved.shape).toEqual([40, 2, 4, 4]);
    const expected = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => shifted(4, [dy, dx]).join()));
    const seen = new Set<string>();
    for (const each of moved.unbind(0)) {
      const [first, second] = each.unbind(0).map((plane) => Array.from(plane.toTypedArray(), Number));
      expect(expected).toContain(first.join());
      expect(second).toEqual(first.map((value) => value + 100));
      seen.add(first.join());
    }
    expect(seen.size).toBe(9);
  });
});

test('no shift leaves images as they are', () => {
  scope(() => {
    const images = arange({ end: 32 }).reshape([2, 1, 4, 4]);
    expect(shiftImages(images, { most: 0, random: new Prng(1) }).equal(images)).toBe(true);
  });
});

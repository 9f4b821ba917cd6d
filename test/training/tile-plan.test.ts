import { planTiles, type TileOptions, tileSize } from '../../src/training/tile-plan';
import { usage } from '../support/failure';

const reach = { stride: 4, least: 8, receptiveField: 45 };

describe('tiles are refused', () => {
  test.each<[string, TileOptions, string]>([
    ['that are nothing but margin', { tile: 51 }, 'a tile of at least 52 pixels, for a margin of 24 on each'],
    ['smaller than the network takes', { tile: 7, overlap: 0 }, 'a tile of at least 8 pixels, for a margin'],
    ['with a margin that leaves nothing', { tile: 64, overlap: 32 }, 'a tile of at least 68 pixels'],
    ['of part of a pixel', { tile: 64.5 }, 'tile expects a positive integer but received 64.5'],
    ['of a negative margin', { tile: 64, overlap: -1 }, 'overlap expects a non-negative integer'],
  ])('%s', (_, options, message) => {
    expect(() => tileSize(reach, options)).toThrow(usage(message));
  });
});

describe('the size of tiles', () => {
  test('is a multiple of the stride, with half of the receptive field beside it', () => {
    expect(tileSize(reach, { tile: 67 })).toEqual({ tile: 64, overlap: 24 });
    expect(tileSize(reach, { tile: 52 })).toEqual({ tile: 52, overlap: 24 });
    expect(tileSize(reach, { tile: 64, overlap: 5 })).toEqual({ tile: 64, overlap: 8 });
  });

  test('has a quarter of the tile beside it where the network looks at all of the image', () => {
    const unet = { stride: 16, least: 16, receptiveField: Number.POSITIVE_INFINITY };
    expect(tileSize(unet, { tile: 256 })).toEqual({ tile: 256, overlap: 64 });
    expect(tileSize(unet, { tile: 48 })).toEqual({ tile: 48, overlap: 16 });
    expect(() => tileSize(unet, { tile: 47 })).toThrow(usage('a tile of at least 48 pixels'));
  });
});

describe.each([
  [
    { height: 100, width: 40 },
    { tile: 32, overlap: 8 },
  ],
  [
    { height: 36, width: 200 },
    { tile: 36, overlap: 16 },
  ],
  [
    { height: 64, width: 64 },
    { tile: 64, overlap: 24 },
  ],
  [
    { height: 60, width: 124 },
    { tile: 60, overlap: 0 },
  ],
])('tiles of %j by %j', (image, size) => {
  const tiles = planTiles(image, size);

  test('keep each pixel once', () => {
    const times = new Map<string, number>();
    for (const { rows, columns } of tiles)
      for (let y = 0; y < rows.kept.length; y++)
        for (let x = 0; x < columns.kept.length; x++) {
          const pixel = `${rows.kept.start + y},${columns.kept.start + x}`;
          times.set(pixel, (times.get(pixel) ?? 0) + 1);
        }
    expect(times.size).toBe(image.height * image.width);
    expect(new Set(times.values())).toEqual(new Set([1]));
  });

  test('have their margin on each side that is not the image’s, start at multiples of the stride and are of one size', () => {
    for (const { rows, columns } of tiles)
      for (const [span, side] of [
        [rows, image.height],
        [columns, image.width],
      ] as const) {
        const end = span.start + span.length;
        const kept = span.kept.start + span.kept.length;
        expect(span.length).toBe(Math.min(size.tile, side));
        expect(span.start % 4).toBe(0);
        if (span.start > 0) expect(span.kept.start - span.start).toBeGreaterThanOrEqual(size.overlap);
        else expect(span.kept.start).toBe(0);
        if (end < side) expect(end - kept).toBeGreaterThanOrEqual(size.overlap);
        else expect([end, kept]).toEqual([side, side]);
      }
  });

  test('share each pixel so that it counts once', () => {
    const sums = new Float64Array(image.height * image.width);
    for (const { rows, columns } of tiles)
      for (const [y, row] of rows.shares.entries())
        for (const [x, column] of columns.shares.entries())
          sums[(rows.start + y) * image.width + columns.start + x] += row * column;
    for (const sum of sums) expect(sum).toBeCloseTo(1, 10);
  });
});

test('shares are linear where two tiles overlap', () => {
  const [first, second] = planTiles({ height: 8, width: 20 }, { tile: 12, overlap: 2 });
  expect(first.columns.shares.slice(8)).toEqual([4 / 5, 3 / 5, 2 / 5, 1 / 5]);
  expect(second.columns.shares.slice(0, 4)).toEqual([1 / 5, 2 / 5, 3 / 5, 4 / 5]);
});

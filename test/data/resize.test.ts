import { resizeImages } from '../../src/data/resize';

function resized(
  pixels: number[],
  {
    from,
    to,
    channels = 1,
    pad = false,
    index = 0,
  }: { from: number; to: number; channels?: number; pad?: boolean; index?: number },
): number[] {
  const target = new Uint8Array(channels * to * to + 3);
  resizeImages({ pixels: Uint8Array.from(pixels), channels, from, to, pad })(index, target, 2);
  expect([target[0], target[1], target.at(-1)]).toEqual([0, 0, 0]);
  return [...target.subarray(2, -1)];
}

describe('resizeImages', () => {
  test('enlarges bilinearly between pixel centres, as PyTorch does without aligned corners', () => {
    const row = [0, 64, 191, 255];
    expect(resized([0, 255, 0, 255], { from: 2, to: 4 })).toEqual([row, row, row, row].flat());
    const columns = row.map((value) => [value, value, value, value]);
    expect(resized([0, 0, 255, 255], { from: 2, to: 4 })).toEqual(columns.flat());
  });

  test('shrinks with a triangle as wide as two output pixels', () => {
    // Weights for the first of two outputs over four inputs: 3/4, 3/4, 1/4, 0 by distance, normalised to 3/7, 3/7, 1/7.
    const row = [7, 14, 70, 210];
    const [left, right] = [(3 * 7 + 3 * 14 + 70) / 7, (14 + 3 * 70 + 3 * 210) / 7];
    expect(resized([row, row, row, row].flat(), { from: 4, to: 2 })).toEqual(
      [left, right, left, right].map(Math.round),
    );
  });

  test('keeps a flat image flat at any size', () => {
    for (const to of [5, 20, 28, 31, 57, 128])
      expect(new Set(resized(new Array(28 * 28).fill(201), { from: 28, to }))).toEqual(new Set([201]));
  });

  test('pads slight growth with background where asked to, and leaves every pixel as it is', () => {
    const pixels = Array.from({ length: 49 }, (_, i) => i + 1);
    const padded = resized(pixels, { from: 7, to: 8, pad: true });
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) expect(padded[y * 8 + x]).toBe(x < 7 && y < 7 ? pixels[y * 7 + x] : 0);
    expect(resized(pixels, { from: 7, to: 9, pad: true })).not.toContain(0);
  });

  test('takes each channel of the image asked for', () => {
    const flat = [10, 20, 30, 40].flatMap((value) => [value, value, value, value]);
    const expected = [30, 40].flatMap((value) => new Array(9).fill(value));
    expect(resized(flat, { from: 2, to: 3, channels: 2, index: 1 })).toEqual(expected);
    expect(resized(new Array(98).fill(5).fill(6, 49), { from: 7, to: 8, channels: 2, pad: true })[64]).toBe(
      6,
    );
  });
});

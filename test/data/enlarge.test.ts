import sharp from 'sharp';
import { decodeHalves, decodeImage } from '../../src/data/decode-image';
import type { DecodedForm, Fit } from '../../src/data/decoded-form';
import { enlarge } from '../../src/data/enlarge';
import { temporaryFolder } from './files';

const folder = temporaryFolder();

/** Two white columns in the middle of 8. */
const BARS = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 === 3 || i % 8 === 4 ? 255 : 0));
/** What Pillow's `resize((16, 16), Image.LANCZOS)` makes of a row of them. */
const PILLOW = [0, 2, 7, 0, 0, 52, 194, 255, 255, 194, 52, 0, 0, 7, 2, 0];

async function decoded(form: DecodedForm): Promise<Uint8Array> {
  const path = folder.path('bars');
  await sharp(BARS, { raw: { width: 8, height: 8, channels: 1 } })
    .png()
    .toFile(path);
  return decodeImage(sharp, path, form);
}

function rowOf(
  pixels: Uint8Array,
  { row, width }: { readonly row: number; readonly width: number },
): number[] {
  return [...pixels.subarray(row * width, (row + 1) * width)];
}

describe('an image that is enlarged', () => {
  test.each<Fit>(['crop', 'pad', 'stretch'])('is what Pillow makes of it, by %s', async (fit) => {
    const pixels = await decoded({ channels: 1, height: 16, width: 16, fit });
    for (const row of [0, 8, 15]) expect(rowOf(pixels, { row, width: 16 })).toEqual(PILLOW);
  });

  test.each<[number, number, Fit]>([
    [9, 9, 'crop'],
    [20, 64, 'crop'],
    [64, 20, 'pad'],
    [20, 64, 'pad'],
    [5, 31, 'stretch'],
    [31, 5, 'stretch'],
  ])('to %i × %i by %s keeps its symmetry', async (height, width, fit) => {
    const pixels = await decoded({ channels: 1, height, width, fit });
    expect(pixels).toHaveLength(height * width);
    for (let row = 0; row < height; row++) {
      const values = rowOf(pixels, { row, width });
      for (const [at, value] of values.entries()) {
        // libvips makes what shrinks, and rounds each way.
        expect(Math.abs(value - values[width - 1 - at])).toBeLessThanOrEqual(1);
        expect(Math.abs(value - pixels[(height - 1 - row) * width + at])).toBeLessThanOrEqual(1);
      }
    }
  });

  test('has white around it with pad, and nothing where there is alpha', async () => {
    const [grey, withAlpha] = await Promise.all(
      ([1, 2] as const).map((channels) => decoded({ channels, height: 16, width: 20, fit: 'pad' })),
    );
    expect(rowOf(grey, { row: 3, width: 20 })).toEqual([255, 255, ...PILLOW, 255, 255]);
    expect(rowOf(withAlpha.subarray(320), { row: 3, width: 20 })).toEqual([
      0,
      0,
      ...Array(16).fill(255),
      0,
      0,
    ]);
  });

  test('is of each half alone where two lie side by side', async () => {
    const path = folder.path('halves');
    const two = Uint8Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? BARS[i % 8] : 255));
    await sharp(two, { raw: { width: 16, height: 8, channels: 1 } })
      .png()
      .toFile(path);
    const halves = await decodeHalves(sharp, path, { channels: 1, height: 16, width: 16, fit: 'crop' });
    expect(rowOf(halves, { row: 4, width: 16 })).toEqual(PILLOW);
    expect(new Set(halves.subarray(256))).toEqual(new Set([255]));
  });

  test('of one pixel is that pixel', () => {
    const sizes = { from: { height: 1, width: 1 }, to: { height: 3, width: 2 } };
    expect([...enlarge(Uint8Array.of(9), { ...sizes, fit: 'crop' })]).toEqual(Array(6).fill(9));
  });

  test('takes no colour from where nothing is to be seen', () => {
    // Red, and a green that is wholly transparent.
    const pixels = Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 0);
    const sizes = { from: { height: 1, width: 2 }, to: { height: 1, width: 8 } };
    const made = enlarge(pixels, { ...sizes, fit: 'stretch' });
    const [red, green, alpha] = [0, 8, 24].map((at) => [...made.subarray(at, at + 8)]);
    for (const [i, cover] of alpha.entries()) expect([red[i], green[i]]).toEqual([cover > 0 ? 255 : 0, 0]);
    expect(alpha).toEqual([...alpha].sort((a, b) => b - a));
  });
});

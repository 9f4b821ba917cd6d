import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { encodeGif, writeGif } from '../../src/io/gif';
import type { Picture } from '../../src/io/png';
import { failure } from '../support/failure';

const grey = (shift: number): Picture => ({
  width: 16,
  height: 8,
  channels: 1,
  pixels: Uint8Array.from({ length: 128 }, (_, i) => (2 * i + shift) % 256),
});

/** The frames as another decoder sees them: RGBA, one below the other. */
async function decoded(bytes: Uint8Array): Promise<{ frames: number; delay?: number[]; pixels: Uint8Array }> {
  const image = sharp(Buffer.from(bytes), { animated: true });
  const { pages = 1, delay } = await image.metadata();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixels = Uint8Array.from({ length: data.length / info.channels }, (_, i) => data[i * info.channels]);
  return { frames: pages, delay, pixels };
}

test('grey frames come back as they went in, at their pace', async () => {
  const pictures = [grey(0), grey(1), grey(100)];
  const { frames, delay, pixels } = await decoded(encodeGif(pictures, { delay: 50 }));
  expect([frames, delay]).toEqual([3, [50, 50, 50]]);
  expect([...pixels]).toEqual(pictures.flatMap((picture) => [...picture.pixels]));
});

test('frames of few colours keep them', async () => {
  const pixels = Uint8Array.from({ length: 3 * 64 }, (_, i) => [255, 0, 0, 0, 0, 255][i % 6]);
  const { frames, pixels: red } = await decoded(encodeGif([{ width: 8, height: 8, channels: 3, pixels }]));
  expect(frames).toBe(1);
  expect([...red]).toEqual(Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 255 : 0)));
});

test.each<[Picture['channels'], number[], number[]]>([
  [2, [0, 255, 0, 0, 100, 102], [0, 255, 193]],
  [4, [0, 9, 9, 255, 0, 9, 9, 0, 100, 9, 9, 102], [0, 255, 193]],
])('a picture of %d channels is laid on white', async (channels, pixels, red) => {
  const picture = { width: 3, height: 1, channels, pixels: Uint8Array.from(pixels) };
  const { pixels: seen } = await decoded(encodeGif([picture]));
  expect([...seen]).toEqual(red);
});

test('no frames, and frames of different sizes, are refused', () => {
  expect(() => encodeGif([])).toThrow(failure('ERR_BAD_GIF', 'at least one picture'));
  const wide = { ...grey(0), width: 8, height: 16 };
  expect(() => encodeGif([grey(0), wide])).toThrow(failure('ERR_BAD_GIF', 'number 1 differs from the first'));
});

test('pixels that are no bytes, or too few, are refused', () => {
  const floats = Object(new Float32Array(128));
  expect(() => encodeGif([{ ...grey(0), pixels: floats }])).toThrow(
    failure('ERR_BAD_GIF', 'those of number 0 are Float32Array'),
  );
  expect(() => encodeGif([grey(0), { ...grey(1), pixels: new Uint8Array(127) }])).toThrow(
    failure('ERR_BAD_GIF', '128 pixel values a picture, but number 1 has 127'),
  );
});

test('a file that cannot be written is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gif-'));
  const file = join(folder, 'no', 'walk.gif');
  await expect(writeGif(file, [grey(0)])).rejects.toEqual(failure('ERR_CANNOT_WRITE', file));
  rmSync(folder, { recursive: true });
});

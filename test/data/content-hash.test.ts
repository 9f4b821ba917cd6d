import { contentHash } from '../../src/data/content-hash';
import { ImageDataset } from '../../src/data/dataset';
import { drawnPixels } from '../../src/data/pixels';

const pixels = (count: number) => Uint8Array.from({ length: count * 16 }, (_, i) => (i * 37) % 251);
const set = (name: string, bytes: Uint8Array, side = 4) =>
  new ImageDataset({ name, channels: 1, height: side, width: side, pixels: bytes });

test('equal pixels have one hash, whatever the name and wherever they are', async () => {
  const bytes = pixels(9);
  const drawn = drawnPixels({
    count: 9,
    imageBytes: 16,
    draw: (index, target, offset) => target.set(bytes.subarray(16 * index, 16 * (index + 1)), offset),
  });
  const elsewhere = new ImageDataset({ name: 'b', channels: 1, height: 4, width: 4, pixels: drawn });
  expect(await contentHash(elsewhere)).toBe(await contentHash(set('a', bytes)));
});

test('another pixel, number or shape is another hash', async () => {
  const changed = pixels(9);
  changed[100] ^= 1;
  const sets = [set('a', pixels(9)), set('a', changed), set('a', pixels(8)), set('a', pixels(8), 8)];
  const hashes = await Promise.all(sets.map(contentHash));
  expect(new Set(hashes).size).toBe(4);
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
});

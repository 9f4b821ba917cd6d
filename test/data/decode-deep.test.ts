import sharp from 'sharp';
import { decodeDeep, decodeWhole } from '../../src/data/decode-image';
import { put, temporaryFolder } from './files';
import { bigEndian, floatTiff, pngRow } from './image-files';

const folder = temporaryFolder();
const path = (): string => folder.path('image');

/** A file of 16 bits of one row. */
function putRow(colorType: number, samples: number, values: readonly number[]): void {
  put(path(), pngRow({ width: values.length / samples, depth: 16, colorType, row: bigEndian(values) }));
}

test('what is no image of 8 or 16 bits is refused by its name', async () => {
  put(path(), floatTiff([0, 0.5]));
  await expect(decodeDeep(sharp, path(), 1)).rejects.toMatchObject({
    code: 'ERR_BAD_IMAGE',
    message: `${path()} is not a readable image: its pixels are of the type float: save it with 8 or 16 bits`,
  });
});

test('a file of 16 bits whose pixels are cut off is refused', async () => {
  putRow(
    0,
    1,
    Array.from({ length: 3000 }, (_, i) => (i * 7919) % 65536),
  );
  const file = await sharp(path()).png().toColourspace('grey16').toBuffer();
  put(path(), file.subarray(0, file.length / 2));
  await expect(decodeDeep(sharp, path(), 1)).rejects.toMatchObject({ code: 'ERR_BAD_IMAGE' });
});

test('all 65,536 levels of grey come as they are, for a grey model and one of colours', async () => {
  const levels = Array.from({ length: 65_536 }, (_, i) => i);
  const file = await sharp(Uint16Array.from(levels), { raw: { width: 256, height: 256, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  put(path(), file);
  const { height, width, pixels } = await decodeDeep(sharp, path(), 1);
  expect([height, width]).toEqual([256, 256]);
  expect(pixels).toEqual(Uint16Array.from(levels));
  expect((await decodeDeep(sharp, path(), 3)).pixels).toEqual(
    Uint16Array.from([levels, levels, levels].flat()),
  );
});

test('colours and alpha keep bits that 8 would lose', async () => {
  putRow(6, 4, [1, 257, 65_534, 300, 40_001, 40_002, 40_003, 65_535]);
  expect((await decodeDeep(sharp, path(), 4)).pixels).toEqual(
    Uint16Array.of(1, 40_001, 257, 40_002, 65_534, 40_003, 300, 65_535),
  );
});

test('grey of colours is Rec. 601 in 16 bits, and new alpha is opaque', async () => {
  putRow(2, 3, [65_535, 0, 0, 0, 65_535, 0, 1000, 2000, 3001]);
  const grey = [19_595, 38_469, Math.round(0.299 * 1000 + 0.587 * 2000 + 0.114 * 3001)];
  expect((await decodeDeep(sharp, path(), 2)).pixels).toEqual(
    Uint16Array.of(...grey, 65_535, 65_535, 65_535),
  );
});

test('what is transparent is laid on white', async () => {
  putRow(4, 2, [1000, 0, 1000, 65_535, 1000, 13_107]);
  // A fifth of 1000 over four fifths of white.
  expect((await decodeDeep(sharp, path(), 1)).pixels).toEqual(Uint16Array.of(65_535, 1000, 52_628));
});

test('a TIFF file of 16 bits is read as a PNG file is', async () => {
  putRow(2, 3, [1, 257, 65_534]);
  put(path(), await sharp(path()).toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer());
  expect((await decodeDeep(sharp, path(), 3)).pixels).toEqual(Uint16Array.of(1, 257, 65_534));
});

test('a file of 8 bits comes as bytes', async () => {
  put(path(), pngRow({ width: 2, depth: 8, colorType: 2, row: [1, 2, 3, 4, 5, 6] }));
  const { pixels } = await decodeDeep(sharp, path(), 3);
  expect(pixels).toEqual(Uint8Array.of(1, 4, 2, 5, 3, 6));
  expect(await decodeWhole(sharp, path(), 3)).toMatchObject({ pixels });
});

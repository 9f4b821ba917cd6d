import { mkdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readIdx } from '../../src/data/idx';
import { idx, put, temporaryFolder } from './files';

const folder = temporaryFolder();
const pixels = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => i * 10);
const raw = idx([2, 3, 3], pixels);
const zipped = gzipSync(raw);
const damaged = Uint8Array.from(zipped);
damaged[zipped.length - 6] ^= 1;

describe('readIdx', () => {
  test('names a file that is missing, or a folder', async () => {
    await expect(readIdx(folder.path('none'), 3)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining(`${folder.path('none')} does not exist`),
    });
    mkdirSync(folder.path('dir'));
    await expect(readIdx(folder.path('dir'), 3)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining('cannot be read'),
    });
  });

  test.each<[string, Uint8Array, 1 | 3, string]>([
    ['an empty file', Buffer.alloc(0), 3, 'a header of 16 bytes is expected, but it holds 0'],
    [
      'a file that ends in its header',
      raw.subarray(0, 10),
      3,
      'a header of 16 bytes is expected, but it holds 10',
    ],
    ['a wrong magic number', idx([2, 3, 3], pixels, 0x0d03), 3, '0x00000d03, but 0x00000803 is expected'],
    ['images for labels', raw, 1, '0x00000803, but 0x00000801 is expected (unsigned bytes, labels)'],
    ['labels for images', idx([20], pixels.slice(0, 20)), 3, '0x00000801, but 0x00000803 is expected'],
    ['a web page', Buffer.from('<html><body>404 Not Found'), 3, '0x3c68746d, but 0x00000803'],
    ['a truncated file', raw.subarray(0, -1), 3, '34 bytes are expected for 2×3×3, but it holds 33'],
    [
      'bytes after the end',
      Buffer.concat([raw, Buffer.alloc(2)]),
      3,
      '34 bytes are expected for 2×3×3, but it holds 36',
    ],
    ['a header that asks for 280 TB', idx([0xffffffff, 256, 256], []), 3, 'more than the 1073741824 allowed'],
    ['a truncated gzip file', zipped.subarray(0, -12), 3, 'does not unzip to its end'],
    ['a gzip file with a wrong checksum', damaged, 3, 'does not unzip: incorrect data check'],
    ['a gzip header and nothing else', zipped.subarray(0, 10), 3, 'a header of 16 bytes is expected'],
    [
      'a gzip file of something else',
      gzipSync('hello, this is no IDX file'),
      3,
      'its magic number is 0x68656c6c',
    ],
    ['a gzip file that starts badly', Buffer.from([0x1f, 0x8b, 7, 7, 7, 7, 7, 7]), 3, 'does not unzip'],
    [
      'a short gzip file',
      gzipSync(raw.subarray(0, -1)),
      3,
      '34 bytes are expected for 2×3×3, but it holds 33',
    ],
  ])('refuses %s', async (_, bytes, dimensions, reason) => {
    put(folder.path('file'), bytes);
    const error = await readIdx(folder.path('file'), dimensions).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_DATA_CORRUPT', message: expect.stringContaining(reason) });
    expect(error).toMatchObject({ message: expect.stringContaining(folder.path('file')) });
  });

  test('stops unzipping where the header says the file ends', async () => {
    const bomb = gzipSync(Buffer.concat([raw, Buffer.alloc(300_000_000)]));
    put(folder.path('bomb.gz'), bomb);
    const before = process.memoryUsage().rss;
    await expect(readIdx(folder.path('bomb.gz'), 3)).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringContaining('unzips to more than the 34 bytes'),
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test.each([false, true])('reads images and labels (gzipped: %j)', async (gzip) => {
    put(folder.path('images'), raw, { gzip });
    put(folder.path('labels'), idx([4], [3, 1, 4, 1]), { gzip });
    const images = await readIdx(folder.path('images'), 3);
    expect(images.shape).toEqual([2, 3, 3]);
    expect([...images.data]).toEqual([...pixels]);
    const labels = await readIdx(folder.path('labels'), 1);
    expect([labels.shape, [...labels.data]]).toEqual([[4], [3, 1, 4, 1]]);
  });
});

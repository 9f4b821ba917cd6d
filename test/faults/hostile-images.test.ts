// Images that are bombs, broken, empty or something else: each is refused by its name in one line, or left out with `skip`, in little time
// and memory, and nothing stays in the cache of what was refused.
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { imageFolder } from '../../src/data/image-folder';
import { pairFolder } from '../../src/data/pair-folder';
import { readPng } from '../../src/io/png';
import { environment, plain, put, temporaryFolder } from '../data/files';
import { pngChunk, pngOf, tiffOf } from '../data/image-files';
import { countFaults } from './count';
import { refused } from './damage';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path('cache') }));

/** Memory that an image may take that is refused, in kB: what 67 million pixels take, which are allowed, is more. */
const MOST_KB = 200_000;

function png(
  width: number,
  height: number,
  { depth = 8, colour = 2, data = Buffer.alloc(1000) } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour], 8);
  return pngOf(pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(data)));
}

function gif(width: number, height: number): Buffer {
  const bytes = Buffer.from(
    'GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\0\0\0\0\0\x02\x02D\x01\0;',
    'latin1',
  );
  for (const at of [6, 24]) {
    bytes.writeUInt16LE(width, at);
    bytes.writeUInt16LE(height, at + 2);
  }
  return bytes;
}

/** @param strip bytes of pixels that it says it has */
function tiff(width: number, height: number, strip = 4): Buffer {
  return tiffOf([
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, strip],
  ]);
}

function bmpHeader(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54 + 64);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';

const HOSTILE: readonly (readonly [string, string, () => Buffer | string])[] = [
  ['a PNG of 60000 × 60000', 'x.png', () => png(60_000, 60_000)],
  ['a PNG of 2³¹ × 2³¹', 'x.png', () => png(2 ** 31 - 1, 2 ** 31 - 1)],
  ['a PNG of 2³² − 1 × 1', 'x.png', () => png(2 ** 32 - 1, 1)],
  ['a PNG of 0 × 5', 'x.png', () => png(0, 5)],
  ['a PNG of another depth', 'x.png', () => png(5, 5, { depth: 3 })],
  ['a PNG of another kind of colour', 'x.png', () => png(5, 5, { colour: 9 })],
  ['a PNG with too few pixels', 'x.png', () => png(500, 500)],
  ['a PNG that is its signature', 'x.png', () => png(5, 5).subarray(0, 8)],
  ['a PNG that ends in its header', 'x.png', () => png(5, 5).subarray(0, 30)],
  ['a GIF of 65535 × 65535', 'x.gif', () => gif(65_535, 65_535)],
  ['a TIFF of 2³¹ × 2³¹', 'x.tiff', () => tiff(2 ** 31 - 1, 2 ** 31 - 1)],
  ['a TIFF of 100000 × 100000', 'x.tiff', () => tiff(100_000, 100_000)],
  ['a TIFF whose pixels are not there', 'x.tiff', () => tiff(100, 100, 10_000)],
  ['a TIFF of 0 × 0', 'x.tiff', () => tiff(0, 0)],
  ['a BMP of 2³¹ − 1 × 2³¹ − 1', 'x.bmp', () => bmpHeader(2 ** 31 - 1, 2 ** 31 - 1)],
  ['a BMP of −2³¹ rows', 'x.bmp', () => bmpHeader(9, -(2 ** 31))],
  ['a BMP without its pixels', 'x.bmp', () => bmpHeader(100, 100)],
  ['a BMP of a negative width', 'x.bmp', () => bmpHeader(-9, 9)],
  ['an empty PNG', 'x.png', () => ''],
  ['an empty JPEG', 'x.jpg', () => ''],
  ['an empty GIF', 'x.gif', () => ''],
  ['an empty WebP', 'x.webp', () => ''],
  ['an empty TIFF', 'x.tiff', () => ''],
  ['an empty BMP', 'x.bmp', () => ''],
  ['a text', 'x.png', () => 'hello'],
  ['an SVG that is called PNG', 'x.png', () => SVG],
  ['a PDF that is called JPEG', 'x.jpg', () => '%PDF-1.4\n'],
  ['a page that is called GIF', 'x.gif', () => '<!doctype html>'],
  ['a zip that is called WebP', 'x.webp', () => 'PK\x03\x04'],
  ['a JPEG that is its first marker', 'x.jpg', () => Buffer.from('ffd8ffe0', 'hex')],
  ['a WebP without anything', 'x.webp', () => Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1')],
];

describe.each(HOSTILE)('%s', (_, name, make) => {
  const images = (...parts: string[]) => folder.path('images', ...parts);
  beforeEach(async () => {
    put(images('a.png'), await plain('png', { width: 9, height: 9, colour: 'red' }));
    put(images(name), make());
  });

  test('is refused by its name, and nothing is packed', async () => {
    const before = process.resourceUsage().maxRSS;
    refused(await imageFolder(images(), { resolution: 8 }).catch((error) => error), name);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(MOST_KB);
    expect(readdirSync(folder.path('cache', 'libtorch-gan', 'packed'))).toEqual([]);
    countFaults('hostile images');
  });

  test('is left out with skip, and the good one is there', async () => {
    const { count, skipped } = await imageFolder(images(), { resolution: 8, onBadImage: 'skip' });
    expect([count, skipped.map(({ file }) => file)]).toEqual([1, [name]]);
    countFaults('hostile images');
  });
});

test.each([
  ['a PNG of 60000 × 60000', () => png(60_000, 60_000)],
  ['a PNG of 2³¹ × 2³¹', () => png(2 ** 31 - 1, 2 ** 31 - 1)],
  ['an empty one', () => ''],
  ['a text', () => 'hello'],
])('readPng refuses %s', async (_, make) => {
  put(folder.path('mask.png'), make());
  const before = process.resourceUsage().maxRSS;
  refused(await readPng(folder.path('mask.png')).catch((error) => error), 'mask.png');
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(MOST_KB);
  countFaults('hostile images');
});

describe('folders', () => {
  const open = () => imageFolder(folder.path('images'), { resolution: 8 });
  const good = () => plain('png', { width: 9, height: 9, colour: 'red' });

  test.each<[string, () => void | Promise<void>]>([
    ['that is not there', () => {}],
    ['that is a file', () => put(folder.path('images'), 'a file')],
    ['that is empty', () => void mkdirSync(folder.path('images'))],
    ['of empty classes', () => void mkdirSync(folder.path('images', 'a'), { recursive: true })],
    ['of hidden files', async () => put(folder.path('images', '.a.png'), await good())],
    ['of texts', () => put(folder.path('images', 'notes.txt'), 'hello')],
    ['that is a link to nowhere', () => symlinkSync('nowhere', folder.path('images'))],
    ['that is a link to itself', () => symlinkSync('images', folder.path('images'))],
  ])('%s is refused in one line', async (_, make) => {
    await make();
    refused(await open().catch((error) => error), 'images');
    refused(await pairFolder(folder.path('images'), { resolution: 8 }).catch((error) => error), 'images');
    countFaults('odd cases');
  });

  test.each<[string, (path: (...parts: string[]) => string) => void | Promise<void>]>([
    ['a link to nowhere', (path) => symlinkSync('nowhere', path('b.png'))],
    ['a link to itself', (path) => symlinkSync('b.png', path('b.png'))],
    ['a folder called like an image', (path) => void mkdirSync(path('b.png'))],
  ])('%s among good images: refused by its name, or left out', async (_, make) => {
    put(folder.path('images', 'a.png'), await good());
    await make((...parts) => folder.path('images', ...parts));
    const found = await open().catch((error) => error);
    if (found instanceof Error) refused(found, 'b.png');
    else expect(found.count).toBe(1);
    countFaults('odd cases');
  });

  test('a link to the folder itself is no second folder', async () => {
    put(folder.path('images', 'a.png'), await good());
    symlinkSync('.', folder.path('images', 'again'));
    expect((await open()).count).toBe(1);
    countFaults('odd cases');
  });

  test.each([
    'a b.png',
    'ü-🏃.png',
    'one\ntwo.png',
    '-rf.png',
    '$(touch pwned).png',
    `${'x'.repeat(250)}.png`,
    '\u001b[31m.png',
  ])('an image called %j is read, and refused by that name in one line', async (name) => {
    put(folder.path('images', name), await good());
    expect((await open()).count).toBe(1);
    put(folder.path('images', name), 'hello');
    await expect(open()).rejects.toMatchObject({ code: 'ERR_BAD_IMAGE' });
    countFaults('odd cases');
  });
});

import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { ImageShape } from '../../src/data/dataset';
import { decodeImage, loadSharp } from '../../src/data/decode-image';
import { plain, put, temporaryFolder } from './files';

const folder = temporaryFolder();
const path = (): string => folder.path('image');

function decode(shape: Partial<ImageShape> = {}): Promise<Uint8Array> {
  return decodeImage(sharp, path(), { channels: 3, height: 8, width: 8, ...shape });
}

/** Left half red, right half blue. */
async function halves(width: number, height: number): Promise<sharp.Sharp> {
  const right = { width: width / 2, height, channels: 3, background: '#0000ff' } as const;
  const both = sharp({ create: { width, height, channels: 3, background: '#ff0000' } });
  return sharp(
    await both
      .composite([{ input: { create: right }, left: width / 2, top: 0 }])
      .png()
      .toBuffer(),
  );
}

async function noise(width: number, height: number): Promise<sharp.Sharp> {
  return sharp(Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251)), {
    raw: { width, height, channels: 3 },
  });
}

describe('decodeImage', () => {
  test('names a file that is missing', async () => {
    await expect(decode()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: expect.stringMatching(/image is not a readable image: ENOENT/),
    });
  });

  test.each<[string, () => Promise<Uint8Array>, string]>([
    ['an empty file', async () => Buffer.alloc(0), 'it is empty'],
    ['a text file', async () => Buffer.from('not an image'), 'it begins with the bytes 6e6f7420'],
    [
      'an SVG drawing',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'a JPEG, PNG or WebP file is expected',
    ],
    ['a JPEG start and nothing else', async () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'header'],
    ['a truncated JPEG', async () => half((await noise(200, 200)).jpeg()), 'premature end'],
    ['a truncated PNG', async () => half((await noise(200, 200)).png()), 'png'],
    ['a truncated WebP', async () => half((await noise(200, 200)).webp()), 'webp'],
    [
      'too many pixels',
      async () => claiming(await plain('png', { width: 8, height: 8, colour: 'red' }), 8200),
      'exceeds pixel limit',
    ],
  ])('refuses %s', async (_, bytes, reason) => {
    put(path(), await bytes());
    await expect(decode()).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: expect.stringMatching(new RegExp(`^${path()} is not a readable image: .*${reason}`, 'i')),
    });
  });

  test.each(['jpeg', 'png', 'webp'] as const)('reads %s into colour planes, or grey', async (format) => {
    put(path(), await plain(format, { width: 20, height: 30, colour: '#ff8000' }));
    const planes = await decode();
    expect(planes.length).toBe(3 * 64);
    for (const [plane, value] of [255, 128, 0].entries())
      for (const at of [0, 63]) expect(Math.abs(planes[plane * 64 + at] - value)).toBeLessThanOrEqual(3);
    const grey = await decode({ channels: 1 });
    expect(grey.length).toBe(64);
    // CIE lightness of orange lies between those of pure red (54) and yellow (97).
    expect(grey[0]).toBeGreaterThan(140);
    expect(grey[0]).toBeLessThan(190);
  });

  test('spreads grey over all planes, and reduces 16 bits to 8', async () => {
    put(
      path(),
      await sharp(await plain('png', { width: 9, height: 9, colour: '#808080' }))
        .toColourspace('grey16')
        .png()
        .toBuffer(),
    );
    expect(new Set(await decode())).toEqual(new Set([128]));
  });

  test('puts transparent parts on white', async () => {
    const background = { r: 255, g: 0, b: 0, alpha: 0 };
    put(
      path(),
      await sharp({ create: { width: 9, height: 9, channels: 4, background } })
        .png()
        .toBuffer(),
    );
    expect(new Set(await decode())).toEqual(new Set([255]));
  });

  test('cuts the middle out of a wide image', async () => {
    put(path(), await (await halves(64, 16)).png().toBuffer());
    const red = (await decode()).subarray(0, 64);
    expect(Math.min(...red.subarray(0, 3))).toBeGreaterThan(250);
    expect(Math.max(...red.subarray(5, 8))).toBeLessThan(5);
  });

  test('turns an image as its EXIF orientation says', async () => {
    // Orientation 6: the camera was turned, so that left goes to the top.
    put(
      path(),
      await (await halves(32, 32))
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    );
    const red = (await decode()).subarray(0, 64);
    expect(Math.min(red[0], red[7])).toBeGreaterThan(240);
    expect(Math.max(red[56], red[63])).toBeLessThan(15);
  });
});

describe('loadSharp', () => {
  afterEach(() => {
    jest.resetModules();
    jest.dontMock('sharp');
  });

  test('tells how to install sharp where it is missing', async () => {
    jest.resetModules();
    jest.doMock('sharp', () => {
      throw new Error("Cannot find module 'sharp'\nRequire stack:");
    });
    const again: typeof import('../../src/data/decode-image') = require('../../src/data/decode-image');
    await expect(again.loadSharp()).rejects.toMatchObject({
      code: 'ERR_NO_SHARP',
      message: expect.stringMatching(/Cannot find module 'sharp'\); install it with: npm install sharp$/),
    });
  });

  test('gives sharp where it is installed', async () => {
    expect((await loadSharp()).format.jpeg.id).toBe('jpeg');
  });
});

/** The first half of an image file. */
async function half(image: sharp.Sharp): Promise<Uint8Array> {
  const bytes = await image.toBuffer();
  return bytes.subarray(0, bytes.length / 2);
}

/** A PNG whose header claims to be so wide and high. */
function claiming(png: Buffer, side: number): Buffer {
  png.writeUInt32BE(side, 16);
  png.writeUInt32BE(side, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

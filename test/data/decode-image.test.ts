import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import {
  decodeFormed,
  decodeHalves,
  decodeImage,
  decodeWhole,
  loadSharp,
  measureImage,
} from '../../src/data/decode-image';
import type { DecodedForm } from '../../src/data/decoded-form';
import { failure } from '../support/failure';
import { plain, put, temporaryFolder } from './files';
import { bmp, floatTiff, pngRow } from './image-files';

const folder = temporaryFolder();
const path = (): string => folder.path('image');

const form: DecodedForm = { channels: 3, height: 8, width: 8, fit: 'crop' };

function decode(changes: Partial<DecodedForm> = {}): Promise<Uint8Array> {
  return decodeImage(sharp, path(), { ...form, ...changes });
}

/** Decodes an image of one row without scaling it. */
async function decodeRow(width: number, channels: number): Promise<number[]> {
  return [...(await decode({ width, height: 1, channels }))];
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

  test('does not open what is no file: nobody may write to a pipe', async () => {
    execFileSync('mkfifo', [folder.path('pipe')]);
    const server = createServer().listen(folder.path('socket'));
    await once(server, 'listening');
    symlinkSync('/dev/zero', folder.path('device'));
    mkdirSync(folder.path('folder'));
    for (const kind of ['pipe', 'socket', 'device', 'folder'])
      await expect(decodeImage(sharp, folder.path(kind), form)).rejects.toEqual(
        failure(
          'ERR_BAD_IMAGE',
          `${folder.path(kind)} is not a readable image: a file is expected, but it is a ${kind}`,
        ),
      );
    server.close();
  });

  test.each<[string, () => Promise<Uint8Array>, string]>([
    ['an empty file', async () => Buffer.alloc(0), 'it is empty'],
    ['a text file', async () => Buffer.from('not an image'), 'it begins with the bytes 6e6f7420'],
    [
      'an SVG drawing',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'a JPEG, PNG, WebP, GIF, TIFF or BMP file is expected',
    ],
    ['a JPEG start and nothing else', async () => Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'header'],
    ['a truncated JPEG', async () => half((await noise(200, 200)).jpeg()), 'premature end'],
    ['a truncated PNG', async () => half((await noise(200, 200)).png()), 'png'],
    ['a truncated WebP', async () => half((await noise(200, 200)).webp()), 'webp'],
    ['a truncated GIF', async () => half((await noise(200, 200)).gif()), 'end of GIF'],
    ['a truncated TIFF', async () => half((await noise(200, 200)).tiff()), 'unsupported image format'],
    [
      'a truncated BMP',
      async () => bmp({ width: 2, height: 2, bits: 24, rows: [[1, 2, 3, 4, 5, 6, 0, 0]] }),
      'its pixels take 16 bytes from byte 54 on, but it has 62 bytes: it is cut off',
    ],
    [
      'a TIFF of floats',
      async () => floatTiff([0, 0.5, 1]),
      'its pixels are of the type float: save it with',
    ],
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

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)(
    'reads %s into colour planes',
    async (format) => {
      put(path(), await plain(format, { width: 20, height: 30, colour: '#ff8000' }));
      const planes = await decode();
      expect(planes.length).toBe(3 * 64);
      for (const [plane, value] of [255, 128, 0].entries())
        for (const at of [0, 63]) expect(Math.abs(planes[plane * 64 + at] - value)).toBeLessThanOrEqual(3);
    },
  );

  test('reads BMP, scaled as the others are', async () => {
    const rows = Array.from({ length: 16 }, (_, y) => Array<number>(24).fill(y < 8 ? 200 : 100));
    put(path(), bmp({ width: 8, height: -16, bits: 24, rows }));
    const [red] = [(await decode({ fit: 'stretch' })).subarray(0, 64)];
    expect([red[0], red[63]]).toEqual([200, 100]);
  });

  test('makes grey by Rec. 601: 76, 150 and 29 of pure red, green and blue', async () => {
    const row = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 200, 100, 50];
    put(path(), pngRow({ width: 5, depth: 8, colorType: 2, row }));
    const grey = [76, 150, 29, 255, 124];
    expect(await decodeRow(5, 1)).toEqual(grey);
    expect(await decodeRow(5, 2)).toEqual([...grey, 255, 255, 255, 255, 255]);
  });

  test('spreads grey over all planes, and reduces 16 bits to 8', async () => {
    put(path(), pngRow({ width: 3, depth: 16, colorType: 0, row: [0x80, 0x80, 0xff, 0xff, 0, 0] }));
    const grey = [128, 255, 0];
    expect(await decodeRow(3, 1)).toEqual(grey);
    expect(await decodeRow(3, 3)).toEqual([grey, grey, grey].flat());
    expect(await decodeRow(3, 4)).toEqual([...grey, ...grey, ...grey, 255, 255, 255]);
  });

  describe.each([
    ['8 bits', { depth: 8, row: [255, 0, 0, 128, 0, 0, 0, 0] }],
    ['16 bits', { depth: 16, row: [255, 255, 0, 0, 0, 0, 128, 128, 0, 0, 0, 0, 0, 0, 0, 0] }],
  ])('of an image with alpha of %s', (_, file) => {
    beforeEach(() => put(path(), pngRow({ width: 2, colorType: 6, ...file })));

    test('keeps alpha, not premultiplied, where there is a channel for it', async () => {
      expect(await decodeRow(2, 4)).toEqual([255, 0, 0, 0, 0, 0, 128, 0]);
      expect(await decodeRow(2, 2)).toEqual([76, 0, 128, 0]);
    });

    test('lays transparent parts on white where there is none', async () => {
      const [red, green, blue] = [await decodeRow(2, 3)].flatMap((planes) => [
        planes.slice(0, 2),
        planes.slice(2, 4),
        planes.slice(4),
      ]);
      expect(red).toEqual([255, 255]);
      // Half of white over none of green and blue.
      for (const plane of [green, blue]) {
        expect(Math.abs(plane[0] - 127)).toBeLessThanOrEqual(1);
        expect(plane[1]).toBe(255);
      }
      expect((await decodeRow(2, 1))[1]).toBe(255);
    });
  });

  test('does not let the colour of transparent pixels bleed when it scales', async () => {
    const row = [255, 0, 0, 255, 0, 255, 0, 0, 255, 0, 0, 255, 0, 255, 0, 0];
    put(path(), pngRow({ width: 4, depth: 8, colorType: 6, row }));
    const planes = await decode({ width: 2, height: 1, channels: 4, fit: 'stretch' });
    expect([...planes.subarray(0, 4)]).toEqual([255, 255, 0, 0]);
  });

  test('converts colours of another profile to sRGB', async () => {
    const green = { width: 8, height: 8, channels: 3, background: '#00c800' } as const;
    put(path(), await sharp({ create: green }).withIccProfile('p3').png().toBuffer());
    const planes = await decode();
    for (const [plane, value] of [0, 200, 0].entries())
      expect(Math.abs(planes[plane * 64] - value)).toBeLessThanOrEqual(3);
  });

  test('takes the first image of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(192, 255), Buffer.alloc(192, 0)]);
    const raw = { width: 8, height: 16, channels: 3, pageHeight: 8 } as const;
    put(
      path(),
      await sharp(frames, { raw })
        .gif({ delay: [100, 100] })
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

  test('fits a wide image in with white above and below, or transparent there', async () => {
    put(path(), await plain('png', { width: 64, height: 32, colour: '#000000' }));
    const column = (planes: Uint8Array, plane: number) =>
      Array.from({ length: 8 }, (_, y) => planes[plane * 64 + 8 * y + 4]);
    const margin = [255, 255, 0, 0, 0, 0, 255, 255];
    expect(column(await decode({ fit: 'pad' }), 0)).toEqual(margin);
    const clear = await decode({ fit: 'pad', channels: 4 });
    expect(column(clear, 0)).toEqual(margin);
    expect(column(clear, 3)).toEqual([0, 0, 255, 255, 255, 255, 0, 0]);
  });

  test('stretches an image over the whole', async () => {
    put(path(), await (await halves(64, 16)).png().toBuffer());
    const red = (await decode({ fit: 'stretch' })).subarray(0, 64);
    expect(Math.min(...red.subarray(0, 3))).toBeGreaterThan(250);
    expect(Math.max(...red.subarray(5, 8))).toBeLessThan(10);
  });

  test('has height and width apart', async () => {
    put(path(), await (await halves(64, 16)).png().toBuffer());
    const planes = await decode({ height: 2, width: 6 });
    expect(planes.length).toBe(3 * 12);
    expect([planes[0], planes[5], planes[6], planes[11]].map((value) => value > 128)).toEqual([
      true,
      false,
      true,
      false,
    ]);
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

describe('decodeHalves', () => {
  test('names an image of odd width', async () => {
    put(path(), await plain('png', { width: 17, height: 8, colour: 'red' }));
    await expect(decodeHalves(sharp, path(), form)).rejects.toMatchObject({
      code: 'ERR_BAD_IMAGE',
      message: `${path()} is not a readable image: two images side by side are expected, but its width, 17, is odd`,
    });
  });

  test('gives the planes of the left image, then those of the right', async () => {
    put(path(), await (await halves(16, 8)).png().toBuffer());
    const planes = await decodeHalves(sharp, path(), form);
    const values = Array.from(
      { length: 6 },
      (_, plane) => new Set(planes.subarray(64 * plane, 64 * plane + 64)),
    );
    expect(values).toEqual([255, 0, 0, 0, 0, 255].map((value) => new Set([value])));
  });

  test('scales each half on its own, so that neither bleeds into the other', async () => {
    put(path(), await (await halves(200, 100)).png().toBuffer());
    const grey = await decodeHalves(sharp, path(), { ...form, channels: 1 });
    expect(new Set(grey.subarray(0, 64))).toEqual(new Set([76]));
    expect(new Set(grey.subarray(64))).toEqual(new Set([29]));
  });

  test('turns the image before it is halved', async () => {
    // Orientation 6 turns the left to the top: what lies above is red in both halves.
    const turned = (await halves(32, 32)).withMetadata({ orientation: 6 });
    put(path(), await turned.png().toBuffer());
    const planes = await decodeHalves(sharp, path(), form);
    for (const red of [planes.subarray(0, 64), planes.subarray(192, 256)])
      expect([red[4] > 200, red[60] < 50]).toEqual([true, true]);
  });
});

describe('decodeWhole and measureImage', () => {
  test('name a file that is no image, and measureImage does not see that pixels are missing', async () => {
    put(path(), Buffer.from('not an image'));
    const refused = {
      code: 'ERR_BAD_IMAGE',
      message: expect.stringContaining(`${path()} is not a readable`),
    };
    await expect(measureImage(sharp, path())).rejects.toMatchObject(refused);
    await expect(decodeWhole(sharp, path(), 3)).rejects.toMatchObject(refused);
    put(path(), await half((await noise(200, 100)).png()));
    expect(await measureImage(sharp, path())).toEqual({ height: 100, width: 200 });
    await expect(decodeWhole(sharp, path(), 3)).rejects.toMatchObject(refused);
  });

  test.each<[string, (image: sharp.Sharp) => sharp.Sharp]>([
    ['PNG', (image) => image.png()],
    ['TIFF', (image) => image.tiff({ compression: 'none' })],
  ])('give a %s file at its own size, pixel for pixel', async (_, format) => {
    put(path(), await format(await noise(7, 5)).toBuffer());
    expect(await measureImage(sharp, path())).toEqual({ height: 5, width: 7 });
    const { height, width, pixels } = await decodeWhole(sharp, path(), 3);
    expect([height, width]).toEqual([5, 7]);
    const planes = [0, 1, 2].map((c) => Array.from({ length: 35 }, (_, i) => ((3 * i + c) * 7919) % 251));
    expect([...pixels]).toEqual(planes.flat());
  });

  test('turn an image, in as many channels as are wanted', async () => {
    put(path(), await (await halves(32, 16)).withMetadata({ orientation: 6 }).png().toBuffer());
    expect(await measureImage(sharp, path())).toEqual({ height: 32, width: 16 });
    const { height, width, pixels } = await decodeWhole(sharp, path(), 2);
    expect([height, width]).toEqual([32, 16]);
    expect([pixels[0], pixels[511], pixels[512]]).toEqual([76, 29, 255]);
  });
});

test('decodeFormed tells the channels of a file, of inks those of their colours', async () => {
  const inks = (await noise(8, 8)).toColourspace('cmyk').jpeg();
  const files = {
    1: (await noise(8, 8)).toColourspace('b-w').png(),
    3: inks,
    4: (await noise(8, 8)).ensureAlpha().png(),
  };
  for (const [channels, file] of Object.entries(files)) {
    put(path(), await file.toBuffer());
    const { own } = await decodeFormed(sharp, path(), () => form);
    expect(own).toEqual({ height: 8, width: 8, channels: Number(channels) });
  }
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

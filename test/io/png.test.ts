import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  decodePng,
  encodePng,
  type Picture,
  type PictureChannels,
  readPng,
  writePng,
} from '../../src/io/png';
import { PNG_SIGNATURE, pngChunk, pngOf } from '../data/image-files';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'png-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Header {
  width: number;
  height: number;
  depth?: number;
  colorType?: number;
  interlace?: number;
}

function header({ width, height, depth = 8, colorType = 0, interlace = 0 }: Header): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colorType, 0, 0, interlace], 8);
  return pngChunk('IHDR', data);
}

const oneByOne = [header({ width: 1, height: 1 }), pngChunk('IDAT', deflateSync(Uint8Array.of(0, 7)))];

describe('decodePng refuses', () => {
  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /8 bytes that begin every PNG/],
    ['a JPEG', Buffer.from('ffd8ffe000104a46494600', 'hex'), /8 bytes that begin every PNG/],
    ['a signature alone', PNG_SIGNATURE, /IHDR chunk of 13 bytes/],
    ['a file without a header', pngOf(oneByOne[1]!), /one IHDR chunk, before all others/],
    ['a second header', pngOf(...oneByOne, header({ width: 9000, height: 9000 })), /one IHDR chunk, before/],
    ['a width of 0', pngOf(header({ width: 0, height: 1 })), /at least 1, but got 0 × 1/],
    ['a short header', pngOf(pngChunk('IHDR', Buffer.alloc(12))), /IHDR chunk of 13 bytes/],
    ['interlaced data', pngOf(header({ width: 1, height: 1, interlace: 1 }), oneByOne[1]!), /interlaced/],
    ['a file without pixels', pngOf(oneByOne[0]!), /damaged or cut off/],
    ['too few pixels', pngOf(header({ width: 4, height: 4 }), oneByOne[1]!), /take 20 bytes, but 2 came/],
    ['a file cut in its pixels', pngOf(...oneByOne).subarray(0, 50), /damaged or cut off/],
    [
      'a depth that does not exist',
      pngOf(header({ width: 1, height: 1, depth: 3 }), oneByOne[1]!),
      /damaged/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodePng(bytes, { name: 'a.png' })).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_PNG', message: expect.stringMatching(message) }),
    );
    expect(() => decodePng(bytes, { name: 'a.png' })).toThrow(/bad PNG a\.png/);
  });

  test('a flipped bit', () => {
    const bytes = pngOf(...oneByOne);
    bytes[43]! ^= 4;
    expect(() => decodePng(bytes)).toThrow(expect.objectContaining({ code: 'ERR_BAD_PNG' }));
  });

  test('sizes over the cap, without decoding', () => {
    const huge = pngOf(header({ width: 60_000, height: 60_000 }), oneByOne[1]!);
    expect(huge.length).toBeLessThan(100);
    const before = process.memoryUsage().rss;
    expect(() => decodePng(huge)).toThrow(/at most 67108864 pixels, .* but it has 60000 × 60000/);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    expect(() => decodePng(pngOf(header({ width: 5, height: 2 })), { maxPixels: 9 })).toThrow(
      /at most 9 pixels/,
    );
  });

  test('more pixels than the header announces are not inflated', () => {
    const bomb = pngOf(
      header({ width: 1, height: 1 }),
      pngChunk('IDAT', deflateSync(Buffer.alloc(256 << 20))),
    );
    const before = process.memoryUsage().rss;
    expect(() => decodePng(bomb)).toThrow(expect.objectContaining({ code: 'ERR_BAD_PNG' }));
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  test('a path that cannot be read or written', async () => {
    const picture: Picture = { width: 1, height: 1, channels: 1, pixels: Uint8Array.of(1) };
    await expect(readPng(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'ERR_CANNOT_READ' });
    await expect(writePng(join(folder, 'no/a.png'), picture)).rejects.toMatchObject({
      code: 'ERR_CANNOT_WRITE',
    });
  });
});

test('encodePng refuses pixels that are no bytes', () => {
  const pixels = Object(new Float32Array(1));
  expect(() => encodePng({ width: 2, height: 2, channels: 1, pixels })).toThrow(
    expect.objectContaining({
      code: 'ERR_BAD_PNG',
      message: 'bad PNG the picture: expected its pixels as bytes in a Uint8Array, but got Float32Array',
    }),
  );
});

test('encodePng refuses 16 bits a channel of which there are too few', () => {
  expect(() => encodePng({ width: 2, height: 2, channels: 1, pixels: new Uint16Array(2) })).toThrow(
    expect.objectContaining({
      code: 'ERR_BAD_PNG',
      message: 'bad PNG the picture: 2 × 2 × 1 takes 4 values, but 2 came',
    }),
  );
});

test('encodePng refuses sizes that do not fit the pixels', () => {
  const pixels = new Uint8Array(5);
  expect(() => encodePng({ width: 2, height: 2, channels: 1, pixels })).toThrow(
    expect.objectContaining({
      code: 'ERR_BAD_PNG',
      message: expect.stringMatching(/takes 4 bytes, but 5 came/),
    }),
  );
  expect(() => encodePng({ width: 0, height: 5, channels: 1, pixels })).toThrow(/at least 1/);
});

describe('png', () => {
  test.each<[PictureChannels, number]>([
    [1, 0],
    [2, 4],
    [3, 2],
    [4, 6],
  ])('a picture of %i channels is the same after writing and reading', async (channels, colourType) => {
    const [width, height] = [7, 5];
    const pixels = Uint8Array.from({ length: width * height * channels }, (_, index) => (index * 37) % 256);
    const file = join(folder, 'a.png');
    await writePng(file, { width, height, channels, pixels });
    const bytes = readFileSync(file);
    expect(bytes.readUInt32BE(16)).toBe(width);
    expect(bytes.readUInt32BE(20)).toBe(height);
    expect([bytes[24], bytes[25]]).toEqual([8, colourType]);
    expect(await readPng(file)).toEqual({ width, height, channels, pixels });
  });

  test.each<[PictureChannels, number]>([
    [1, 0],
    [2, 4],
    [3, 2],
    [4, 6],
  ])('a picture of %i channels of 16 bits has them in its file', async (channels, colourType) => {
    const [width, height] = [7, 5];
    const values = Uint16Array.from({ length: 1 + width * height * channels }, (_, i) => (i * 7919) % 65_536);
    // A part of a larger array.
    const bytes = encodePng({ width, height, channels, pixels: values.subarray(1) });
    expect([bytes[24], bytes[25]]).toEqual([16, colourType]);
    const { data } = await sharp(bytes)
      .toColourspace(channels < 3 ? 'grey16' : 'rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    expect(new Uint16Array(Uint8Array.from(data).buffer)).toEqual(values.slice(1));
  });

  test('a file of plain rows is read value for value, alpha among them', async () => {
    // What cannot be seen keeps its colour.
    const rows = Uint8Array.of(0, 10, 20, 30, 0, 40, 50, 60, 128);
    const file = join(folder, 'rgba.png');
    writeFileSync(
      file,
      pngOf(header({ width: 2, height: 1, colorType: 6 }), pngChunk('IDAT', deflateSync(rows))),
    );
    expect(await readPng(file)).toEqual({
      width: 2,
      height: 1,
      channels: 4,
      pixels: rows.subarray(1),
    });
  });

  test('grey with alpha is read value for value, and one colour may be transparent', async () => {
    const file = join(folder, 'grey.png');
    const alpha = pngChunk('IDAT', deflateSync(Uint8Array.of(0, 10, 0, 20, 128)));
    writeFileSync(file, pngOf(header({ width: 2, height: 1, colorType: 4 }), alpha));
    expect(await readPng(file)).toMatchObject({ channels: 2, pixels: Uint8Array.of(10, 0, 20, 128) });
    const clear = pngChunk('tRNS', Uint8Array.of(0, 10));
    const grey = pngChunk('IDAT', deflateSync(Uint8Array.of(0, 10, 20)));
    writeFileSync(file, pngOf(header({ width: 2, height: 1 }), clear, grey));
    expect(await readPng(file)).toMatchObject({ channels: 2, pixels: Uint8Array.of(0, 0, 20, 255) });
  });

  test('equal pictures give equal bytes', () => {
    const picture: Picture = { width: 3, height: 1, channels: 1, pixels: Uint8Array.of(1, 2, 3) };
    expect(encodePng(picture)).toEqual(encodePng({ ...picture, pixels: Uint8Array.of(1, 2, 3) }));
  });
});

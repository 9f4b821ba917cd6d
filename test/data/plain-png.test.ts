// Small PNGs that are decoded without sharp, against what was written and what sharp makes of it.
import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { plainPng } from '../../src/data/plain-png';
import { Prng } from '../../src/data/prng';

interface Form {
  readonly channels?: 1 | 3;
  readonly width?: number;
  readonly height?: number;
  /** PNG's filter of all rows. */
  readonly filterType?: number;
}

/** Pixels whose neighbours are alike, with steps and single odd ones: every filter has all of its cases. */
function pixelsOf({ channels = 1, width = 13, height = 9 }: Form): Buffer {
  const random = new Prng(channels);
  return Buffer.from(
    Array.from({ length: width * height * channels }, (_, i) =>
      random.uniform() < 0.2 ? random.below(256) : (i * 7 + (i % width) * 3) % 256,
    ),
  );
}

function written(form: Form = {}): Buffer {
  const { channels = 1, width = 13, height = 9, filterType = 0 } = form;
  const png = new PNG({ width, height });
  png.data = pixelsOf(form);
  const colorType = channels === 1 ? 0 : 2;
  return PNG.sync.write(png, { colorType, inputColorType: colorType, inputHasAlpha: false, filterType });
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const numbers = [content.length, crc32(named)].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  });
  return Buffer.concat([numbers[0], named, numbers[1]]);
}

/** A file with a chunk more behind its header, which ends at byte 33. */
function withChunk(type: string, content: Buffer = Buffer.alloc(9)): Buffer {
  const file = written();
  return Buffer.concat([file.subarray(0, 33), chunk(type, content), file.subarray(33)]);
}

/** A file with another byte in its header, and the checksum of that. */
function withHeader(at: number, value: number): Buffer {
  const file = written();
  const header = Buffer.from(file.subarray(16, 29));
  header[at] = value;
  return Buffer.concat([file.subarray(0, 8), chunk('IHDR', header), file.subarray(33)]);
}

test.each([
  ['no bytes', Buffer.alloc(0)],
  ['another format', Buffer.from('GIF89a, and some more')],
  ['the signature alone', written().subarray(0, 8)],
  ['a file that is cut off', written().subarray(0, -20)],
  ['a file without its last chunk', written().subarray(0, -12)],
  ['bytes behind the last chunk', Buffer.concat([written(), Buffer.from('more')])],
  ['two headers', withChunk('IHDR', written().subarray(16, 29))],
  ['fewer rows than the header says', withHeader(7, 10)],
  ['more rows than the header says', withHeader(7, 8)],
  ['no height', withHeader(7, 0)],
  ['16 bits a channel', withHeader(8, 16)],
  ['a palette', withHeader(9, 3)],
  ['interlaced rows', withHeader(12, 1)],
  ['a profile', withChunk('iCCP')],
  ['an orientation', withChunk('eXIf')],
  ['a transparent colour', withChunk('tRNS')],
  ['text, which may be EXIF', withChunk('tEXt')],
  ['a side of 129 pixels', written({ width: 129, height: 1 })],
])('what has %s is left to sharp', (_, bytes) => {
  expect(plainPng(bytes)).toBeNull();
});

test('any changed byte is told by its checksum', () => {
  const file = written({ width: 3, height: 2 });
  for (let at = 0; at < file.length; at++) {
    const damaged = Buffer.from(file);
    damaged[at] ^= 0x10;
    expect(plainPng(damaged)).toBeNull();
  }
});

test('rows with an unknown filter are left to sharp', () => {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const file = (filter: number) =>
    Buffer.concat([
      written().subarray(0, 8),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.from([filter, 77]))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  expect(plainPng(file(5))).toBeNull();
  expect(plainPng(file(4))).toMatchObject({ width: 1, height: 1, channels: 1 });
});

test.each([0, 1, 2, 3, 4].flatMap((filterType) => [1, 3].map((channels) => [filterType, channels] as const)))(
  'filter %i of %i channels gives what was written, as sharp does',
  async (filterType, channels) => {
    const form = { filterType, channels: channels as 1 | 3 };
    const bytes = written(form);
    const found = plainPng(bytes);
    expect(found).toMatchObject({ width: 13, height: 9, channels });
    expect(Buffer.from(found?.pixels ?? []).equals(pixelsOf(form))).toBe(true);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    // sharp makes three equal channels of grey.
    const repeats = info.channels / channels;
    const values = pixelsOf(form);
    expect(data.every((value, i) => value === values[Math.floor(i / repeats)])).toBe(true);
  },
);

test('pixels in several chunks, and chunks that say nothing of them, are no matter', () => {
  expect(plainPng(withChunk('pHYs'))?.pixels).toEqual(new Uint8Array(pixelsOf({})));
  const file = written();
  const length = file.readUInt32BE(33);
  const data = file.subarray(41, 41 + length);
  const parted = Buffer.concat([
    file.subarray(0, 33),
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  expect(plainPng(parted)?.pixels).toEqual(new Uint8Array(pixelsOf({})));
});

import sharp from 'sharp';
import { decodeDeep, decodeWhole } from '../../src/data/decode-image';
import { put, temporaryFolder } from './files';
import { bigEndian, pngRow } from './image-files';
import { fromP3, greyProfile, profileOf, shown } from './profiles';

const folder = temporaryFolder();
const path = (): string => folder.path('image');

/** The largest difference of two lists. */
const farthest = (a: ArrayLike<number>, b: readonly number[]) =>
  Math.max(...b.map((value, i) => Math.abs(value - a[i])));

/** In the gamut of sRGB. */
const COLOUR = [30000, 40000, 20000];

describe('a damaged profile is taken for none', () => {
  const damaged: [string, (profile: Buffer) => Buffer][] = [
    ['of other bytes', () => Buffer.from('this is no profile at all')],
    ['that is cut off', (profile) => profile.subarray(0, 200)],
    ['of zeros', (profile) => Buffer.alloc(profile.length)],
    [
      'without its signature',
      (profile) => Buffer.from(profile.toString('latin1').replace('acsp', 'none'), 'latin1'),
    ],
    ['whose tags lie beyond its end', (profile) => Buffer.from(profile).fill(0xff, 132, 200)],
    ['of more tags than it has room for', (profile) => Buffer.from(profile).fill(0xff, 128, 132)],
  ];

  test.each(damaged)('in a PNG file, %s', async (_, damage) => {
    const profile = damage(await profileOf('p3'));
    put(path(), pngRow({ width: 1, depth: 16, colorType: 2, row: bigEndian(COLOUR), profile }));
    expect([...(await decodeDeep(sharp, path(), 3)).pixels]).toEqual(COLOUR);
    put(path(), pngRow({ width: 1, depth: 8, colorType: 2, row: [10, 200, 30], profile }));
    expect([...(await decodeDeep(sharp, path(), 3)).pixels]).toEqual([10, 200, 30]);
  });

  test.each(damaged)('in a TIFF file of 16 bits, %s', async (_, damage) => {
    const profile = await profileOf('p3');
    put(path(), pngRow({ width: 1, depth: 16, colorType: 2, row: bigEndian(COLOUR), profile }));
    const file = await sharp(path())
      .keepIccProfile()
      .toColourspace('rgb16')
      .tiff({ compression: 'none' })
      .toBuffer();
    const [at, entry] = [file.indexOf(profile), file.indexOf(Buffer.of(0x73, 0x87, 7, 0))];
    expect(Math.min(at, entry)).toBeGreaterThan(0);
    const damaged = damage(profile);
    damaged.copy(file, at);
    file.writeUInt32LE(damaged.length, entry + 4);
    put(path(), file);
    expect([...(await decodeDeep(sharp, path(), 3)).pixels]).toEqual(COLOUR);
  });

  test('in a JPEG file', async () => {
    const create = { width: 8, height: 8, channels: 3, background: '#804020' } as const;
    const file = await sharp({ create }).withIccProfile('p3').jpeg({ quality: 100 }).toBuffer();
    const stored = [...(await sharp(file).keepIccProfile().raw().toBuffer())].slice(0, 3);
    expect(farthest(stored, [128, 64, 32])).toBeGreaterThan(4);
    file.write('none', file.indexOf('acsp'), 'latin1');
    put(path(), file);
    const { pixels } = await decodeWhole(sharp, path(), 3);
    expect([0, 64, 128].map((plane) => pixels[plane])).toEqual(stored);
  });
});

describe('colours of Display P3 become those of sRGB', () => {
  test('of 16 bits, to 16 and to 8', async () => {
    const profile = await profileOf('p3');
    put(path(), pngRow({ width: 1, depth: 16, colorType: 2, row: bigEndian(COLOUR), profile }));
    const expected = fromP3(COLOUR.map((value) => value / 65535));
    const { pixels } = await decodeDeep(sharp, path(), 3);
    expect(
      farthest(
        pixels,
        expected.map((value) => value * 65535),
      ),
    ).toBeLessThan(32);
    const bytes = (await decodeWhole(sharp, path(), 3)).pixels;
    expect(
      farthest(
        bytes,
        expected.map((value) => value * 255),
      ),
    ).toBeLessThan(2);
  });

  test('of 8 bits', async () => {
    const [colour, profile] = [[120, 160, 80], await profileOf('p3')];
    put(path(), pngRow({ width: 1, depth: 8, colorType: 2, row: colour, profile }));
    const expected = fromP3(colour.map((value) => value / 255)).map((value) => value * 255);
    expect(farthest((await decodeDeep(sharp, path(), 3)).pixels, expected)).toBeLessThan(2);
  });

  test('with alpha as it is', async () => {
    const profile = await profileOf('p3');
    const row = bigEndian([...COLOUR, 12345]);
    put(path(), pngRow({ width: 1, depth: 16, colorType: 6, row, profile }));
    const { pixels } = await decodeDeep(sharp, path(), 4);
    const expected = fromP3(COLOUR.map((value) => value / 65535)).map((value) => value * 65535);
    expect(farthest(pixels, [...expected, 12345])).toBeLessThan(32);
  });
});

test('a profile of sRGB changes nothing, in 8 bits and in 16', async () => {
  const profile = await profileOf('srgb');
  const deep = [0, 52147, 1, 65535, 257, 33333, 12345, 54321, 777];
  put(path(), pngRow({ width: 3, depth: 16, colorType: 2, row: bigEndian(deep), profile }));
  const planes = (values: readonly number[]) => [0, 1, 2].flatMap((c) => [0, 3, 6].map((i) => values[i + c]));
  expect([...(await decodeDeep(sharp, path(), 3)).pixels]).toEqual(planes(deep));
  expect([...(await decodeWhole(sharp, path(), 3)).pixels]).toEqual(planes(deep.map((value) => value >> 8)));
  const bytes = deep.map((value) => value >> 8);
  put(path(), pngRow({ width: 3, depth: 8, colorType: 2, row: bytes, profile }));
  expect([...(await decodeWhole(sharp, path(), 3)).pixels]).toEqual(planes(bytes));
});

describe('grey with a profile of its own becomes grey of sRGB', () => {
  const values = [10, 100, 200];
  const expected = values.map((value) => shown(value / 255));

  test.each([1, 3])('of 16 bits, in %i channels', async (channels) => {
    const row = bigEndian(values.map((value) => value * 257));
    put(path(), pngRow({ width: 3, depth: 16, colorType: 0, row, profile: greyProfile(1) }));
    const { pixels } = await decodeDeep(sharp, path(), channels);
    const planes = Array.from({ length: channels }, () => expected).flat();
    expect(
      farthest(
        pixels,
        planes.map((value) => value * 65535),
      ),
    ).toBeLessThan(300);
    const bytes = (await decodeWhole(sharp, path(), channels)).pixels;
    expect(
      farthest(
        bytes,
        planes.map((value) => value * 255),
      ),
    ).toBeLessThan(2);
  });

  test('of 8 bits', async () => {
    put(path(), pngRow({ width: 3, depth: 8, colorType: 0, row: values, profile: greyProfile(1) }));
    const { pixels } = await decodeDeep(sharp, path(), 1);
    expect(
      farthest(
        pixels,
        expected.map((value) => value * 255),
      ),
    ).toBeLessThan(2);
  });
});

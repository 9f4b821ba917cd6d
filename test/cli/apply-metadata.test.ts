// What files say of their pixels beside them: orientation, profile, depth. Holes are filled, and all else shows how pixels were read and written.
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { main as apply } from '../../src/cli/apply';
import type { PictureChannels } from '../../src/io/png';
import { writePng } from '../../src/io/png';
import { bigEndian, png, turnedPng } from '../data/image-files';
import { fromP3, profileOf } from '../data/profiles';
import { applyTests, call, trainOne } from './applying';

const { runs, at } = applyTests(['inpaint']);

const [HEIGHT, WIDTH] = [16, 24];
const AREA = HEIGHT * WIDTH;

/** White in the last pixel. */
async function hole(height = HEIGHT, width = WIDTH): Promise<string> {
  const pixels = new Uint8Array(height * width);
  pixels[pixels.length - 1] = 255;
  await writePng(at('hole.png'), { height, width, channels: 1, pixels });
  return at('hole.png');
}

/** Fills the hole of `photo.*`, and gives what became of all other pixels. */
async function filled(run: string, file: string, ...more: string[]) {
  const flags = ['--checkpoint', run, '--in', at(file), '--out', at('filled.png'), '--mask', at('hole.png')];
  expect(await call(apply, ...flags, ...more)).toMatchObject({ code: 0, stderr: '' });
  const made = sharp(at('filled.png'));
  const { depth, space, orientation, hasProfile, channels } = await made.metadata();
  const raw = made.toColourspace(space ?? '').raw({ depth: depth === 'ushort' ? 'ushort' : 'uchar' });
  const { data, info } = await raw.toBuffer({ resolveWithObject: true });
  const values = depth === 'ushort' ? new Uint16Array(Uint8Array.from(data).buffer) : Uint8Array.from(data);
  const known = Array.from(values).slice(0, -channels);
  return { height: info.height, width: info.width, known, depth, orientation, hasProfile };
}

/** Writes a PNG file of 16 bits. */
async function putDeep(channels: PictureChannels, values: readonly number[], height = HEIGHT, width = WIDTH) {
  await writePng(at('photo.png'), { height, width, channels, pixels: Uint16Array.from(values) });
}

test.each(['exif', 'icc'])('damaged %s is left aside, without a word', async (what) => {
  const raw = { height: HEIGHT, width: WIDTH, channels: 3 } as const;
  const image = sharp(
    Uint8Array.from({ length: 3 * AREA }, (_, i) => (i * 7) % 256),
    { raw },
  );
  const file = await image
    .withIccProfile('p3')
    .withExif({ IFD0: { Copyright: 'nobody' } })
    .jpeg()
    .toBuffer();
  const start = file.indexOf(what === 'exif' ? 'Exif' : 'acsp') + (what === 'exif' ? 6 : 0);
  expect(start).toBeGreaterThan(5);
  file.fill(0xff, start, start + 30);
  writeFileSync(at('photo.jpg'), file);
  await hole();
  expect(await filled(runs.inpaint, 'photo.jpg')).toMatchObject({ height: HEIGHT, width: WIDTH });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'an image of EXIF orientation %i is made upright, and its picture says nothing of it',
  async (orientation) => {
    const upright = Array.from({ length: HEIGHT }, (_, y) =>
      Array.from({ length: WIDTH }, (_, x) => (31 * (WIDTH * y + x)) % 256),
    );
    writeFileSync(at('photo.png'), turnedPng(upright, orientation));
    await hole();
    const { known, ...rest } = await filled(runs.inpaint, 'photo.png');
    expect(known).toEqual(upright.flat().slice(0, -1));
    expect(rest).toMatchObject({ height: HEIGHT, width: WIDTH, depth: 'uchar', hasProfile: false });
    expect([1, undefined]).toContain(rest.orientation);
  },
);

describe('16 bits a channel', () => {
  test('go in and come out, each of 65,536 levels', async () => {
    const levels = Array.from({ length: 65_536 }, (_, i) => i);
    await putDeep(1, levels, 256, 256);
    await hole(256, 256);
    expect(await filled(runs.inpaint, 'photo.png')).toMatchObject({
      depth: 'ushort',
      known: levels.slice(0, -1),
    });
  });

  test.each<PictureChannels>([2, 3, 4])('of %i channels too', async (channels) => {
    const run = await trainOne(at('run'), 'inpaint', [channels, channels]);
    const values = Array.from({ length: channels * AREA }, (_, i) => (i * 7919 + 1) % 65_536);
    await putDeep(channels, values);
    await hole();
    expect(await filled(run, 'photo.png')).toMatchObject({
      depth: 'ushort',
      known: values.slice(0, -channels),
    });
  });

  test('become 8 where that is asked for, and 8 become 16', async () => {
    await putDeep(
      1,
      Array.from({ length: AREA }, (_, i) => i * 170),
    );
    await hole();
    const bytes = Array.from({ length: AREA - 1 }, (_, i) => Math.round((i * 170) / 257));
    expect(await filled(runs.inpaint, 'photo.png', '--depth', '8')).toMatchObject({
      depth: 'uchar',
      known: bytes,
    });
    await writePng(at('small.png'), {
      height: HEIGHT,
      width: WIDTH,
      channels: 1,
      pixels: Uint8Array.from({ length: AREA }, (_, i) => i % 256),
    });
    const deep = Array.from({ length: AREA - 1 }, (_, i) => 257 * (i % 256));
    expect(await filled(runs.inpaint, 'small.png', '--depth', '16')).toMatchObject({
      depth: 'ushort',
      known: deep,
    });
  });

  test('and 8 side by side in one batch keep their own', async () => {
    const values = Array.from({ length: AREA }, (_, i) => i * 170 + 1);
    await putDeep(1, values);
    const pixels = Uint8Array.from({ length: AREA }, (_, i) => i % 256);
    mkdirSync(at('in'));
    await writePng(at('in', 'b.png'), { height: HEIGHT, width: WIDTH, channels: 1, pixels });
    await sharp(at('photo.png')).toColourspace('grey16').png().toFile(at('in', 'a.png'));
    const flags = [
      '--checkpoint',
      runs.inpaint,
      '--in',
      at('in'),
      '--out',
      at('out'),
      '--mask',
      await hole(),
    ];
    expect(await call(apply, ...flags)).toMatchObject({ code: 0, stderr: '' });
    const depths = ['a.png', 'b.png'].map(async (name) => (await sharp(at('out', name)).metadata()).depth);
    expect(await Promise.all(depths)).toEqual(['ushort', 'uchar']);
  });

  test('in tiles are those of the whole', async () => {
    const [height, width] = [16, 500];
    const values = Array.from({ length: height * width }, (_, i) => (i * 7919) % 65_536);
    await putDeep(1, values, height, width);
    await hole(height, width);
    const { known, depth } = await filled(runs.inpaint, 'photo.png', '--tile', '448');
    expect([known, depth]).toEqual([values.slice(0, -1), 'ushort']);
  });
});

test.each([8, 16])(
  'colours of another profile are made sRGB, of %i bits, and the picture has no profile',
  async (bits) => {
    const run = await trainOne(at('run'), 'inpaint', [3, 3]);
    const most = 2 ** bits - 1;
    const colour = [0.45, 0.6, 0.3].map((value) => Math.round(value * most));
    const row = Array.from({ length: WIDTH }, () => (bits === 16 ? bigEndian(colour) : colour)).flat();
    const profile = await profileOf('p3');
    const rows = Array.from({ length: HEIGHT }, () => row);
    writeFileSync(at('photo.png'), png({ width: WIDTH, depth: bits, colorType: 2, rows, profile }));
    await hole();
    const { known, hasProfile, depth } = await filled(run, 'photo.png');
    expect([hasProfile, depth]).toEqual([false, bits === 16 ? 'ushort' : 'uchar']);
    const expected = fromP3(colour.map((value) => value / most));
    for (const [i, value] of known.entries())
      expect(Math.abs(value / most - expected[i % 3])).toBeLessThan(0.006);
  },
);

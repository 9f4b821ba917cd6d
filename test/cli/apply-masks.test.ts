import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { main as apply } from '../../src/cli/apply';
import { main as sample } from '../../src/cli/sample';
import { type PictureChannels, readPng, writePng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { load } from '../../src/recipes';
import { rand, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { applyTests, call, draw, drawPhotos, trainOne } from './applying';

const { runs, at } = applyTests(['pix2pix', 'inpaint', 'mlp']);
const photos = () => drawPhotos(at, ['a.png', 'b.png']);

/** Writes a mask that is white in these rows and columns. */
async function drawMask(
  file: string,
  [height, width]: readonly [number, number],
  [top, bottom, left, right]: readonly number[],
): Promise<string> {
  const inside = (i: number) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return row >= top && row < bottom && column >= left && column < right;
  };
  const pixels = Uint8Array.from({ length: height * width }, (_, i) => (inside(i) ? 255 : 0));
  mkdirSync(join(file, '..'), { recursive: true });
  await writePng(file, { height, width, channels: 1, pixels });
  return file;
}

const hole = () => drawMask(at('hole.png'), [16, 16], [4, 12, 2, 10]);

const of = (run: string, input: string, ...more: string[]) => [
  ...['--checkpoint', run, '--in', input, '--out', at('out')],
  ...more,
];

async function refuses(argv: readonly string[], { code, why }: { code: 1 | 2; why: RegExp }): Promise<void> {
  const result = await call(apply, ...argv);
  expect(result).toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
  expect(result.stderr).toMatch(/^error: .*\n$/);
}

/** Which pixels of two pictures of one size differ. */
async function changed(a: string, b: string): Promise<number[]> {
  const [one, other] = [await readPng(a), await readPng(b)];
  expect(other).toMatchObject({ height: one.height, width: one.width, channels: one.channels });
  const pixels = Array.from({ length: one.height * one.width }, (_, i) => i);
  const { channels } = one;
  return pixels.filter((i) =>
    Array.from({ length: channels }, (_, c) => i * channels + c).some(
      (byte) => one.pixels[byte] !== other.pixels[byte],
    ),
  );
}

/** Pixels, in rows of `width`, that lie in these rows and columns. */
function inRectangle(width: number, [top, bottom, left, right]: readonly number[]) {
  return (i: number) => {
    const [row, column] = [Math.floor(i / width), i % width];
    return row >= top && row < bottom && column >= left && column < right;
  };
}

describe('a wrong call is refused in one line, and nothing is made', () => {
  afterEach(() => expect(existsSync(at('out'))).toBe(false));

  test('a mask for a model that takes none', async () => {
    await refuses(of(runs.pix2pix, await photos(), '--mask', await hole()), {
      code: 2,
      why: /--mask is of models that fill holes, but .*pix2pix.* makes all of an image: leave it out/,
    });
  });

  test('no mask for a model that needs one', async () => {
    await refuses(of(runs.inpaint, await photos()), {
      code: 2,
      why: /inpaint.* fills holes, and nothing says where they are: try --mask hole\.png, white in the hole/,
    });
  });

  test('a mask that is not there, and an empty path', async () => {
    await refuses(of(runs.inpaint, await photos(), '--mask', at('none.png')), {
      code: 1,
      why: /--mask .*none\.png: expected an image or a folder, but there is none/,
    });
    await refuses(of(runs.inpaint, await photos(), '--mask', ''), { code: 2, why: /--mask expects a text/ });
  });

  test('a mask of another size, by both names', async () => {
    await photos();
    await drawMask(at('hole.png'), [16, 12], [1, 5, 1, 5]);
    await refuses(of(runs.inpaint, at('photos', 'a.png'), '--mask', at('hole.png')), {
      code: 2,
      why: /hole\.png has 16×12 pixels, but .*a\.png has 16×16: a mask is as large as its image/,
    });
    // One for all is of one size, and the third image is not.
    await refuses(of(runs.inpaint, at('photos'), '--mask', await hole()), {
      code: 2,
      why: /hole\.png has 16×16 pixels, but .*c\.png has 21×35/,
    });
  });

  test('a mask without a hole, and one that is all hole', async () => {
    await photos();
    await drawMask(at('none.png'), [16, 16], [0, 0, 0, 0]);
    await refuses(of(runs.inpaint, at('photos', 'a.png'), '--mask', at('none.png')), {
      code: 2,
      why: /none\.png has no hole: what is white in a mask is filled, and nothing is white in it/,
    });
    await drawMask(at('all.png'), [16, 16], [0, 16, 0, 16]);
    await refuses(of(runs.inpaint, at('photos', 'a.png'), '--mask', at('all.png')), {
      code: 2,
      why: /all\.png is all hole: what is black in a mask is kept/,
    });
  });

  test('a folder of masks that lacks one, or has two of a name', async () => {
    const input = await photos();
    await drawMask(at('masks', 'a.png'), [16, 16], [1, 5, 1, 5]);
    await refuses(of(runs.inpaint, input, '--mask', at('masks')), {
      code: 2,
      why: /--mask .*masks has no mask for .*b\.png: expected b\.png in it, or another image of that name/,
    });
    await sharp(at('masks', 'a.png')).toFile(at('masks', 'a.webp'));
    await refuses(of(runs.inpaint, at('photos', 'a.png'), '--mask', at('masks')), {
      code: 2,
      why: /a\.png and a\.webp are both masks for .*a\.png: leave one of them out/,
    });
  });

  test('pictures or tensors that would take the place of a mask', async () => {
    await photos();
    const mask = await drawMask(at('masks', 'a.png'), [16, 16], [1, 5, 1, 5]);
    const call = ['--checkpoint', 'x', '--in', at('photos', 'a.png'), '--mask', at('masks')];
    await refuses([...call, '--out', at('masks')], {
      code: 2,
      why: /--out .*masks would overwrite the mask .*a\.png: choose another place/,
    });
    await refuses([...call, '--raw', mask], { code: 2, why: /--raw .*a\.png would overwrite a mask/ });
  });

  test('sample, which draws from latents', async () => {
    const refused = await call(sample, '--checkpoint', runs.inpaint, '--out', at('out'));
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: .*takes images in \(fill\), not latents: use apply\n$/),
    });
  });
});

test('an image with a bad mask is left out where bad images are', async () => {
  const input = await photos();
  rmSync(at('photos', 'inner'), { recursive: true });
  await drawMask(at('masks', 'a.png'), [16, 16], [1, 5, 1, 5]);
  await drawMask(at('masks', 'b.png'), [16, 16], [0, 0, 0, 0]);
  const argv = of(runs.inpaint, input, '--mask', at('masks'), '--on-bad-image', 'skip');
  expect(await call(apply, ...argv)).toEqual({
    code: 0,
    stdout: `images   1\nout      ${at('out')}\n`,
    stderr: expect.stringMatching(/warning: left out: .*b\.png has no hole: /),
  });
  expect(readdirSync(at('out'))).toEqual(['a.png']);
  const only = of(runs.inpaint, at('photos', 'b.png'), '--mask', at('masks'), '--on-bad-image', 'skip');
  await refuses(only, { code: 1, why: /no image of --in can be used; the first: .*b\.png has no hole: / });
});

describe('known pixels are byte for byte those of the image, and the hole is filled', () => {
  test.each<[string, number, number, PictureChannels]>([
    ['of a size that the stride divides', 16, 16, 1],
    ['of one that it does not', 21, 35, 1],
    ['in colour', 19, 24, 3],
  ])('of an image %s', async (_, height, width, channels) => {
    const run = channels === 1 ? runs.inpaint : await trainOne(at('run'), 'inpaint', [channels, channels]);
    await draw(at('photo.png'), height, width, channels);
    const box = [3, 14, 5, 13];
    await drawMask(at('hole.png'), [height, width], box);
    const argv = ['--checkpoint', run, '--in', at('photo.png'), '--mask', at('hole.png')];
    const result = await call(apply, ...argv, '--out', at('filled.png'));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const touched = await changed(at('photo.png'), at('filled.png'));
    expect(touched.filter((i) => !inRectangle(width, box)(i))).toEqual([]);
    expect(touched.length).toBeGreaterThan(50);
  });

  test('each of 256 levels comes back', async () => {
    const pixels = Uint8Array.from({ length: 256 }, (_, i) => i);
    await writePng(at('levels.png'), { height: 16, width: 16, channels: 1, pixels });
    await drawMask(at('hole.png'), [16, 16], [15, 16, 15, 16]);
    await call(apply, ...of(runs.inpaint, at('levels.png'), '--mask', at('hole.png')));
    const made = await readPng(at('out', 'levels.png'));
    expect(Array.from(made.pixels.slice(0, 255))).toEqual(Array.from(pixels.slice(0, 255)));
  });

  test('what the image shows in its hole changes nothing', async () => {
    await draw(at('photo.png'), 16, 16);
    const { pixels, ...form } = await readPng(at('photo.png'));
    const box = [4, 12, 2, 10];
    const painted = pixels.map((byte, i) => (inRectangle(16, box)(i) ? 255 - byte : byte));
    await writePng(at('other.png'), { ...form, pixels: painted });
    for (const name of ['photo.png', 'other.png'])
      await call(apply, ...of(runs.inpaint, at(name), '--mask', await hole()));
    expect(await changed(at('out', 'photo.png'), at('out', 'other.png'))).toEqual([]);
  });
});

test('a folder takes masks of equal names, at any depth and of any format; those among the images are not filled', async () => {
  const input = await photos();
  const boxes = { a: [0, 4, 0, 4], b: [8, 16, 8, 16], [join('inner', 'c')]: [5, 20, 1, 30] };
  for (const [name, box] of Object.entries(boxes))
    await drawMask(at('photos', 'masks', `${name}.png`), name.endsWith('c') ? [21, 35] : [16, 16], box);
  await sharp(at('photos', 'masks', 'a.png'))
    .webp({ lossless: true })
    .toFile(at('photos', 'masks', 'a.webp'));
  rmSync(at('photos', 'masks', 'a.png'));
  const result = await call(apply, ...of(runs.inpaint, input, '--mask', at('photos', 'masks')));
  expect(result).toMatchObject({ code: 0, stdout: `images   3\nout      ${at('out')}\n` });
  for (const [name, box] of Object.entries(boxes)) {
    const width = name.endsWith('c') ? 35 : 16;
    const touched = await changed(at('photos', `${name}.png`), at('out', `${name}.png`));
    expect(touched.filter((i) => !inRectangle(width, box)(i))).toEqual([]);
    expect(touched.length).toBeGreaterThan(5);
  }
});

test('tiles make what the whole image would be', async () => {
  const [height, width] = [24, 700];
  await draw(at('photo.png'), height, width);
  await drawMask(at('hole.png'), [height, width], [4, 20, 300, 420]);
  const argv = of(runs.inpaint, at('photo.png'), '--mask', at('hole.png'), '--raw');
  await call(apply, ...argv, at('whole.safetensors'));
  const tiled = await call(apply, ...argv, at('tiled.safetensors'), '--tile', '460');
  expect(tiled).toMatchObject({ code: 0, stderr: '' });
  const [whole, parts] = await Promise.all(
    ['whole', 'tiled'].map(async (name) => {
      const { bytes } = (await readSafetensors(at(`${name}.safetensors`))).records.images;
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    }),
  );
  expect(parts).toHaveLength(whole.length);
  expect(Math.max(...whole.map((value, i) => Math.abs(value - parts[i])))).toBeLessThan(1e-5);
});

describe('load(run).run({ images, masks })', () => {
  const images = () => rand([2, 1, 18, 20]).mul(2).sub(1);
  /** A hole in the middle of each of two images of 18×20. */
  const masks = () => {
    const all = zeros([2, 1, 18, 20]);
    all.narrow(2, { start: 5, length: 6 }).narrow(3, { start: 7, length: 8 }).fill_(1);
    return all;
  };

  test.each<[string, () => Tensor | undefined, string]>([
    [
      'no masks',
      () => undefined,
      'fills holes and expects masks beside the images, 1 in the hole and 0 elsewhere',
    ],
    [
      'masks of another size',
      () => masks().narrow(3, { start: 0, length: 18 }),
      'size of the images, [2, 1, 18, 20], but received [2, 1, 18, 18]',
    ],
    [
      'one mask for two images',
      () => masks().narrow(0, { start: 0, length: 1 }),
      'but received [1, 1, 18, 20]',
    ],
    ['masks without a hole', () => zeros([2, 1, 18, 20]), 'mask 0 has no hole'],
    ['a mask that is all hole', () => masks().mul(0).add(1), 'mask 0 is all hole'],
    [
      'shares in place of masks',
      () => masks().mul(0.5),
      'masks expected 1 in the hole and 0 elsewhere but received other numbers',
    ],
    ['masks without dimensions', () => zeros([]), 'masks expected [N, 1, H, W] but received []'],
  ])('refuses %s', async (_, given, message) => {
    const model = await load(runs.inpaint, { device: 'cpu' });
    scope(() => expect(() => model.run({ images: images(), masks: given() })).toThrow(usage(message)));
    model.dispose();
  });

  test('refuses masks of a model that takes none', async () => {
    const model = await load(runs.pix2pix, { device: 'cpu' });
    scope(() =>
      expect(() => model.run({ images: rand([2, 1, 16, 16]), masks: masks() })).toThrow(
        usage('this model makes all of an image but received masks: leave them out'),
      ),
    );
    model.dispose();
  });

  test('fills holes and nothing else, whole or in tiles', async () => {
    const model = await load(runs.inpaint, { device: 'cpu' });
    scope(() => {
      const [given, holes] = [images(), masks()];
      const made = model.run({ images: given, masks: holes });
      const known = (all: Tensor) => all.maskedFill(holes.gt(0.5), 0);
      expect(known(made).equal(known(given))).toBe(true);
      expect(made.sub(given).abs().mul(holes).max().item()).toBeGreaterThan(0);
      const tiled = model.run({ images: given, masks: holes, tile: 460 });
      expect(tiled.sub(made).abs().max().item()).toBeLessThan(1e-6);
    });
    model.dispose();
  });
});

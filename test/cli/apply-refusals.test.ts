import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { main as sample } from '../../src/cli/sample';
import { applyTests, call, draw, drawPhotos } from './applying';

const { runs, at } = applyTests(['pix2pix', 'cyclegan', 'mlp']);
const photos = () => drawPhotos(at, ['a.png', 'b.png']);

/** Expects a call to end so, with one line on stderr that says why and nothing on stdout. */
async function refuses(argv: readonly string[], { code, why }: { code: 1 | 2; why: RegExp }): Promise<void> {
  const result = await call(apply, ...argv);
  expect(result).toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
  expect(result.stderr).toMatch(/^error: .*\n$/);
}

const of = (run: string, input: string, ...more: string[]) => [
  '--checkpoint',
  run,
  '--in',
  input,
  '--out',
  at('out'),
  ...more,
];

describe('a wrong call exits with 2 and says why in one line', () => {
  test.each<[string[], RegExp]>([
    [
      ['--in', 'x', '--out', 'y'],
      /--checkpoint expects a path, but got nothing: try --checkpoint runs\/NAME/,
    ],
    [['--checkpoint', 'x', '--out', 'y'], /--in expects a path, but got nothing: try --in photos/],
    [['--checkpoint', 'x', '--in', 'y'], /--out expects a path, but got nothing: try --out made/],
    [['--batch', '0'], /--batch expects a whole number from 1 to 1024, but got "0"/],
    [['--tile', 'big'], /--tile expects a whole number from 1 to 65536, but got "big"/],
    [['--overlap', '-1'], /--overlap expects a whole number from 0 to 65536, but got "-1"/],
    [['--depth', '12'], /--depth expects 8 or 16, but got "12"/],
    [['--weights', 'emma'], /--weights expects ema or live/],
    [['--on-bad-image', 'ignore'], /--on-bad-image expects fail or skip, but got "ignore"/],
    [['--dirction', 'ab'], /--dirction is no flag of apply: did you mean --direction\?/],
    [
      ['--checkpoint', 'x', '--in', 'y', '--out', '-'],
      /--out expects a path, but got -, and nothing is written to standard output: try --out made/,
    ],
    [of('x', 'y', '--overlap', '8'), /--overlap is of tiles, but there is no --tile/],
  ])('%j', async (argv, why) => {
    await refuses(argv, { code: 2, why });
  });
});

describe('paths are refused before anything is loaded', () => {
  test('one that is not there, and a folder without images, by what lies in it', async () => {
    await refuses(of('x', at('none')), { code: 1, why: /--in .*none: expected an image or a folder/ });
    mkdirSync(at('texts'));
    await refuses(of('x', at('texts')), { code: 1, why: /texts holds no images: JPEG, .* expected in it$/m });
    writeFileSync(at('texts', 'a.txt'), 'no image');
    await refuses(of('x', at('texts')), {
      code: 1,
      why: /holds no images: .*, but there are others: \.txt 1/,
    });
    const masks = await photos();
    await refuses(['--checkpoint', 'x', '--in', masks, '--mask', masks, '--out', at('fresh')], {
      code: 1,
      why: /all of its 3 images lie in --out or --mask, and are not taken in: name the folder of the images/,
    });
  });

  test('an output that would overwrite its input, through a link too', async () => {
    const input = await photos();
    const one = at('photos', 'a.png');
    symlinkSync(one, at('link.png'));
    for (const out of [one, at('link.png'), at('photos', 'inner', '..', 'a.png'), at('photos')])
      await refuses(['--checkpoint', 'x', '--in', one, '--out', out], {
        code: 2,
        why: /--out .* would overwrite the image .* of --in: choose another place/,
      });
    mkdirSync(at('out'));
    symlinkSync(at('photos', 'b.png'), at('out', 'b.png'));
    await refuses(of('x', input), { code: 2, why: /would overwrite the image .*b\.png of --in/ });
    await refuses(['--checkpoint', 'x', '--in', input, '--raw', one], {
      code: 2,
      why: /--raw .*a\.png would overwrite an image of --in: choose another file/,
    });
    await refuses(['--checkpoint', 'x', '--in', input, '--out', at('fresh'), '--raw', at('fresh', 'a.png')], {
      code: 2,
      why: /--raw .*a\.png would overwrite the picture of .*a\.png: choose another file/,
    });
  });

  test('the folder of the images itself, even where no name is taken, through a link too', async () => {
    mkdirSync(at('jpegs'));
    writeFileSync(at('jpegs', 'a.jpg'), 'x');
    symlinkSync(at('jpegs'), at('link'));
    for (const out of [at('jpegs'), at('link'), join(at('jpegs'), '.')])
      await refuses(['--checkpoint', 'x', '--in', at('jpegs'), '--out', out], {
        code: 2,
        why: /--out .* is the folder --in: what is made would lie among the images/,
      });
  });

  test('two images that would become one picture', async () => {
    const input = await photos();
    writeFileSync(at('photos', 'a.jpg'), '');
    await refuses(of('x', input), {
      code: 2,
      why: /a\.jpg and .*a\.png would both become .*a\.png: rename one/,
    });
  });

  test('two images whose pictures are one file, through a link', async () => {
    const input = await photos();
    mkdirSync(at('linked'));
    writeFileSync(at('linked', 'a.png'), '');
    symlinkSync(at('linked', 'a.png'), at('linked', 'b.png'));
    await refuses(['--checkpoint', 'x', '--in', input, '--out', at('linked')], {
      code: 2,
      why: /a\.png and .*b\.png would both become .*b\.png: rename one/,
    });
  });

  test('a file for a folder, and a file of another format', async () => {
    const input = await photos();
    const named = (from: string, out: string) => ['--checkpoint', 'x', '--in', from, '--out', out];
    await refuses(named(input, at('out.png')), {
      code: 2,
      why: /out\.png is a file, but --in .* is a folder/,
    });
    await refuses(named(at('photos', 'a.png'), at('made.jpg')), {
      code: 2,
      why: /pictures are written as PNG: try --out made\.png/,
    });
  });
});

describe('refused before anything is made', () => {
  test('a model that takes no images in, and says what it is', async () => {
    await refuses(of(runs.mlp, await photos()), {
      code: 2,
      why: /mlp.* is of a model that makes images of latents, not of images: use sample/,
    });
    const argv = ['--checkpoint', runs.cyclegan, '--out', at('grid.png')];
    expect(await call(sample, ...argv)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('takes images in (ab, ba), not latents: use apply'),
    });
  });

  test('a direction that the model lacks', async () => {
    const input = await photos();
    await refuses(of(runs.pix2pix, input, '--direction', 'ba'), {
      code: 2,
      why: /no direction ba: it has ab\n/,
    });
    await refuses(of(runs.cyclegan, input, '--direction', 'a'), { code: 2, why: /it has ab and ba\n/ });
  });

  test('a tile without an inside', async () => {
    await refuses(of(runs.cyclegan, await photos(), '--tile', '51'), {
      code: 2,
      why: /a tile of at least 52 pixels, for a margin of 24 on each side, but received 51/,
    });
  });

  test('an image that is too small, by its name and with the least size; or it is left out', async () => {
    const input = await photos();
    await draw(at('photos', 'z.png'), 5, 16);
    await refuses(of(runs.pix2pix, input), {
      code: 2,
      why: /z\.png has 5×16 pixels, but this model takes images of at least 16×16: enlarge it/,
    });
    expect(existsSync(at('out'))).toBe(false);
    expect(await call(apply, ...of(runs.pix2pix, input, '--on-bad-image', 'skip'))).toEqual({
      code: 0,
      stdout: `images   3\nout      ${at('out')}\n`,
      stderr: expect.stringMatching(/^warning: left out: .*z\.png has 5×16 pixels.*\n$/),
    });
  });

  test('a file that is no image, by its name; or it is left out', async () => {
    const input = await photos();
    writeFileSync(at('photos', 'z.jpg'), 'no image');
    await refuses(of(runs.cyclegan, input), { code: 1, why: /z\.jpg is not a readable image: / });
    expect(existsSync(at('out'))).toBe(false);
    const skipping = await call(apply, ...of(runs.cyclegan, input, '--on-bad-image', 'skip', '--json'));
    expect(skipping.code).toBe(0);
    expect(JSON.parse(skipping.stdout)).toMatchObject({ images: 3, of: 3, skipped: 1 });
    rmSync(at('photos'), { recursive: true });
    mkdirSync(at('photos'));
    writeFileSync(at('photos', 'z.jpg'), 'no image');
    await refuses(of(runs.cyclegan, input, '--on-bad-image', 'skip'), {
      code: 1,
      why: /no image of --in can be used; the first: .*z\.jpg is not a readable image/,
    });
  });

  test('images of several sizes for one tensor', async () => {
    await refuses(of(runs.cyclegan, await photos(), '--raw', at('raw.safetensors')), {
      code: 2,
      why: /--raw .* holds images of one size, but .*a\.png has 16×16 pixels and .*c\.png 21×35: leave --raw out/,
    });
    expect([at('out'), at('raw.safetensors')].filter(existsSync)).toEqual([]);
  });
});

test('an image whose pixels are cut off ends the work by its name, after those that were made; or it is left out', async () => {
  await photos();
  await draw(at('photos', 'inner', 'd.png'), 64, 64);
  truncateSync(
    at('photos', 'inner', 'd.png'),
    Math.floor(readFileSync(at('photos', 'inner', 'd.png')).length / 2),
  );
  const failing = await call(apply, ...of(runs.cyclegan, at('photos')));
  expect(failing).toMatchObject({ code: 1, stdout: '' });
  expect(failing.stderr).toMatch(
    /^3 of 4 images are made, but no more:\nerror: .*d\.png is not a readable image: .*\n$/,
  );
  expect(readdirSync(at('out'), { recursive: true }).sort()).toEqual([
    'a.png',
    'b.png',
    'inner',
    join('inner', 'c.png'),
  ]);
  const skipping = await call(apply, ...of(runs.cyclegan, at('photos'), '--on-bad-image', 'skip'));
  expect(skipping).toMatchObject({ code: 0, stdout: expect.stringContaining('images   3\n') });
  expect(skipping.stderr).toMatch(/^warning: left out: .*d\.png is not a readable image/);
});

test('a picture that cannot be written leaves no part of it', async () => {
  await photos();
  writeFileSync(at('out'), '');
  await refuses(of(runs.cyclegan, at('photos', 'a.png')), { code: 2, why: /pictures are written as PNG/ });
  rmSync(at('out'));
  mkdirSync(at('out', 'inner'), { recursive: true });
  rmSync(at('out', 'inner'), { recursive: true });
  writeFileSync(at('out', 'inner'), '');
  const result = await call(apply, ...of(runs.cyclegan, at('photos')));
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/error: cannot write .*inner.*c\.png: .*\n$/);
  expect(readdirSync(at('out')).sort()).toEqual(['a.png', 'b.png', 'inner']);
});

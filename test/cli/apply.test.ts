import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { main as apply } from '../../src/cli/apply';
import { main } from '../../src/cli/main';
import { type PictureChannels, readPng } from '../../src/io/png';
import { readSafetensors } from '../../src/io/safetensors';
import { load } from '../../src/recipes';
import { rand } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { RUNS_TYPESCRIPT } from '../support/typescript';
import { applyTests, call, draw, drawPhotos, trainOne } from './applying';
import { FakeHost } from './fakes';

const { runs, at } = applyTests(['pix2pix', 'cyclegan']);
const photos = () => drawPhotos(at, ['a.png', 'z.png']);

/** Calls `apply`, and expects it to end well with nothing on stderr. */
async function applied(run: string, input: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await call(apply, '--checkpoint', run, '--in', input, '--quiet', ...more);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

/** The largest difference of two pictures, of 255. */
async function difference(a: string, b: string): Promise<number> {
  const [{ pixels }, other] = [await readPng(a), await readPng(b)];
  expect(other.pixels).toHaveLength(pixels.length);
  return pixels.reduce((most, byte, i) => Math.max(most, Math.abs(byte - other.pixels[i])), 0);
}

describe('names and sizes are kept', () => {
  test.each(['pix2pix', 'cyclegan'] as const)('of a folder, by %s', async (name) => {
    const stdout = await applied(runs[name], await photos(), '--out', at('out'));
    expect(stdout).toBe(`images   3\nout      ${at('out')}\n`);
    expect(readdirSync(at('out'), { recursive: true }).sort()).toEqual([
      'a.png',
      'inner',
      join('inner', 'c.png'),
      'z.png',
    ]);
    expect(await readPng(at('out', 'inner', 'c.png'))).toMatchObject({ height: 21, width: 35, channels: 1 });
  });

  test('of one image, which becomes a file or lies in a folder', async () => {
    await photos();
    const one = at('photos', 'inner', 'c.png');
    await applied(runs.cyclegan, one, '--out', at('made.png'));
    await applied(runs.cyclegan, one, '--out', at('new', 'folder'));
    await applied(runs.cyclegan, one, '--out', at('photos'));
    expect(await difference(at('made.png'), at('new', 'folder', 'c.png'))).toBe(0);
    expect(await difference(at('made.png'), at('photos', 'c.png'))).toBe(0);
  });

  test('as an image is to be looked at, in other formats too', async () => {
    mkdirSync(at('photos'));
    const picture = () => sharp({ create: { width: 24, height: 16, channels: 3, background: '#804020' } });
    await picture().jpeg().withMetadata({ orientation: 6 }).toFile(at('photos', 'turned.jpg'));
    await picture().webp().toFile(at('photos', 'photo.old.webp'));
    await applied(runs.cyclegan, at('photos'), '--out', at('out'));
    expect(await readPng(at('out', 'turned.png'))).toMatchObject({ height: 24, width: 16 });
    expect(await readPng(at('out', 'photo.old.png'))).toMatchObject({ height: 16, width: 24 });
  });

  test('and what was made earlier, in a folder among the images, is not taken in again', async () => {
    const input = await photos();
    for (let i = 0; i < 2; i++)
      expect(await applied(runs.cyclegan, input, '--out', at('photos', 'made'))).toMatch(/^images {3}3\n/);
    expect(existsSync(at('photos', 'made', 'made'))).toBe(false);
  });
});

test.each(['pix2pix', 'cyclegan'] as const)(
  'what %s makes of an image does not depend on those it comes with',
  async (name) => {
    const input = await photos();
    await applied(runs[name], input, '--out', at('all'));
    await applied(runs[name], input, '--out', at('single'), '--batch', '1');
    await applied(runs[name], at('photos', 'z.png'), '--out', at('alone.png'));
    const file = join('inner', 'c.png');
    expect(await difference(at('all', file), at('single', file))).toBeLessThanOrEqual(1);
    expect(await difference(at('all', 'z.png'), at('single', 'z.png'))).toBeLessThanOrEqual(1);
    expect(await difference(at('all', 'z.png'), at('alone.png'))).toBeLessThanOrEqual(1);
  },
);

test('a seed is that of dropout: the same one makes the same', async () => {
  await photos();
  for (const [out, seed] of Object.entries({ a: '0', b: '7', c: '7' }))
    await applied(runs.pix2pix, at('photos', 'inner'), '--out', at(out), '--seed', seed);
  expect(await difference(at('b', 'c.png'), at('c', 'c.png'))).toBe(0);
  expect(await difference(at('a', 'c.png'), at('b', 'c.png'))).toBeGreaterThan(0);
});

test('directions differ, and the first is meant where none is named', async () => {
  await photos();
  for (const [out, direction] of Object.entries({ none: [], ab: ['ab'], ba: ['ba'] }))
    await applied(
      runs.cyclegan,
      at('photos', 'inner'),
      ...['--out', at(out)],
      ...direction.flatMap((name) => ['--direction', name]),
    );
  expect(await difference(at('none', 'c.png'), at('ab', 'c.png'))).toBe(0);
  expect(await difference(at('ab', 'c.png'), at('ba', 'c.png'))).toBeGreaterThan(0);
});

test.each<[PictureChannels, PictureChannels]>([
  [1, 4],
  [2, 3],
  [4, 2],
])('images of %i channels become images of %i', async (from, to) => {
  const run = await trainOne(at('run'), 'pix2pix', [from, to]);
  await draw(at('photos', 'a.png'), 18, 20, from);
  await draw(at('photos', 'b.png'), 18, 20, 3);
  await applied(run, at('photos'), '--out', at('out'));
  for (const name of ['a.png', 'b.png'])
    expect(await sharp(at('out', name)).metadata()).toMatchObject({ height: 18, width: 20, channels: to });
});

test('--raw keeps the numbers, in the order of names, with pictures or without', async () => {
  await photos();
  rmSync(at('photos', 'inner'), { recursive: true });
  await draw(at('photos', 'm.png'), 16, 16);
  const stdout = await applied(runs.cyclegan, at('photos'), '--raw', at('new', 'raw.safetensors'));
  expect(stdout).toBe(`images   3\nraw      ${at('new', 'raw.safetensors')}\n`);
  await applied(
    runs.cyclegan,
    at('photos'),
    '--raw',
    at('both.safetensors'),
    '--out',
    at('out'),
    '--batch',
    '2',
  );
  const { images } = (await readSafetensors(at('both.safetensors'))).records;
  expect(images).toMatchObject({ dtype: 'F32', shape: [3, 1, 16, 16] });
  const values = new Float32Array(new Uint8Array(images.bytes).buffer);
  for (const [i, name] of ['a.png', 'm.png', 'z.png'].entries()) {
    const { pixels } = await readPng(at('out', name));
    const bytes = values.slice(i * 256, (i + 1) * 256).map((value) => Math.floor(127.5 * (value + 1) + 0.5));
    expect(Array.from(bytes)).toEqual(Array.from(pixels));
  }
});

describe('tiles', () => {
  test('of a network with instance norms make what the whole image makes, within 2 of 255', async () => {
    await draw(at('large', 'x.png'), 150, 202);
    await applied(runs.cyclegan, at('large'), '--out', at('whole'));
    await applied(runs.cyclegan, at('large'), '--out', at('tiled'), '--tile', '96');
    expect(await difference(at('whole', 'x.png'), at('tiled', 'x.png'))).toBeLessThanOrEqual(2);
    expect(new Set((await readPng(at('whole', 'x.png'))).pixels).size).toBeGreaterThan(3);
    // With less than the network sees there are seams, as asked for, and told.
    const less = ['--checkpoint', runs.cyclegan, '--in', at('large'), '--out', at('less'), '--quiet'];
    expect(await call(apply, ...less, '--tile', '48', '--overlap', '12')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^warning: this network sees 2\d pixels around each, but --overlap 12 .*\n$/,
      ),
    });
    expect(await difference(at('whole', 'x.png'), at('less', 'x.png'))).toBeGreaterThan(2);
  });

  test('of a network that looks at all of the image are blended, and a warning says that seams may be seen', async () => {
    await draw(at('large', 'x.png'), 64, 64);
    const argv = ['--checkpoint', runs.pix2pix, '--in', at('large'), '--out', at('out'), '--quiet'];
    expect(await call(apply, ...argv, '--tile', '48')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^warning: .* tiles are blended, and seams may be seen\n$/),
    });
    expect(await call(apply, ...argv, '--tile', '64')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what is told', () => {
  test('--json is one object', async () => {
    const input = await photos();
    const stdout = await applied(runs.cyclegan, input, '--out', at('out'), '--json', '--direction', 'ba');
    expect(JSON.parse(stdout)).toEqual({
      event: 'end',
      checkpoint: join(runs.cyclegan, 'checkpoints/step-000001'),
      step: 1,
      weights: 'live',
      direction: 'ba',
      images: 3,
      of: 3,
      skipped: 0,
      out: at('out'),
    });
  });

  test('a bar moves on stderr, and is gone at the end', async () => {
    const host = new FakeHost({ tty: true });
    await draw(at('large', 'x.png'), 400, 400);
    const argv = ['--checkpoint', runs.cyclegan, '--in', at('large'), '--out', at('out'), '--tile', '64'];
    expect(await apply([...argv, '--device', 'cpu'], host)).toBe(0);
    expect(host.stderr.text).toMatch(/Kmaking x\.png: \d+ %/);
    expect(host.stderr.text.endsWith('\r\x1b[K')).toBe(true);
  });

  test('weights that are not there', async () => {
    const argv = ['--checkpoint', runs.cyclegan, '--in', await photos(), '--out', at('out')];
    expect((await call(apply, ...argv, '--weights', 'ema')).stderr).toContain(
      'this model keeps no averaged weights',
    );
  });

  test('libtorch-gan apply is the same command', async () => {
    const host = new FakeHost();
    expect(await main(['apply', '--in', 'x'], host)).toBe(2);
    expect(host.stderr.text).toMatch(/--checkpoint expects a path/);
  });

  test('--help and wrong calls load no LibTorch', () => {
    const script = `
      const { main } = require('./src/cli/apply');
      const { addonFiles } = require('./src/native/load');
      main(JSON.parse(process.argv[1])).then((code) => console.error(code, addonFiles().path in require.cache));`;
    const run = (...argv: string[]) =>
      execFileSync(
        'sh',
        [
          '-c',
          `"${process.execPath}" ${RUNS_TYPESCRIPT.join(' ')} -e "$0" -- "$1" 2>&1`,
          script,
          JSON.stringify(argv),
        ],
        { cwd: resolve(__dirname, '../..'), encoding: 'utf8', stdio: 'pipe' },
      );
    expect(run('--help')).toMatch(/Usage: apply .*\n0 false\n$/s);
    expect(run('--checkpoint', 'x', '--in', 'y', '--tile', 'no', '--out', 'z')).toMatch(/\n2 false\n$/);
  });
});

describe('a signal ends it in order', () => {
  /** Calls `apply`, and sends SIGINT when stderr says that. */
  async function interrupted(when: RegExp, ...argv: string[]) {
    const host = new FakeHost({ tty: true });
    const timer = setInterval(() => {
      if (when.test(host.stderr.text)) host.signals.emit('SIGINT');
    }, 1);
    try {
      const code = await apply(['--checkpoint', runs.cyclegan, '--device', 'cpu', ...argv], host);
      return { code, stdout: host.stdout.text };
    } finally {
      clearInterval(timer);
    }
  }

  test('between tiles, with nothing of that image', async () => {
    await draw(at('large', 'x.png'), 500, 500);
    const out = ['--out', at('out'), '--raw', at('raw.safetensors')];
    const ended = await interrupted(/making x\.png/, '--in', at('large'), '--tile', '64', ...out);
    expect(ended).toEqual({ code: 130, stdout: `images   0\nout      ${at('out')}\n` });
    expect([at('out'), at('raw.safetensors')].filter(existsSync)).toEqual([]);
  });

  test('between batches, with the pictures that are whole', async () => {
    for (let i = 0; i < 200; i++) await draw(at('many', `${i}.png`), 64, 64);
    const { code, stdout } = await interrupted(
      /making images/,
      '--in',
      at('many'),
      '--out',
      at('out'),
      '--batch',
      '1',
    );
    expect(code).toBe(130);
    const made = Number(/^images {3}(\d+)/.exec(stdout)?.[1]);
    expect(made).toBeLessThan(200);
    const names = readdirSync(at('out'));
    expect(names).toHaveLength(made);
    for (const name of names) expect(await readPng(at('out', name))).toMatchObject({ height: 64, width: 64 });
  });
});

describe('a script loads the model and runs it on images', () => {
  test('which it does not have in a wrong form', async () => {
    const model = await load(runs.cyclegan, { device: 'cpu' });
    scope(() => {
      const images = rand([1, 1, 64, 64]);
      expect(() => model.run({ images, tile: 20 })).toThrow(usage('a tile of at least 52 pixels'));
      expect(() => model.run({ images, overlap: 4 })).toThrow(usage('overlap is of tiles'));
      expect(() => model.run({ images: rand([1, 64, 64]) })).toThrow(usage('images expected [N, C, H, W]'));
    });
    model.dispose();
  });

  test('whole or in tiles', async () => {
    const model = await load(runs.cyclegan, { device: 'cpu' });
    scope(() => {
      const images = rand([2, 1, 70, 150]).mul(2).sub(1);
      const whole = model.run({ images, direction: 'ba' });
      expect(whole.shape).toEqual([2, 1, 70, 150]);
      const tiled = model.run({ images, direction: 'ba', tile: 64 });
      expect(tiled.sub(whole).abs().max().item()).toBeLessThan(1e-4);
    });
    model.dispose();
  });
});

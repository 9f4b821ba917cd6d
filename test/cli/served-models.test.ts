import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { KeptModels } from '../../src/cli/kept-models';
import { main as sample } from '../../src/cli/sample';
import { ServedModels } from '../../src/cli/served-models';
import { main as train } from '../../src/cli/train';
import { writePng } from '../../src/io/png';
import { testFolder } from '../serve/serving';
import { failure, usage } from '../support/failure';
import { call, draw, trainOne } from './applying';
import { tinyMnist, writeTinyMnist } from './tiny-data';

const folder = testFolder('served-models');
const at = (...parts: string[]) => join(folder, ...parts);
const models = new ServedModels({ device: 'cpu' });
const LIMITS = { count: 64, answerBytes: 1 << 20 };

async function trained(...argv: string[]): Promise<void> {
  const { code, stderr } = await call(train, ...argv, '--quiet');
  if (code !== 0) throw new Error(stderr);
}

const DATA = tinyMnist(folder);

beforeAll(async () => {
  writeTinyMnist(folder);
  // So fast that two steps are seen in the bytes.
  const small = ['--set', 'width=4', '--set', 'latentSize=8', '--set', 'lr=0.01'];
  const short = ['--steps', '2', '--checkpoint-every', '2'];
  await trained('dcgan', ...DATA, ...small, ...short, '--out', at('plain'));
  await trained('cgan', ...DATA, ...small, ...short, '--out', at('classes'));
  await trainOne(at('pairs'), 'pix2pix');
  await trainOne(at('holes'), 'inpaint');
});
afterAll(async () => {
  await models.close();
  rmSync(folder, { recursive: true });
});
const images = (run: string, query: Record<string, string>, format: 'png' | 'safetensors' = 'png') =>
  models.images(at(run), { query, format, limits: LIMITS });

const applied = (
  run: string,
  picture: Uint8Array,
  query: Record<string, string> = {},
  format: 'png' | 'safetensors' = 'png',
) => models.apply(at(run), { picture, query, format, limits: LIMITS });

describe('models that are served', () => {
  // Models are kept between requests, but between tests no tensor may be.
  afterEach(() => models.close());

  describe('queries that cannot be', () => {
    test.each<[Record<string, string>, string]>([
      [{ count: '0' }, 'count expects a whole number from 1 to 256, but got "0"'],
      [{ count: '257' }, 'count expects a whole number from 1 to 256, but got "257"'],
      [{ count: '1e9' }, 'count expects a whole number'],
      [{ count: 'NaN' }, 'count expects a whole number'],
      [{ count: '65' }, 'count expects at most 64 images of this model in a request, but these are 65'],
      [{ seed: '-1' }, 'seed expects a whole number of at least 0'],
      [{ seed: '1.5' }, 'seed expects a whole number of at least 0'],
      [{ truncation: '0.001' }, 'truncation expects a number from 0.01 to 1000, or 0'],
      [{ truncation: '0' }, 'truncation 0 is of models with an intermediate latent w'],
      [{ label: '3' }, 'this model was trained without labels'],
    ])('%j', async (query, message) => {
      await expect(images('plain', query)).rejects.toThrow(usage(message));
    });

    test('a class that a model does not have', async () => {
      await expect(images('classes', { label: 'cat' })).rejects.toThrow(usage('expects a class from 0 to 9'));
    });

    test('images whose bytes are more than an answer may have', async () => {
      const limits = { count: 64, answerBytes: 4 * 16 * 16 * 3 };
      await expect(
        models.images(at('plain'), { query: { count: '4' }, format: 'png', limits }),
      ).rejects.toThrow(usage('at most 3 images'));
    });

    test('a model of the other kind', async () => {
      await expect(images('pairs', {})).rejects.toThrow(usage('takes images in'));
      await expect(applied('plain', Buffer.from('x'))).rejects.toThrow(usage('makes images of latents'));
    });

    test('a run without a checkpoint', async () => {
      mkdirSync(at('empty'));
      writeFileSync(at('empty', 'config.json'), '{}');
      await expect(images('empty', {})).rejects.toThrow(failure('ERR_NO_CHECKPOINT', 'it has none'));
    });

    test.each<[string, Uint8Array]>([
      ['no picture', Buffer.from('no picture at all')],
      ['half a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
    ])('%s is an error that names it so', async (_, picture) => {
      await expect(applied('pairs', picture)).rejects.toThrow(
        failure('ERR_BAD_IMAGE', 'the picture is not a readable image'),
      );
    });

    test('a picture that is too large, or a direction that there is not', async () => {
      await draw(at('large.png'), 1025, 1024);
      await expect(applied('pairs', readFileSync(at('large.png')))).rejects.toThrow(
        usage('1025×1024 pixels, more than'),
      );
      await draw(at('small.png'), 16, 16);
      await expect(applied('pairs', readFileSync(at('small.png')), { direction: 'up' })).rejects.toThrow(
        usage('up'),
      );
    });

    test('a picture without a hole, or of nothing else, for a model that fills holes', async () => {
      const size = { height: 16, width: 16, channels: 2 } as const;
      for (const [alpha, message] of [
        [255, 'has no transparent part'],
        [0, 'is all transparent'],
      ] as const) {
        const pixels = Uint8Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? 100 : alpha));
        await writePng(at('holed.png'), { ...size, pixels });
        await expect(applied('holes', readFileSync(at('holed.png')))).rejects.toThrow(usage(message));
      }
    });
  });

  /** What the command writes into a file for the same settings. */
  async function bySample(
    run: string,
    flag: '--out' | '--raw',
    query: Record<string, string>,
  ): Promise<Buffer> {
    const file = at(flag === '--out' ? 'by-sample.png' : 'by-sample.safetensors');
    const flags = Object.entries(query).flatMap(([name, value]) => [`--${name}`, value]);
    const { code, stderr } = await call(sample, '--checkpoint', at(run), flag, file, ...flags, '--quiet');
    expect([code, stderr]).toEqual([0, '']);
    return readFileSync(file);
  }

  describe('the bytes are those of sample', () => {
    test.each<[string, Record<string, string>]>([
      ['plain', { count: '5', seed: '7' }],
      ['plain', {}],
      ['plain', { count: '4', seed: '1', truncation: '0.5', columns: '4' }],
      ['classes', { count: '3', label: '4' }],
      ['classes', { seed: '2', columns: '3' }],
    ])('%s, %j', async (run, query) => {
      const picture = await images(run, query);
      expect(Buffer.from(picture.bytes).equals(await bySample(run, '--out', query))).toBe(true);
      const { columns: _, ...drawn } = query;
      if (query.columns === undefined) {
        const tensors = await images(run, drawn, 'safetensors');
        expect(Buffer.from(tensors.bytes).equals(await bySample(run, '--raw', drawn))).toBe(true);
      }
      // Later ones may be made by fewer threads.
      for (let again = 0; again < 3; again++)
        expect(Buffer.from((await images(run, query)).bytes).equals(Buffer.from(picture.bytes))).toBe(true);
    });
  });

  describe('the bytes are those of apply', () => {
    test('of a picture', async () => {
      await draw(at('photo.png'), 21, 35);
      const photo = readFileSync(at('photo.png'));
      const { code } = await call(
        apply,
        ...[
          '--checkpoint',
          at('pairs'),
          '--in',
          at('photo.png'),
          '--out',
          at('made.png'),
          '--raw',
          at('made.safetensors'),
        ],
      );
      expect(code).toBe(0);
      expect(Buffer.from((await applied('pairs', photo)).bytes).equals(readFileSync(at('made.png')))).toBe(
        true,
      );
      const tensors = await applied('pairs', photo, {}, 'safetensors');
      expect(Buffer.from(tensors.bytes).equals(readFileSync(at('made.safetensors')))).toBe(true);
    });

    test('of a picture whose transparent part is the hole', async () => {
      const grey = (i: number) => (i * 37) % 256;
      const inHole = (i: number) => i % 16 > 4 && i % 16 < 9 && i > 64 && i < 160;
      const size = { height: 16, width: 16 };
      const pixels = Uint8Array.from({ length: 512 }, (_, i) =>
        i % 2 === 0 ? grey(i >> 1) : inHole(i >> 1) ? 0 : 255,
      );
      const mask = Uint8Array.from({ length: 256 }, (_, i) => (inHole(i) ? 255 : 0));
      await writePng(at('holed.png'), { ...size, channels: 2, pixels });
      await writePng(at('mask.png'), { ...size, channels: 1, pixels: mask });
      const { code } = await call(
        apply,
        ...[
          '--checkpoint',
          at('holes'),
          '--in',
          at('holed.png'),
          '--mask',
          at('mask.png'),
          '--out',
          at('filled.png'),
        ],
      );
      expect(code).toBe(0);
      const made = await applied('holes', readFileSync(at('holed.png')));
      expect(Buffer.from(made.bytes).equals(readFileSync(at('filled.png')))).toBe(true);
    });
  });

  test('a model is loaded once, and of many those that were asked for last are kept', async () => {
    const kept = new KeptModels({ device: 'cpu' });
    try {
      const first = await kept.get(at('plain'));
      expect(await kept.get(at('plain'))).toBe(first);
      for (const name of ['classes', 'pairs', 'holes', 'copy']) {
        if (name === 'copy') cpSync(at('plain'), at('copy'), { recursive: true });
        await kept.get(at(name));
      }
      expect(await kept.get(at('plain'))).not.toBe(first);
    } finally {
      kept.dispose();
    }
  });

  test('a model is described by what can be asked of it', async () => {
    expect(await models.describe(at('classes'))).toMatchObject({
      takes: 'latents',
      step: 2,
      classes: 10,
      directions: [],
    });
    expect(await models.describe(at('plain'))).toMatchObject({ takes: 'latents', classes: 0 });
    expect(await models.describe(at('pairs'))).toMatchObject({ takes: 'images', directions: ['ab'] });
  });

  test('a newer checkpoint is taken as soon as it is there, and the old one where it is gone again', async () => {
    const query = { count: '2' };
    const before = await images('plain', query);
    await trained('--resume', at('plain'), '--data-dir', folder, '--steps', '4');
    const after = await images('plain', query);
    expect([before.step, after.step]).toEqual([2, 4]);
    expect(Buffer.from(after.bytes).equals(before.bytes)).toBe(false);
    expect(Buffer.from(after.bytes).equals(await bySample('plain', '--out', query))).toBe(true);
    renameSync(at('plain', 'checkpoints', 'step-000004'), at('away'));
    const again = await images('plain', query);
    expect([again.step, Buffer.from(again.bytes).equals(before.bytes)]).toEqual([2, true]);
  });
});

// Models that enlarge images or take noise from them: trained, judged and applied by their commands.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { main as evaluate } from '../../src/cli/evaluate';
import type { Host } from '../../src/cli/host';
import { main as train } from '../../src/cli/train';
import { loadImages } from '../../src/data/sources';
import { readPng } from '../../src/io/png';
import { readEvaluations } from '../../src/report/evaluations';
import { keepClassifier } from '../support/kept-classifier';
import { filesOf } from '../support/training';
import { FakeHost } from './fakes';
import { writeClasses } from './tiny-domains';

/** A network of feature maps in TorchScript. */
const SCRIPT = join(__dirname, '..', 'fixtures', 'io', 'script', 'maps.pt');

const { XDG_CACHE_HOME: cache } = process.env;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restoration-'));
  process.env.XDG_CACHE_HOME = at('cache');
  await writeClasses(at('photos'), { train: 22, test: 6, classes: ['bird', 'cat'] });
  // An untrained classifier: what is tested is not how good it is.
  await keepClassifier(await loadImages(photos(), { resolution: 32 }));
  await trained('super-resolution', 'large', '--load-size', '16', '--resolution', '12', ...JUDGED);
  await trained('denoise', 'clean', '--resolution', '16', '--set', 'depth=2', ...JUDGED);
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

const at = (...names: string[]) => join(folder, ...names);
const photos = () => `folder:${at('photos')}`;
const JUDGED = ['--eval-every', '2', '--eval-metrics', 'psnr,ssim', '--eval-count', '6'];

async function call(main: (argv: readonly string[], host: Host) => Promise<number>, ...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const short = (recipe: string, run: string) => [
  ...[recipe, '--dataset', photos(), '--batch', '2', '--precision', 'fp32', '--out', at(run)],
  ...(recipe === 'super-resolution' ? ['--set', 'blocks=1'] : []),
  ...['--set', 'width=4'],
];

async function trained(recipe: string, run: string, ...more: string[]): Promise<string> {
  const { code, stderr } = await call(train, ...short(recipe, run), '--steps', '2', ...more);
  if (code !== 0) throw new Error(stderr);
  return stderr;
}

async function refused(main: Parameters<typeof call>[0], argv: string[], why: string): Promise<void> {
  const { code, stdout, stderr } = await call(main, ...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trimEnd().split('\n').at(-1)).toContain(why);
}

const rows = (run: string) => readEvaluations(at(run, 'evaluations.jsonl'));

describe('a wrong call exits with 2 and says what to type', () => {
  test.each<[string[], string]>([
    [['super-resolution', '--dataset', 'pairs:x'], 'super-resolution learns from images alone'],
    [['super-resolution', '--set', 'scale=5'], '--set scale expects a whole number from 2 to 4, but got "5"'],
    [['super-resolution', '--set', 'network=unet'], '--set network expects srresnet or rrdb'],
    [
      ['super-resolution', '--resolution', '4'],
      '--resolution 4: super-resolution makes images of any size of at least 8',
    ],
    ...['', '0', '0-0', '55-20', '300', '-5', '25,50'].map((sigma): [string[], string] => [
      ['denoise', '--set', `sigma=${sigma}`],
      `--set sigma expects a number above 0 and up to 255, or a range such as 0-55, but got "${sigma}": try --set sigma=25`,
    ]),
    [['denoise', '--set', 'noise=salt'], '--set noise expects gaussian or poisson'],
    [['denoise', '--set', 'depth=1'], '--set depth expects a whole number from 2 to 100'],
  ])('train %j', (argv, why) => refused(train, argv, why));

  test('a size that the scale does not divide, of images and of patches', async () => {
    const all = (...more: string[]) => [...short('super-resolution', 'none'), '--set', 'scale=3', ...more];
    await refused(
      train,
      all('--resolution', '16'),
      'a scale of 3 expects images whose height and width it divides but they are of 16×16: try 15×15',
    );
    await refused(train, all('--load-size', '15', '--resolution', '10'), 'but they are of 10×10: try 9×9');
    expect(existsSync(at('none'))).toBe(false);
  });

  test('a scale that the checkpoint was not trained for', async () => {
    const of = (run: string) => [
      '--checkpoint',
      at(run),
      '--in',
      at('photos'),
      '--out',
      at('none'),
      '--scale',
      '3',
    ];
    await refused(
      apply,
      of('large'),
      'was trained to make images 2 times as high and wide: leave --scale out',
    );
    await refused(apply, of('clean'), 'was trained to make images of the size of those it takes');
  });

  test('a border that leaves nothing, and what has no colours to compare', async () => {
    const of = (...more: string[]) => ['--checkpoint', at('large'), ...more];
    await refused(
      evaluate,
      of('--metrics', 'l1', '--border', '8'),
      '--border 8: a border of 8 pixels on each side leaves nothing of images of 16×16',
    );
    await refused(
      evaluate,
      of('--metrics', 'psnr,ssim', '--border', '3'),
      '--border 3: ssim compares windows of 11×11 pixels, but a border of 3 on each side leaves 10×10 of images of 16×16: expected at most 2, or leave ssim out',
    );
    await refused(
      evaluate,
      of('--metrics', 'fid', '--colours', 'y'),
      '--colours is of l1, psnr, ssim, lpips, but none is asked for',
    );
    await refused(
      evaluate,
      of('--dataset', 'pairs:x'),
      'gives pairs, but this model is judged by images alone',
    );
  });
});

describe('super-resolution', () => {
  test('learns patches, and is judged by whole images in Y without a border', () => {
    const [row] = rows('large');
    expect(row).toMatchObject({
      source: 'training',
      protocol: {
        resolution: 16,
        colours: 'Y of BT.601, 16–235',
        border: 2,
        levels: 256,
        count: 6,
        direction: 'enlarge',
        inputs: `${photos()} (input: 1/2 of each side, bicubic, antialiased, 8 bits)`,
        split: 'test',
      },
    });
  });

  test('is judged beside bicubic interpolation, and again as on the way', async () => {
    const { code, stdout } = await call(evaluate, '--checkpoint', at('large'), '--metrics', 'psnr,ssim');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PSNR \(dB\) ↑ .*\nPSNR \(dB\) of the copy of the input ↑ .*\nSSIM/);
    expect(stdout).toMatch(/base line converted bicubic, antialiased, to 16×16, .*enlarged 2 times/);
    const [training, own, copy] = rows('large');
    expect(own.protocol).toEqual(training.protocol);
    for (const metric of ['psnr', 'ssim'])
      expect(own.metrics[metric]).toBeCloseTo(training.metrics[metric], 4);
    expect(copy.protocol).toMatchObject({ colours: 'Y of BT.601, 16–235', border: 2 });
  });

  test('is judged by the colours and border that are asked for', async () => {
    const asked = ['--metrics', 'psnr', '--colours', 'own', '--border', '0'];
    expect((await call(evaluate, '--checkpoint', at('large'), ...asked)).code).toBe(0);
    expect(rows('large').at(-2)?.protocol).toMatchObject({ colours: 'RGB', border: 0 });
  });

  test('makes pictures twice as large, whole and in tiles', async () => {
    const input = at('photos', 'test', 'bird', '0.png');
    for (const [name, ...more] of [['whole.png'], ['tiled.png', '--tile', '15', '--scale', '2']]) {
      const { code } = await call(
        apply,
        '--checkpoint',
        at('large'),
        '--in',
        input,
        '--out',
        at(name),
        ...more,
      );
      expect(code).toBe(0);
    }
    const [whole, tiled] = await Promise.all(['whole.png', 'tiled.png'].map((name) => readPng(at(name))));
    expect([whole.height, whole.width]).toEqual([32, 32]);
    const apart = whole.pixels.map((value, i) => Math.abs(value - tiled.pixels[i]));
    expect(apart.reduce((most, value) => Math.max(most, value))).toBeLessThanOrEqual(1);
  });

  test('goes on bit for bit from a checkpoint', async () => {
    const args = (run: string, ...more: string[]) => [
      ...short('super-resolution', run),
      '--resolution',
      '16',
      ...more,
    ];
    await call(train, ...args('straight', '--steps', '4'));
    await call(train, ...args('parts', '--steps', '4', '--checkpoint-every', '2'));
    rmSync(at('parts', 'checkpoints', 'step-000004'), { recursive: true });
    const { code } = await call(train, '--resume', at('parts'));
    expect(code).toBe(0);
    const [straight, parts] = ['straight', 'parts'].map((run) => {
      const { 'manifest.json': _, ...rest } = filesOf(at(run, 'checkpoints', 'step-000004'));
      return rest;
    });
    expect(parts).toEqual(straight);
  });

  test('goes on with the same images where their folder has moved', async () => {
    cpSync(at('photos'), at('moved'), { recursive: true });
    await trained('denoise', 'before', '--resolution', '16', '--set', 'depth=2');
    const asked = ['--resume', at('before'), '--dataset', `folder:${at('moved')}`, '--steps', '3'];
    const { code, stderr } = await call(train, ...asked);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('changed since the checkpoint')]);
  });

  test('begins its adversarial stage from the pixel stage, with features of the classifier of its images', async () => {
    const stage = ['--set', 'stage=adversarial', '--set', 'patch=16', '--init', at('large')];
    const said = await trained('super-resolution', 'sharp', '--resolution', '12', ...stage);
    expect(said).toMatch(/perceives {2}by classifier-/);
    expect(said).toMatch(/^init/m);
    expect(said).not.toContain('random weights');
    const { code } = await call(evaluate, '--checkpoint', at('sharp'), '--metrics', 'psnr');
    expect(code).toBe(0);
  });

  test('learns its adversarial stage by the network of --features alone, and goes on by it', async () => {
    const stage = ['--resolution', '12', '--set', 'stage=adversarial', '--set', 'patch=16'];
    const said = await trained('super-resolution', 'own', ...stage, '--features', SCRIPT);
    expect(said).toMatch(/perceives {2}by torchscript:maps\.pt/);
    expect(said).toContain(
      'is to go on from a run of stage=pixel, but starts from random weights: try --init RUN',
    );
    expect(rows('own')).toEqual([]);
    const resume = ['--resume', at('own'), '--steps', '3'];
    await refused(train, resume, `where you trust it, add --features ${SCRIPT}`);
    await refused(
      train,
      [...resume, '--features', 'classifier'],
      `--features classifier differs from the run ${at('own')}, which has ${SCRIPT}`,
    );
    const { code, stderr } = await call(train, ...resume, '--features', SCRIPT);
    expect([code, stderr]).toEqual([0, expect.stringContaining('perceives  by torchscript:maps.pt')]);
  });

  test.each<[string, string[]]>([
    ['the pixel stage', []],
    ['a stage without a perceptual loss', ['--set', 'stage=adversarial', '--set', 'perceptual=0']],
  ])('%s has no use for features where nothing is judged', async (_, more) => {
    await refused(
      train,
      [...short('super-resolution', 'none'), ...more, '--features', SCRIPT],
      '--features says how to evaluate, but nothing says when: add --eval-every',
    );
  });
});

describe('denoise', () => {
  test('is judged beside the noisy image, whose noise is the same in every evaluation', async () => {
    for (const _ of [1, 2]) await call(evaluate, '--checkpoint', at('clean'), '--metrics', 'psnr');
    const copies = rows('clean').filter(({ metrics }) => 'psnrOfCopy' in metrics);
    expect(copies).toHaveLength(2);
    expect(copies[0].metrics).toEqual(copies[1].metrics);
    // Noise of σ 25, of which rounding to bytes clips a part.
    expect(copies[0].metrics.psnrOfCopy).toBeGreaterThan(20);
    expect(copies[0].metrics.psnrOfCopy).toBeLessThan(21.5);
    expect(copies[0].protocol).toMatchObject({
      colours: 'RGB',
      border: 0,
      inputs: `${photos()} (input: gaussian noise, σ 25 of 255)`,
    });
  });

  test('makes pictures of the size that they have', async () => {
    const out = at('denoised');
    const { code } = await call(
      apply,
      '--checkpoint',
      at('clean'),
      '--in',
      at('photos', 'test'),
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect((await readPng(join(out, 'bird', '0.png'))).height).toBe(16);
    expect(readFileSync(at('clean', 'report.html'), 'utf8')).toContain('PSNR');
  });
});

test('held-out images that are left out are told, by the training and by an evaluation', async () => {
  cpSync(at('photos'), at('some-bad'), { recursive: true });
  writeFileSync(at('some-bad', 'test', 'cat', '1.png'), 'no picture');
  const data = ['--dataset', `folder:${at('some-bad')}`, '--on-bad-image', 'skip'];
  const told = /^warning: 1 held-out image left out; the first: .*1\.png/gm;
  const said = await trained('denoise', 'some', '--resolution', '16', '--set', 'depth=2', ...data);
  expect(said.match(told)).toHaveLength(1);
  const judged = await call(evaluate, '--checkpoint', at('some'), '--metrics', 'psnr');
  expect([judged.code, judged.stderr.match(told)]).toEqual([0, [expect.anything()]]);
});

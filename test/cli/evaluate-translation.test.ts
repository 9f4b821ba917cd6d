import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { loadImages } from '../../src/data/sources';
import { type EvaluationRow, readEvaluations } from '../../src/report/evaluations';
import { keepClassifier } from '../support/kept-classifier';
import { FakeHost } from './fakes';
import { writeTinyMnist } from './tiny-data';
import { writeClasses, writePairs } from './tiny-domains';

let folder: string;
const at = (name: string) => join(folder, name);
const cache = process.env.XDG_CACHE_HOME;
const SMALL = [
  '--resolution',
  '16',
  '--batch',
  '2',
  '--steps',
  '2',
  '--precision',
  'fp32',
  '--device',
  'cpu',
];
const TRANSLATOR = ['--resolution', '24', '--set', 'width=2', '--set', 'blocks=1', '--set', 'patch=1'];

async function trained(...argv: string[]): Promise<string> {
  const host = new FakeHost();
  if ((await train(argv, host)) !== 0) throw new Error(host.stderr.text);
  return host.stderr.text;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evaluate-translation-'));
  process.env.XDG_CACHE_HOME = at('cache');
  await writePairs(at('pairs'), { train: 8, test: 6 });
  await writePairs(at('learned'), { train: 4, test: 0 });
  const classes = ['bird', 'cat'];
  await writeClasses(at('here'), { train: 24, test: 10, classes });
  await writeClasses(at('there'), { train: 22, test: 8, classes });
  await writeClasses(at('else'), { train: 22, test: 8, classes: ['dog', 'eel'] });
  // Untrained classifiers: what is tested is not how good they are.
  await keepClassifier(await loadImages('digits', { resolution: 32 }));
  await keepClassifier(await loadImages(`folder:${at('there')}`, { resolution: 24 }));
  await keepClassifier(await loadImages(`folder:${at('here')}`, { resolution: 24 }));
  const judging = ['--eval-every', '2', '--eval-count', '5'];
  await trained(
    'pix2pix',
    ...SMALL,
    '--dataset',
    `pairs:${at('pairs')}`,
    '--set',
    'width=2',
    '--set',
    'patch=1',
    '--out',
    at('paired'),
    ...judging,
  );
  const domains = `unpaired:folder:${at('here')}+folder:${at('there')}`;
  const unpaired = ['--dataset', domains, '--out', at('unpaired'), '--eval-metrics', 'accuracy'];
  await trained('cyclegan', ...SMALL, ...TRANSLATOR, ...unpaired, ...judging);
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const rows = (run: string) => readEvaluations(join(at(run), 'evaluations.jsonl'));

/** What two rows differ in. */
function differences({ protocol: a }: EvaluationRow, { protocol: b }: EvaluationRow): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort();
}

describe('a wrong call says why in one line, and leaves no row', () => {
  const paired = () => ['--checkpoint', at('paired')];
  const unpaired = () => ['--checkpoint', at('unpaired')];

  test.each<[string, () => string[], RegExp]>([
    [
      'ppl',
      () => [...paired(), '--metrics', 'ppl'],
      /ppl walks between latents, but .*step-000002 is of a model that takes images in: leave it out/,
    ],
    [
      '--truncation',
      () => [...paired(), '--truncation', '0.7'],
      /--truncation is of latents, but .* takes images in/,
    ],
    [
      '--standing-statistics',
      () => [...unpaired(), '--standing-statistics', '2'],
      /standing statistics are of images made of latents, but this model takes images in/,
    ],
    [
      '--resize',
      () => [...paired(), '--resize', 'bicubic'],
      /--resize is of images that are not of the size of the real ones, but/,
    ],
    [
      'elbo',
      () => [...paired(), '--metrics', 'elbo'],
      /elbo needs a model with an encoder but this one has none/,
    ],
    [
      'purity',
      () => [...unpaired(), '--metrics', 'purity'],
      /purity needs a categorical code that is no label/,
    ],
    [
      'a direction that the model lacks',
      () => [...paired(), '--direction', 'ba'],
      /this model has no direction ba: it has ab/,
    ],
    [
      'psnr without pairs',
      () => [...unpaired(), '--metrics', 'fid,psnr'],
      /psnr compares images with what they should be, but unpaired:.* has no pairs: try --metrics fid, or --dataset pairs:PATH/,
    ],
    [
      'more images than there are',
      () => [...paired(), '--count', '7'],
      /--count 7, but the test split of pairs:.* has 6 images to show to the model: ask for fewer/,
    ],
    [
      'images alone',
      () => [...paired(), '--dataset', 'digits'],
      /--dataset digits gives images alone, but this model makes b of a: try --dataset pairs:PATH/,
    ],
    [
      'other channels',
      () => [...paired(), '--dataset', 'unpaired:digits+digits', '--metrics', 'fid'],
      /this model has learned images a of 3 channels, but those of unpaired:digits\+digits have 1/,
    ],
    [
      'accuracy without labels',
      () => [...paired(), '--metrics', 'accuracy'],
      /accuracy needs domains with the same classes, but pairs:.* \(a\) has none and .* \(b\) has none: leave accuracy out/,
    ],
    [
      'accuracy by other classes',
      () => [
        ...unpaired(),
        '--metrics',
        'accuracy',
        '--dataset',
        `unpaired:folder:${at('here')}+folder:${at('else')}`,
      ],
      /same classes, but .*here has bird, cat and .*else has dog, eel/,
    ],
    [
      'no test split',
      () => [...paired(), '--dataset', `pairs:${at('learned')}`],
      /judged by images that it has not learned, but pairs:.* has no test split: try --split train/,
    ],
    [
      '--real-count of pairs',
      () => [...paired(), '--metrics', 'ssim', '--real-count', '4'],
      /--real-count is of images to compare with, but ssim has one for each: try --count 4/,
    ],
    [
      'lpips by a network without maps',
      () => [...paired(), '--metrics', 'lpips', '--features', SCRIPT],
      /lpips needs a feature network with feature maps but torchscript:plain.pt has none/,
    ],
  ])('%s', async (_, argv, message) => {
    const before = [...rows('paired'), ...rows('unpaired')].length;
    const { code, stdout, stderr } = await call(...argv(), '--quiet');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n').filter((line) => line.startsWith('error:'))).toEqual([
      expect.stringMatching(message),
    ]);
    expect([...rows('paired'), ...rows('unpaired')]).toHaveLength(before);
  });

  test.each<[string[], RegExp]>([
    [
      ['--images', 'test', '--dataset', 'mnist', '--metrics', 'psnr'],
      /psnr judges a model, not images: give --checkpoint/,
    ],
    [
      ['--images', 'test', '--dataset', 'mnist', '--direction', 'ab'],
      /--direction is of a model, but --images has none/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stderr } = await call(...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

const SCRIPT = join(__dirname, '..', 'fixtures', 'io', 'script', 'plain.pt');

describe('a model of latents', () => {
  beforeAll(async () => {
    writeTinyMnist(folder);
    const data = ['--dataset', 'mnist', '--data-dir', folder];
    await trained(
      'dcgan',
      ...SMALL,
      ...data,
      '--set',
      'width=2',
      '--set',
      'latentSize=4',
      '--out',
      at('latents'),
    );
  });

  test.each<[string[], RegExp]>([
    [
      ['--metrics', 'psnr'],
      /psnr compares images with what they should be, but .* makes images of latents: try --metrics fid,kid,prdc/,
    ],
    [
      ['--direction', 'ab'],
      /--direction is of models that take images in, but .* makes images of latents: leave it out/,
    ],
  ])('has no %j', async (argv, message) => {
    const { code, stderr } = await call('--checkpoint', at('latents'), ...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('and is not trained by metrics of pairs', async () => {
    await expect(
      trained('dcgan', ...SMALL, '--dataset', 'mnist', '--eval-every', '2', '--eval-metrics', 'ssim'),
    ).rejects.toThrow('--eval-metrics ssim compares images with what they should be, but mnist has no pairs');
  });
});

describe('a model that has learned pairs', () => {
  test('is judged by its targets, beside the copies of its inputs', async () => {
    const { code, stdout, stderr } = await call('--checkpoint', at('paired'));
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('features are of classifier:digits, which sees grey strokes'),
    ]);
    expect(stdout).toMatch(
      /^L1 ↓ .*\nL1 of the copy of the input ↓ .*\nPSNR \(dB\) ↑ .*\nPSNR \(dB\) of the copy of the input ↑ .*\nSSIM ↑ .*\nSSIM of the copy of the input ↑ .*\nLPIPS ↓ .*\nLPIPS of the copy of the input ↓ /,
    );
    expect(stdout).toMatch(
      /^base line weights none, batchNorm none, precision none, images copy of the input$/m,
    );
    const [own, copy] = rows('paired').slice(-2);
    expect(Object.keys(own.metrics)).toEqual(['l1', 'psnr', 'ssim', 'lpips']);
    expect(Object.keys(copy.metrics)).toEqual(['l1OfCopy', 'psnrOfCopy', 'ssimOfCopy', 'lpipsOfCopy']);
    expect(Object.keys(copy.errors)).toEqual(Object.keys(copy.metrics));
    expect(own).toMatchObject({ step: 2, source: 'evaluate', checkpoint: 'checkpoints/step-000002' });
    expect(own.protocol).toMatchObject({
      of: 'images beside their targets',
      images: 'outputs of the model',
      direction: 'ab',
      made: 'b of a',
      real: `pairs:${at('pairs')} (b)`,
      inputs: `pairs:${at('pairs')} (a)`,
      inputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      split: 'test',
      inputsSplit: 'test',
      count: 6,
      resolution: 16,
      colours: 'RGB',
      dataRange: '−1 to 1',
      levels: 256,
      border: 0,
      weights: 'live',
      batchNorm: 'the image’s own statistics, dropout on',
      features: 'classifier-digits',
      resize: 'to grey; bilinear, antialiased, to 32×32',
    });
    expect(differences(own, copy)).toEqual(['batchNorm', 'images', 'precision', 'weights']);
  });

  test('has as its base line what is computed from the files: B is half as bright', async () => {
    await call('--checkpoint', at('paired'), '--metrics', 'l1,psnr');
    const [{ metrics }] = rows('paired').slice(-1);
    const each = Array.from({ length: 6 }, (_, image) => errorsOfHalf(image + 0.5));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(metrics.l1OfCopy).toBeCloseTo(mean(each.map(({ l1 }) => l1)), 6);
    expect(metrics.psnrOfCopy).toBeCloseTo(mean(each.map(({ psnr }) => psnr)), 4);
  });

  test('gives the row that its training gave', async () => {
    const [training] = rows('paired');
    expect(training.source).toBe('training');
    await call('--checkpoint', at('paired'), '--count', '5');
    const row = rows('paired').at(-2);
    expect(row?.protocol).toEqual(training.protocol);
    for (const [name, value] of Object.entries(training.metrics))
      expect(row?.metrics[name]).toBeCloseTo(value, 5);
  });

  test('is judged by what it has learned with --split train, which the row says', async () => {
    const { code } = await call('--checkpoint', at('paired'), '--metrics', 'l1', '--split', 'train');
    expect(code).toBe(0);
    expect(rows('paired').at(-2)?.protocol).toMatchObject({ split: 'train', inputsSplit: 'train', count: 8 });
  });

  test('writes an object each for model and base line with --json', async () => {
    const { stdout } = await call('--checkpoint', at('paired'), '--metrics', 'ssim', '--json', '--quiet');
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toEqual([
      expect.objectContaining({ event: 'end', metrics: { ssim: expect.any(Number) } }),
      expect.objectContaining({ event: 'end', metrics: { ssimOfCopy: expect.any(Number) } }),
    ]);
  });

  test('is compared with earlier rows of its own, and never with those of the base line', async () => {
    await call('--checkpoint', at('paired'), '--metrics', 'l1', '--seed', '1');
    const { stdout } = await call('--checkpoint', at('paired'), '--metrics', 'l1', '--seed', '2');
    expect(stdout).toMatch(/^earlier {3}step 2: L1 \d/m);
    expect(stdout).not.toMatch(/earlier .*copy of the input/);
    expect(stdout).not.toMatch(/differ in .*images/);
  });

  test('is judged by sets of images too, in a row of its own', async () => {
    const before = rows('paired').length;
    const { code } = await call('--checkpoint', at('paired'), '--metrics', 'l1,fid');
    expect(code).toBe(0);
    const added = rows('paired').slice(before);
    expect(added.map(({ metrics }) => Object.keys(metrics))).toEqual([
      ['l1'],
      ['l1OfCopy'],
      ['fid'],
      ['fidOfCopy'],
    ]);
    expect(added[2].protocol).toMatchObject({
      split: 'train',
      inputsSplit: 'test',
      realCount: 8,
      fakeCount: 6,
    });
  });

  test('is shown on the page of its run', async () => {
    await call('--checkpoint', at('paired'), '--metrics', 'psnr');
    const page = readFileSync(join(at('paired'), 'report.html'), 'utf8');
    expect(page).toContain('PSNR (dB) of the copy of the input');
    expect(page).toContain('copy of the input');
  });
});

/** L1 and PSNR of a picture of `writePairs` and the same half as bright. */
function errorsOfHalf(seed: number): { l1: number; psnr: number } {
  const differences = Array.from({ length: 3 * 16 * 16 }, (_, i) => {
    const value = 128 + 127 * Math.sin(seed + Math.floor(i / 3) * 0.31 + (i % 3) * 0.7);
    return (Math.floor(value) - Math.floor(0.5 * value)) / 127.5;
  });
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const mse = mean(differences.map((one) => one ** 2));
  return { l1: mean(differences.map(Math.abs)), psnr: 10 * Math.log10(4 / mse) };
}

describe('a model that has learned two domains', () => {
  test('is judged by the features of the other and by labels, beside the copies of its inputs', async () => {
    const { code, stdout } = await call('--checkpoint', at('unpaired'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^FID ↓ .*\nFID of the copy of the input ↓ .*\nLabel accuracy ↑ .*\nLabel accuracy of the copy of the input ↑ .*\naccuracyOfClass .*\naccuracyOfClassOfCopy /,
    );
    const [own, copy] = rows('unpaired').slice(-2);
    expect(own.protocol).toMatchObject({
      images: 'outputs of the model',
      direction: 'ab',
      made: 'b of a',
      features: expect.stringMatching(/^classifier-there/),
      real: `folder:${at('there')}`,
      split: 'train',
      realCount: 22,
      inputs: `folder:${at('here')}`,
      inputsSplit: 'test',
      fakeCount: 10,
    });
    expect(differences(own, copy)).toEqual(['batchNorm', 'images', 'precision', 'weights']);
    expect(existsSync(join(at('unpaired'), 'evaluation', 'fake.png'))).toBe(true);
  });

  test('goes the other way with --direction', async () => {
    const { code } = await call('--checkpoint', at('unpaired'), '--direction', 'ba', '--metrics', 'accuracy');
    expect(code).toBe(0);
    const [own] = rows('unpaired').slice(-2);
    expect(own.protocol).toMatchObject({
      direction: 'ba',
      made: 'a of b',
      real: `folder:${at('here')}`,
      inputs: `folder:${at('there')}`,
      fakeCount: 8,
    });
  });

  test('gives the row that its training gave, accuracy of some of the inputs included', async () => {
    const [training] = rows('unpaired');
    expect(training).toMatchObject({ source: 'training', metrics: { accuracy: expect.any(Number) } });
    await call('--checkpoint', at('unpaired'), '--metrics', 'accuracy', '--count', '5');
    const row = rows('unpaired').at(-2);
    expect(row?.protocol).toEqual(training.protocol);
    expect(row?.metrics).toEqual(training.metrics);
    expect(row?.details).toEqual(training.details);
  });

  test('is compared with the test split with --split test, by the classifier of what is learned', async () => {
    const [{ protocol }] = rows('unpaired');
    await call('--checkpoint', at('unpaired'), '--metrics', 'fid', '--split', 'test');
    expect(rows('unpaired').at(-2)?.protocol).toMatchObject({
      featuresSha256: protocol.featuresSha256,
      split: 'test',
      inputsSplit: 'test',
      realCount: 8,
    });
  });

  test('is judged by pairs where it is given some', async () => {
    const pairs = ['--dataset', `pairs:${at('pairs')}`, '--metrics', 'l1', '--resolution', '24'];
    const { code } = await call('--checkpoint', at('unpaired'), ...pairs);
    expect(code).toBe(0);
    expect(rows('unpaired').at(-2)?.protocol).toMatchObject({
      resolution: 24,
      real: `pairs:${at('pairs')} (b)`,
    });
  });

  test('is not trained by both kinds of metrics', async () => {
    const judging = ['--eval-every', '2', '--out', at('none')];
    await expect(
      trained(
        'pix2pix',
        ...SMALL,
        '--dataset',
        `pairs:${at('pairs')}`,
        ...judging,
        '--eval-metrics',
        'fid,l1',
      ),
    ).rejects.toThrow(
      'fid and l1 are measured by protocols of their own, and a training is judged by one: choose fid or l1',
    );
  });
});

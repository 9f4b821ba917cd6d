import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, TranslationRuns } from './translation-runs';

const runs = new TranslationRuns();
beforeAll(async () => {
  runs.begin();
  await runs.trainPairs();
});
afterAll(() => runs.end());

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

describe('a model that has learned pairs', () => {
  test('is judged by its targets, beside the copies of its inputs', async () => {
    const { code, stdout, stderr } = await runs.evaluate('--checkpoint', runs.at('paired'));
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
    const [own, copy] = runs.rows('paired').slice(-2);
    expect(Object.keys(own.metrics)).toEqual(['l1', 'psnr', 'ssim', 'lpips']);
    expect(Object.keys(copy.metrics)).toEqual(['l1OfCopy', 'psnrOfCopy', 'ssimOfCopy', 'lpipsOfCopy']);
    expect(Object.keys(copy.errors)).toEqual(Object.keys(copy.metrics));
    expect(own).toMatchObject({ step: 2, source: 'evaluate', checkpoint: 'checkpoints/step-000002' });
    expect(own.protocol).toMatchObject({
      of: 'images beside their targets',
      images: 'outputs of the model',
      direction: 'ab',
      made: 'b of a',
      real: `pairs:${runs.at('pairs')} (b)`,
      inputs: `pairs:${runs.at('pairs')} (a)`,
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
      resize: 'to grey; none from 32×32 on, smaller ones bilinear, antialiased, to 32×32',
    });
    expect(differences(own, copy)).toEqual(['batchNorm', 'images', 'precision', 'weights']);
  });

  test('has as its base line what is computed from the files: B is half as bright', async () => {
    await runs.evaluate('--checkpoint', runs.at('paired'), '--metrics', 'l1,psnr');
    const [{ metrics }] = runs.rows('paired').slice(-1);
    const each = Array.from({ length: 6 }, (_, image) => errorsOfHalf(image + 0.5));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(metrics.l1OfCopy).toBeCloseTo(mean(each.map(({ l1 }) => l1)), 6);
    expect(metrics.psnrOfCopy).toBeCloseTo(mean(each.map(({ psnr }) => psnr)), 4);
  });

  test('gives the row that its training gave', async () => {
    const [training] = runs.rows('paired');
    expect(training.source).toBe('training');
    await runs.evaluate('--checkpoint', runs.at('paired'), '--count', '5');
    const row = runs.rows('paired').at(-2);
    expect(row?.protocol).toEqual(training.protocol);
    for (const [name, value] of Object.entries(training.metrics))
      expect(row?.metrics[name]).toBeCloseTo(value, 5);
  });

  test('is judged by what it has learned with --split train, which the row says', async () => {
    const { code } = await runs.evaluate(
      '--checkpoint',
      runs.at('paired'),
      '--metrics',
      'l1',
      '--split',
      'train',
    );
    expect(code).toBe(0);
    expect(runs.rows('paired').at(-2)?.protocol).toMatchObject({
      split: 'train',
      inputsSplit: 'train',
      count: 8,
    });
  });

  test('writes an object each for model and base line with --json', async () => {
    const { stdout } = await runs.evaluate(
      '--checkpoint',
      runs.at('paired'),
      '--metrics',
      'ssim',
      '--json',
      '--quiet',
    );
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
    await runs.evaluate('--checkpoint', runs.at('paired'), '--metrics', 'l1', '--seed', '1');
    const { stdout } = await runs.evaluate(
      '--checkpoint',
      runs.at('paired'),
      '--metrics',
      'l1',
      '--seed',
      '2',
    );
    expect(stdout).toMatch(/^earlier {3}step 2: L1 \d/m);
    expect(stdout).not.toMatch(/earlier .*copy of the input/);
    expect(stdout).not.toMatch(/differ in .*images/);
  });

  test('is judged by sets of images too, in a row of its own', async () => {
    const before = runs.rows('paired').length;
    const { code } = await runs.evaluate('--checkpoint', runs.at('paired'), '--metrics', 'l1,fid');
    expect(code).toBe(0);
    const added = runs.rows('paired').slice(before);
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
    await runs.evaluate('--checkpoint', runs.at('paired'), '--metrics', 'psnr');
    const page = readFileSync(join(runs.at('paired'), 'report.html'), 'utf8');
    expect(page).toContain('PSNR (dB) of the copy of the input');
    expect(page).toContain('copy of the input');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { readEvaluations } from '../../src/report/evaluations';
import { classifiedDigits } from './classified-digits';
import { FakeHost } from './fakes';
import { tinyMnist } from './tiny-data';

const folder = classifiedDigits([16, 32]);
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  vae: ['--set', 'latentSize=4', '--set', 'hidden=8', '--set', 'likelihood=discretized'],
  'vae-gan': ['--set', 'latentSize=4', '--set', 'width=4'],
  cgan: ['--set', 'latentSize=4', '--set', 'width=4'],
};

beforeAll(async () => {
  for (const [recipe, set] of Object.entries(NETWORKS)) {
    const host = new FakeHost();
    const data = tinyMnist(folder);
    const how = ['--device', 'cpu', '--precision', 'fp32', '--steps', '2', '--out', join(folder, recipe)];
    if ((await train([recipe, ...data, ...set, ...how], host)) !== 0) throw new Error(host.stderr.text);
  }
});

async function call(recipe: string, metrics: string, ...argv: string[]) {
  const host = new FakeHost();
  const checkpoint = ['--checkpoint', join(folder, recipe), '--split', 'train'];
  // Metrics of data judge no images but real ones.
  const count = /^(elbo|iwae|reconstruction)/.test(metrics) ? [] : ['--count', '20'];
  const code = await main(['--device', 'cpu', '--metrics', metrics, ...checkpoint, ...count, ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const rows = (recipe: string) => readEvaluations(join(folder, recipe, 'evaluations.jsonl'));

describe('a wrong call exits with 2 and says why', () => {
  test.each<[string, string, string[], RegExp]>([
    ['cgan', 'elbo', [], /elbo needs a model with an encoder but this one has none: leave elbo out/],
    ['vae-gan', 'iwae', [], /iwae needs a model with a likelihood of pixels but this one has none/],
    ['vae', 'fid', ['--draws', '3'], /--draws is of elbo and iwae, but neither is asked for/],
    ['vae', 'elbo', ['--truncation', '1'], /--truncation is of images that are judged, but elbo draws/],
    ['vae', 'elbo', ['--resolution', '32'], /encodes images of 1×16×16 but those of mnist are 1×32×32/],
    ['vae', 'accuracy', [], /accuracy needs images made with labels but these have none/],
  ])('%s: %s %j', async (recipe, metrics, argv, message) => {
    const { code, stdout, stderr } = await call(recipe, metrics, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('metrics of a model are not of images from elsewhere', async () => {
    const host = new FakeHost();
    const code = await main(['--images', 'test', '--dataset', 'mnist', '--metrics', 'reconstruction'], host);
    expect([code, host.stderr.text]).toEqual([
      2,
      expect.stringMatching(/reconstruction judges a model, not images/),
    ]);
  });

  test('a data set without images to test by says so, unless the split is named', async () => {
    const host = new FakeHost();
    const checkpoint = ['--checkpoint', join(folder, 'vae'), '--dataset', `folder:${folder}`];
    const code = await main(['--device', 'cpu', '--metrics', 'elbo', ...checkpoint], host);
    expect([code, host.stderr.text]).toEqual([
      2,
      expect.stringMatching(/has no test split: try --split train/),
    ]);
  });
});

test('bounds and reconstructions of real images are a row of the run, and of its page', async () => {
  const { code, stdout } = await call(
    'vae',
    'elbo,iwae,reconstruction',
    '--draws',
    '4',
    '--real-count',
    '30',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ELBO \(nats\) ↑ +−[\d.]+ ± [\d.]+$/m);
  const [row] = rows('vae');
  expect(Object.keys(row.metrics)).toEqual(['elbo', 'bitsPerDimension', 'iwae', 'mse', 'mae', 'psnr']);
  expect(row.metrics.iwae).toBeGreaterThanOrEqual(row.metrics.elbo);
  expect(row.metrics.bitsPerDimension).toBeCloseTo(-row.metrics.elbo / 256 / Math.LN2, 10);
  expect(row.protocol).toMatchObject({
    realCount: 30,
    split: 'train',
    likelihood: 'discretized',
    draws: 4,
    weights: 'live',
    precision: 'fp32',
  });
  expect(readFileSync(join(folder, 'vae', 'report.html'), 'utf8')).toContain('Bounds on ln p(x)');
});

test('metrics of different things leave a row each, which is not held against the others', async () => {
  const { stdout } = await call('vae', 'fid,ppl,reconstruction', '--json', '--quiet');
  const records = stdout.trim().split('\n');
  const asked = records.map((line) => JSON.parse(line));
  expect(asked.map(({ metrics }) => Object.keys(metrics))).toEqual([
    ['mse', 'mae', 'psnr'],
    ['fid'],
    ['ppl'],
  ]);
  expect(asked[2].protocol).toMatchObject({ of: 'paths between latents', paths: 20, weights: 'live' });
  const before = rows('vae').length;
  const again = await call('vae', 'fid');
  expect(again.stdout).toMatch(/^earlier {3}step 2: FID/m);
  expect(again.stdout).not.toMatch(/not comparable/);
  expect(rows('vae')).toHaveLength(before + 1);
});

test('paths of a model with classes keep theirs from end to end, and the protocol says so', async () => {
  const { code, stdout } = await call('cgan', 'ppl', '--json', '--quiet');
  expect(code).toBe(0);
  const { metrics, protocol } = JSON.parse(stdout);
  expect(metrics.ppl).toBeGreaterThan(0);
  expect(protocol).toMatchObject({
    paths: 20,
    space: 'z, great circles',
    conditions: 'classes 10, the same at both ends, drawn as for samples',
  });
  const plain = JSON.parse((await call('vae', 'ppl', '--json', '--quiet')).stdout);
  expect(plain.protocol).not.toHaveProperty('conditions');
});

test('averaged weights are used where there are any, and missed only where they are asked for', async () => {
  const numbers = async (weights: string) => {
    await call('vae-gan', 'reconstruction', '--weights', weights);
    return rows('vae-gan').at(-1);
  };
  const [ema, live] = [await numbers('ema'), await numbers('live')];
  expect([ema?.protocol.weights, live?.protocol.weights]).toEqual(['ema', 'live']);
  expect(ema?.metrics.mse).not.toBe(live?.metrics.mse);
  const missed = /this model keeps no averaged weights/;
  expect((await call('vae', 'reconstruction')).stderr).not.toMatch(missed);
  expect((await call('vae', 'reconstruction', '--weights', 'ema')).stderr).toMatch(missed);
});

test('a conditional model is judged by its labels, each class apart', async () => {
  const { stdout } = await call('cgan', 'accuracy');
  expect(stdout).toMatch(/^Label accuracy ↑ /m);
  expect(stdout).toMatch(/^accuracyOfClass {2}\S+( \S+){9}$/m);
  expect(rows('cgan').at(-1)?.details?.accuracyOfClass).toHaveLength(10);
});

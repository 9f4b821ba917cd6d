import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../../src/io/json';
import { recipes } from '../../src/recipes';
import { readEvaluations } from '../../src/report/evaluations';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { EvaluationOptions } from '../../src/training/evaluation-options';
import { generatedImages } from '../../src/training/generated-images';
import { classesOf } from '../../src/training/latent';
import { Trainer } from '../../src/training/trainer';
import { tinyExtractor } from '../support/extractor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, reportsOf, temporaryFolder, tinyDataset, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const cache = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

const SET = { width: '4', latentSize: '8' };

async function judge(
  recipe: keyof typeof recipes & string,
  metrics: EvaluationOptions['metrics'],
  { set = {}, classes = 3 }: { set?: Record<string, string>; classes?: number } = {},
) {
  const model = buildModel(recipes[recipe], { set: { ...SET, ...set } });
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader();
  const features = { ...tinyExtractor(), classes };
  const out = join(folder.path, 'run');
  const evaluation = { real: tinyDataset(), features, every: 2, count: 40, metrics };
  try {
    await reportsOf(trainer.fit(loader, { steps: 2, out, evaluation, page: false }));
    return readEvaluations(join(out, 'evaluations.jsonl'))[0];
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}

test('a conditional model is judged by its labels, a code by what it found', async () => {
  const { metrics, errors, details } = await judge('cgan', ['accuracy']);
  expect(metrics.accuracy).toBeGreaterThanOrEqual(0);
  expect(metrics.accuracy).toBeLessThanOrEqual(1);
  expect(Object.keys(errors)).toEqual(['accuracy']);
  expect(details?.accuracyOfClass).toHaveLength(3);
});

test('a conditional model is judged class by class', async () => {
  const { metrics, details } = await judge('cgan', ['fid', 'intra-fid']);
  expect(details?.fidOfClass).toHaveLength(3);
  const ofClass = details?.fidOfClass.map(Number) ?? [];
  expect(metrics.intraFid).toBeCloseTo((ofClass[0] + ofClass[1] + ofClass[2]) / 3, 10);
  expect(metrics.intraFid).toBeGreaterThan(0);
});

test('a model is asked for copies of training images', async () => {
  const { metrics, errors } = await judge('dcgan', ['fid', 'authenticity']);
  expect(metrics.authenticity).toBeGreaterThanOrEqual(0);
  expect(metrics.authenticity).toBeLessThanOrEqual(1);
  expect(errors.authenticity).toBeGreaterThanOrEqual(0);
});

test('too few images of a class are refused before the first step', async () => {
  const model = buildModel(recipes.cgan, { set: SET });
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32', seed: 5 });
  const loader = tinyLoader();
  const features = tinyExtractor();
  const out = join(folder.path, 'few');
  const evaluation = { real: tinyDataset(), features, every: 2, count: 4, metrics: ['intra-fid'] as const };
  try {
    const training = reportsOf(trainer.fit(loader, { steps: 2, logEvery: 1, out, evaluation, page: false }));
    await expect(training).rejects.toEqual(usage('at least 2 images of each class'));
    expect(existsSync(join(out, 'evaluations.jsonl'))).toBe(false);
    expect(readJsonLines(join(out, 'metrics.jsonl'))).toEqual([]);
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
});

test('a categorical code is judged by the classes of its values', async () => {
  const { metrics, details } = await judge('infogan', ['purity'], { set: { categories: '4' } });
  expect(Object.keys(metrics)).toEqual(['purity', 'nmi', 'assigned']);
  expect(metrics.purity).toBeGreaterThanOrEqual(1 / 3);
  expect(details?.classOfCode).toHaveLength(4);
  expect(details?.purityOfCode).toHaveLength(4);
});

test('what a model has not is refused before the first step', async () => {
  await expect(judge('dcgan', ['accuracy'])).rejects.toEqual(
    usage('accuracy needs images made with labels but these have none'),
  );
  await expect(judge('dcgan', ['purity'])).rejects.toEqual(
    usage('purity needs images made with a categorical code'),
  );
  await expect(judge('dcgan', ['intra-fid'])).rejects.toEqual(
    usage('intra-fid needs images made with labels but these have none: leave intra-fid out'),
  );
  await expect(judge('infogan', ['intra-fid'])).rejects.toEqual(usage('try purity'));
  await expect(judge('infogan', ['accuracy'])).rejects.toEqual(usage('try purity'));
  await expect(judge('cgan', ['purity'])).rejects.toEqual(usage('try accuracy'));
  await expect(judge('cgan', ['accuracy'], { classes: 10 })).rejects.toEqual(
    usage('a feature network of the 3 classes that images are made with but tiny has 10'),
  );
});

test('generated images know what they are made as', () => {
  const model = buildModel(recipes.cgan, { set: SET });
  const { networks, sampler } = model;
  if (sampler?.takes !== 'latents') throw new Error('expected a model that takes latents');
  const spec = { channels: 1, height: 16, width: 16 };
  const common = { networks, sampler, spec, device: testDevice };
  const images = generatedImages({ ...common, weights: 'live', count: 5, seed: 1, label: 2 });
  expect(images.classes).toEqual({ count: 3, kind: 'labels', ofImages: Int32Array.of(2, 2, 2, 2, 2) });
  images.dispose();
  for (const network of Object.values(networks)) network.dispose();
  scope(() => {
    const latents = tensor([
      [9, 0, 1, 5],
      [9, 1, 0, 5],
    ]);
    expect(classesOf({ size: 1, classes: 2, codes: 1 }, latents)).toEqual(Int32Array.of(1, 0));
    expect(() => classesOf({ size: 4 }, latents)).toThrow(usage('latents with classes'));
  });
});

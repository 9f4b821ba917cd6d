import { contentHash } from '../data/content-hash';
import type { ImageDataset } from '../data/dataset';
import { sizeText } from '../data/image-size';
import { learnedImages, normalMask } from '../data/normal-images';
import { hasTestSplit } from '../data/sources';
import { UsageError } from '../errors';
import { detection } from '../metrics/detection';
import type { Evaluation } from '../metrics/evaluate';
import { datasetImages, type ImageSource } from '../metrics/image-source';
import { measures } from '../metrics/measure';
import { imageOrder } from '../metrics/real-images';
import { noGrad } from '../tensor/autograd';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { networkProtocol } from '../training/generated-images';
import type { LoadedModel } from '../training/load';
import type { Scorer } from '../training/scorer';
import { version } from '../version';
import type { EvaluationJob } from './evaluation-job';
import { dataName, loadReal, requestOf } from './real-data';
import { requireScorer, scoresOf } from './scoring';

/** Images of the base line at once. */
const CHUNK = 500;

/**
 * What is judged by showing a model images of all classes, of which it has learned some as normal ones: the published protocol of one class
 * against the rest. Beside it stands what costs nothing: the distance to the mean of the images that were learned.
 */
export async function judgeScores(job: EvaluationJob): Promise<void> {
  const { settings, judged, terminal, tell } = job;
  const { model } = judged;
  if (!model)
    throw new UsageError('auroc judges a model, not images: give --checkpoint in place of --images');
  const scorer = requireScorer(model);
  const { normal = { normal: 'all', heldOut: 0 } } = scorer;
  const split = settings.split ?? (await testSplit(job));
  const real = await loadReal(job, split);
  const mask = normalMask(real, normal.normal);
  if (mask === null)
    throw new UsageError(
      'auroc compares images of a class that was learned as normal with others, but this model has learned all: train one with --set normal=CLASS',
    );
  const count = settings.realCount ?? real.count;
  if (count > real.count)
    throw new UsageError(
      `--real-count ${count}, but ${real.name} (${split}) has ${real.count}: ask for fewer`,
    );
  const indices = imageOrder(real, count);
  const anomalous = Array.from(indices, (index) => !mask[index]);
  terminal.log(`scoring  ${count} images of ${real.name} (${split}), normal is ${normal.normal}`);
  const source = datasetImages(real, { indices, device: model.device });
  const start = performance.now();
  const scores = await scoresOf(model, source, job);
  const middle = performance.now();
  const distances = await distancesToMean(source, await learnedOf(job, model, scorer), model);
  const { auroc } = detection(distances, anomalous);
  const values = measures(Object.entries({ ...detection(scores, anomalous), aurocOfMean: auroc }));
  const seconds = { features: (middle - start) / 1000, metrics: (performance.now() - middle) / 1000 };
  await tell({ ...values, protocol: await protocolOf(model, { real, split, count, scorer }), seconds });
}

async function testSplit(job: EvaluationJob): Promise<'test'> {
  const name = dataName(requestOf(job));
  if (await hasTestSplit(name)) return 'test';
  throw new UsageError(
    `auroc is of images that were not learned but ${name} has no test split: try --split train, or another --dataset`,
  );
}

/** The images that the model has learned. */
async function learnedOf(
  job: EvaluationJob,
  { settings }: LoadedModel,
  { normal }: Scorer,
): Promise<ImageDataset> {
  const train = await loadReal(job, 'train');
  const seed = typeof settings.seed === 'number' ? settings.seed : 0;
  return normal ? learnedImages(train, normal, seed) : train;
}

/** Mean square distances of images to the mean of others. */
async function distancesToMean(
  source: ImageSource,
  learned: ImageDataset,
  { device }: LoadedModel,
): Promise<Float64Array> {
  const mean = await meanImage(datasetImages(learned, { device }));
  const distances = new Float64Array(source.count);
  try {
    await inChunks(source, (images, start) => {
      const each = images.sub(mean).square().flatten({ startDim: 1 }).mean(1);
      distances.set(Array.from(each.to('cpu').toTypedArray(), Number), start);
    });
    return distances;
  } finally {
    mean.dispose();
  }
}

/** [1, C, H, W] */
async function meanImage(images: ImageSource): Promise<Tensor> {
  const sums: Tensor[] = [];
  await inChunks(images, (chunk) => {
    const sum = chunk.double().sum(0, { keepdim: true });
    const before = sums.pop();
    sums.push(keep(before ? before.add(sum) : sum));
    before?.dispose();
  });
  const [sum] = sums;
  try {
    return keep(scope(() => sum.div(images.count).float()));
  } finally {
    sum.dispose();
  }
}

async function inChunks(images: ImageSource, use: (chunk: Tensor, start: number) => void): Promise<void> {
  for (let start = 0; start < images.count; start += CHUNK) {
    const make = await images.fetch(start, Math.min(images.count, start + CHUNK));
    noGrad(() => scope(() => use(make(), start)));
  }
}

/** What was shown, and to whom. */
interface Shown {
  readonly real: ImageDataset;
  readonly split: string;
  readonly count: number;
  readonly scorer: Scorer;
}

async function protocolOf(
  model: LoadedModel,
  { real, split, count, scorer: { name, normal } }: Shown,
): Promise<Evaluation['protocol']> {
  const { height, width } = real.spec;
  return {
    of: 'how unusual images are',
    real: real.name,
    realSha256: await contentHash(real),
    realCount: count,
    split,
    resolution: height === width ? height : sizeText(real.spec),
    normal: normal?.normal ?? 'all',
    heldOut: normal?.heldOut ?? 0,
    score: name,
    ...networkProtocol(model),
    version,
  };
}

import type { ImageDataset } from '../data/dataset';
import { shapeText } from '../data/image-size';
import { hasTestSplit } from '../data/sources';
import { UsageError } from '../errors';
import { evaluateData } from '../metrics/evaluate-data';
import type { DataMetric } from '../metrics/names';
import { networkProtocol } from '../training/generated-images';
import type { LoadedModel } from '../training/load';
import type { EvaluationJob } from './evaluation-job';
import { dataName, loadReal, requestOf } from './real-data';

/** What is judged by showing real images to an autoencoder; the test split unless told otherwise, which it has not learned. */
export async function judgeAutoencoder(job: EvaluationJob): Promise<void> {
  const { settings, judged, device, terminal, onProgress, signal, tell } = job;
  const { metrics, draws, seed, realCount } = settings;
  const [first] = metrics.data;
  const { model } = judged;
  const autoencoder = model?.autoencoder;
  if (!model || !autoencoder)
    throw new UsageError(`${first} needs a model with an encoder but this one has none: leave ${first} out`);
  const split = settings.split ?? (await testSplit(job, first));
  const real = await loadReal(job, split);
  requireForm(real, model);
  const count = realCount ?? real.count;
  terminal.log(`showing  ${count} images of ${real.name} (${split}) to ${model.checkpoint}`);
  const evaluation = await evaluateData({
    autoencoder,
    real,
    count,
    metrics: metrics.data,
    draws,
    seed,
    device,
    protocol: { split, ...networkProtocol(model) },
    onProgress,
    signal,
  });
  await tell(evaluation);
}

async function testSplit(job: EvaluationJob, metric: DataMetric): Promise<'test'> {
  const name = dataName(requestOf(job));
  if (await hasTestSplit(name)) return 'test';
  throw new UsageError(
    `${metric} is of images that were not learned but ${name} has no test split: try --split train, or another --dataset`,
  );
}

/** An encoder takes images of one shape, and likelihoods of resized images are of other images. */
function requireForm({ name, spec }: ImageDataset, { specs: { images: own } }: LoadedModel): void {
  if (shapeText(spec) === shapeText(own)) return;
  throw new UsageError(
    `this model encodes images of ${shapeText(own)} but those of ${name} are ${shapeText(spec)}: leave --resolution out, or name another --dataset`,
  );
}

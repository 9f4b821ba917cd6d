import type { ImageDataset } from '../data/dataset';
import { shapeText } from '../data/image-size';
import { hasTestSplit } from '../data/sources';
import { UsageError } from '../errors';
import { evaluateData } from '../metrics/evaluate-data';
import type { DataMetric } from '../metrics/names';
import type { LoadedGenerator } from '../training/generate';
import { networkProtocol } from '../training/generated-images';
import type { Work } from './evaluate-run';
import { loadReal, realName } from './real-data';

/** What is judged by showing real images to an autoencoder; the test split unless told otherwise, which it has not learned. */
export async function judgeAutoencoder(work: Work): Promise<void> {
  const { settings, judged, device, terminal, onProgress, signal, tell } = work;
  const { metrics, draws, seed, realCount } = settings;
  const [first] = metrics.data;
  const { generator } = judged;
  const autoencoder = generator?.autoencoder;
  if (!generator || !autoencoder)
    throw new UsageError(`${first} needs a model with an encoder but this one has none: leave ${first} out`);
  const split = settings.split ?? (await testSplit(work, first));
  const real = await loadReal(work, split);
  requireForm(real, generator);
  const count = realCount ?? real.count;
  terminal.log(`showing  ${count} images of ${real.name} (${split}) to ${generator.checkpoint}`);
  const evaluation = await evaluateData({
    autoencoder,
    real,
    count,
    metrics: metrics.data,
    draws,
    seed,
    device,
    protocol: { split, ...networkProtocol(generator) },
    onProgress,
    signal,
  });
  await tell(evaluation);
}

async function testSplit(work: Work, metric: DataMetric): Promise<'test'> {
  const name = realName(work);
  if (await hasTestSplit(name)) return 'test';
  throw new UsageError(
    `${metric} is of images that were not learned but ${name} has no test split: try --split train, or another --dataset`,
  );
}

/** An encoder takes images of one shape, and likelihoods of resized images are of other images. */
function requireForm({ name, spec }: ImageDataset, { spec: own }: LoadedGenerator): void {
  if (shapeText(spec) === shapeText(own)) return;
  throw new UsageError(
    `this model encodes images of ${shapeText(own)} but those of ${name} are ${shapeText(spec)}: leave --resolution out, or name another --dataset`,
  );
}

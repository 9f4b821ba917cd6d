import type { ImageDataset } from '../../src/data/dataset';
import { classifierName, writeClassifier } from '../../src/metrics/features/classifier-cache';
import { classifierData, classifierKey } from '../../src/metrics/features/classifier-data';
import { CLASSIFIER_RECIPE } from '../../src/metrics/features/classifier-recipe';
import { untouchedRandom } from '../../src/metrics/features/random';
import { stateSha256 } from '../../src/metrics/features/state-hash';
import { classifier } from '../../src/models/classifier';

/** Keeps an untrained classifier of a data set in the cache: what is tested is not how good it is, and training one takes a minute. */
export async function keepClassifier(
  dataset: ImageDataset,
  { dataDir }: { dataDir?: string } = {},
): Promise<void> {
  const data = await classifierData(dataset, CLASSIFIER_RECIPE, { dataDir });
  const { channels, classes } = data.train.spec;
  const network = untouchedRandom(() => classifier({ channels, classes }).to({ device: 'cpu' }).eval());
  const id = { key: await classifierKey(data, CLASSIFIER_RECIPE), name: classifierName(dataset.name) };
  await writeClassifier(id, { network, accuracy: 0.1, heldOut: data.heldOut, sha256: stateSha256(network) });
  network.dispose();
}

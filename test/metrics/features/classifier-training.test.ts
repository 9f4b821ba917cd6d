import type { FeatureProgress } from '../../../src/metrics/features/classifier-training';
import { trainClassifier } from '../../../src/metrics/features/classifier-training';
import { stateSha256 } from '../../../src/metrics/features/state-hash';
import { getRngState, manualSeed } from '../../../src/tensor/random';
import { usage } from '../../support/failure';
import { patterns, QUICK } from './patterns';

test('a set without labels, with one class, or with too few images is refused with what to do instead', async () => {
  await expect(trainClassifier(patterns({ labelled: false }))).rejects.toThrow(
    usage('the data set "patterns" has no labels'),
  );
  await expect(trainClassifier(patterns({ labelled: false }))).rejects.toThrow(usage('--features FILE'));
  await expect(trainClassifier(patterns({ count: 1 }))).rejects.toThrow(usage('has a single class'));
  await expect(trainClassifier(patterns({ count: 12 }))).rejects.toThrow(usage('has 12 images'));
});

test('a classifier learns to tell patterns apart, and its accuracy is that on images it never saw', async () => {
  const { network, accuracy, heldOut } = await trainClassifier(patterns(), { recipe: QUICK });
  expect(accuracy).toBe(1);
  expect(heldOut).toBe('held-out tenth');
  expect(network.training).toBe(false);
  expect(network.parameters().some((parameter) => parameter.requiresGrad)).toBe(false);
  network.dispose();
});

test('RGB images of another resolution are learnt as well', async () => {
  const dataset = patterns({ channels: 3, resolution: 48 });
  const { network, accuracy } = await trainClassifier(dataset, { recipe: QUICK });
  expect(accuracy).toBeGreaterThan(0.9);
  expect(network.sizes).toEqual({ channels: 3, classes: 3, width: 16, dimensions: 8 });
  network.dispose();
});

test('the same data and recipe give the same weights, whatever the global generator says, and leave it alone', async () => {
  const recipe = { ...QUICK, leastImages: 96, mostImages: 96 };
  const hashes = [];
  for (const seed of [1, 2]) {
    manualSeed(seed);
    const before = getRngState();
    const { network } = await trainClassifier(patterns(), { recipe });
    expect(getRngState()).toEqual(before);
    hashes.push(stateSha256(network));
    network.dispose();
  }
  expect(hashes[1]).toBe(hashes[0]);
  const { network } = await trainClassifier(patterns(), { recipe: { ...recipe, seed: 3 } });
  expect(stateSha256(network)).not.toBe(hashes[0]);
  network.dispose();
});

test('progress ends with all images done and the accuracy on the held-out ones', async () => {
  const seen: FeatureProgress[] = [];
  const { network, accuracy } = await trainClassifier(patterns(), {
    recipe: QUICK,
    onProgress: (progress) => seen.push(progress),
  });
  const last = seen[seen.length - 1];
  expect(last).toEqual({
    task: 'training a classifier on patterns',
    done: 640,
    total: 640,
    unit: 'images',
    accuracy,
  });
  expect(seen.every(({ done, total }) => done <= total && total === 640)).toBe(true);
  network.dispose();
});

test('an abort ends the training with its reason and leaves nothing behind', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  await expect(trainClassifier(patterns(), { recipe: QUICK, signal: controller.signal })).rejects.toThrow(
    'enough',
  );
});

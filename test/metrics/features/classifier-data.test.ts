import type { ImageDataset } from '../../../src/data/dataset';
import { digits } from '../../../src/data/digits';
import { inChannels } from '../../../src/data/in-channels';
import { mnist } from '../../../src/data/mnist';
import { classifierData, classifierKey } from '../../../src/metrics/features/classifier-data';
import { testWithData } from '../../data/files';
import { patterns, QUICK } from './patterns';

async function keyOf(dataset: ImageDataset): Promise<string> {
  return classifierKey(await classifierData(dataset, QUICK), QUICK);
}

test('a set at another resolution is resized to 32×32 and keeps its labels and its brightness', async () => {
  const large = patterns({ resolution: 64 });
  const { train } = await classifierData(large, QUICK);
  expect(train.spec).toEqual({ channels: 1, height: 32, width: 32, classes: 3 });
  expect(train.labels).toEqual(large.labels);
  const mean = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
  expect(mean(await train.images([1]))).toBeCloseTo(mean(await large.images([1])), 0);
});

test('a tenth is held out, and no image is both seen and unseen', async () => {
  const { seen, unseen, heldOut, train } = await classifierData(patterns(), QUICK);
  const others = await unseen();
  expect([others?.dataset, others?.indices.length, heldOut]).toEqual([train, 12, 'held-out tenth']);
  const all = [...seen, ...(others?.indices ?? [])].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 120 }, (_, i) => i));
});

test('the key is that of the images and labels', async () => {
  const key = await keyOf(patterns());
  expect(await keyOf(patterns())).toBe(key);
  expect(await keyOf(patterns({ name: 'other' }))).toBe(key);
  expect(await keyOf(patterns({ count: 119 }))).not.toBe(key);
  expect(await classifierKey(await classifierData(patterns(), QUICK), { ...QUICK, version: 2 })).not.toBe(
    key,
  );
});

test('a part of a known set is not taken for the whole', async () => {
  const { train } = await classifierData(await digits({ count: 40, resolution: 16 }), QUICK);
  expect(train.count).toBe(40);
});

testWithData(
  'mnist',
  'MNIST is judged by its test split and trained on the other, at 32×32, whatever was loaded',
  async (dataDir) => {
    const { train, unseen, heldOut } = await classifierData(
      await mnist({ dataDir, split: 'test', resolution: 16 }),
      QUICK,
      { dataDir },
    );
    expect([(await unseen())?.indices.length, heldOut, train.count]).toEqual([10_000, 'test split', 60_000]);
    const first = [0, 1, 59_999];
    expect(await train.images(first)).toEqual(await (await mnist({ dataDir })).images(first));
  },
);

testWithData('mnist', 'a known set in other channels stays in those, in both splits', async (dataDir) => {
  const coloured = inChannels(await mnist({ dataDir, split: 'test', resolution: 16 }), 3);
  const { train, unseen } = await classifierData(coloured, QUICK, { dataDir });
  expect([train.spec.channels, train.count]).toEqual([3, 60_000]);
  expect((await unseen())?.dataset.spec.channels).toBe(3);
});

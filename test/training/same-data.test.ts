import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageDataset, type ImageDatasetOptions } from '../../src/data/dataset';
import { dcgan } from '../../src/recipes/dcgan';
import type { FitOptions } from '../../src/training/fit-options';
import { Trainer } from '../../src/training/trainer';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const NAMES = ['bird', 'cat', 'dog'];
const out = () => join(folder.path, 'run');
const checkpoint = (step: number) => join(out(), 'checkpoints', `step-00000${step}`);

function pixels(changed = -1, count = 24): Uint8Array {
  return Uint8Array.from({ length: count * 256 }, (_, i) => ((i * 7919) % 256) ^ (i === changed ? 1 : 0));
}

const labelsOf = (count: number) => Array.from({ length: count }, (_, i) => i % 3);

function images(options: Partial<ImageDatasetOptions> = {}): ImageDataset {
  const form = { name: 'folder:pets', channels: 1, height: 16, width: 16 };
  return new ImageDataset({
    ...form,
    pixels: pixels(),
    labels: labelsOf(24),
    classNames: NAMES,
    path: '/data/pets',
    ...options,
  });
}

const ofCount = (count: number) => images({ pixels: pixels(-1, count), labels: labelsOf(count) });

async function train(
  dataset: ImageDataset,
  { batch = 8, ...options }: Partial<FitOptions> & { steps: number; batch?: number },
) {
  const trainer = new Trainer({
    ...buildModel(dcgan, { set: { width: '4', latentSize: '8' } }),
    device: testDevice,
    precision: 'fp32',
  });
  const loader = dataset.loader({ batch, seed: 3, device: testDevice });
  try {
    const reports = await reportsOf(trainer.fit(loader, { out: out(), page: false, ...options }));
    return reports.flatMap(({ notes }) => notes);
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const resume = (dataset: ImageDataset, settings?: FitOptions['settings']) =>
  train(dataset, { steps: 4, resume: true, settings });

describe('a run that goes on refuses', () => {
  beforeEach(() => train(images(), { steps: 2, settings: { dataset: 'folder:pets' } }));

  test.each([
    [['bird', 'hound', 'cat'], 'dog is gone and hound is new'],
    [['bird', 'cat'], 'dog is gone'],
    [['bird', 'cat', 'dog', 'emu', 'fox'], 'emu, fox are new'],
    [['cat', 'bird', 'dog'], 'class 0 was bird and is cat'],
  ])('the classes %j', async (classNames, problem) => {
    const labels = Array.from({ length: 24 }, (_, i) => i % 2);
    await expect(resume(images({ classNames, labels }))).rejects.toEqual(
      failure(
        'ERR_DATA_CHANGED',
        `the classes of "folder:pets" are not those of the run: ${problem}; name its folders as they were`,
      ),
    );
  });

  test('other images at another path', async () => {
    await expect(resume(images({ path: '/data/zoo', pixels: pixels(77) }))).rejects.toEqual(
      failure('ERR_DATA_CHANGED', 'the images in /data/zoo are not those that the run was trained on'),
    );
  });
});

test('a changed pixel, or label, at the same path is warned about, once', async () => {
  await train(images(), { steps: 2 });
  const labels = Array.from({ length: 24 }, (_, i) => (i + 1) % 3);
  for (const [step, changed] of [
    [3, images({ pixels: pixels(77) })],
    [5, images({ labels })],
  ] as const) {
    expect(await train(changed, { steps: step, resume: true })).toEqual([
      'the images of "folder:pets" in /data/pets changed since the checkpoint: the run goes on, but not as it would have',
    ]);
    expect(await train(changed, { steps: step + 1, resume: true })).toEqual([]);
  }
});

/** Rewrites a manifest as an earlier version would have written it. */
function rewriteManifest(step: number, edit: (manifest: Record<string, unknown>) => object): void {
  const file = join(checkpoint(step), 'manifest.json');
  const { seal: _, ...manifest } = JSON.parse(readFileSync(file, 'utf8'));
  const edited = edit(manifest);
  const seal = createHash('sha256').update(JSON.stringify(edited)).digest('hex');
  writeFileSync(file, JSON.stringify({ ...edited, seal }));
}

const loaderPlace = (step: number) =>
  JSON.parse(readFileSync(join(checkpoint(step), 'manifest.json'), 'utf8')).loader;

describe('images that were added to a folder, or taken from it', () => {
  beforeEach(() => train(images(), { steps: 2 }));

  test.each([
    [25, 'as many batches'],
    [33, 'another number of batches'],
    [16, 'fewer batches'],
  ])('are warned about, and learned from the start of an epoch: %i (%s)', async (count) => {
    expect(await train(ofCount(count), { steps: 3, resume: true })).toEqual([
      `the images of "folder:pets" in /data/pets changed since the checkpoint, from 24 to ${count}: the run goes on, from the start of an epoch, but not as it would have`,
    ]);
    expect(loaderPlace(3)).toEqual({ epoch: 1, position: 8, seed: 3 });
    expect(await train(ofCount(count), { steps: 4, resume: true })).toEqual([]);
    expect(loaderPlace(4)).toEqual({ epoch: 1, position: 16, seed: 3 });
  });

  test('are told by the number of batches where the checkpoint does not say how many there were', async () => {
    rewriteManifest(2, ({ data, ...rest }) => {
      const { count: _, ...old } = (data as Record<string, Record<string, unknown>>).images;
      return { ...rest, data: { images: old } };
    });
    expect(await train(ofCount(33), { steps: 3, resume: true })).toEqual([
      'the images of "folder:pets" in /data/pets changed since the checkpoint: the run goes on, from the start of an epoch, but not as it would have',
    ]);
    expect(loaderPlace(3)).toEqual({ epoch: 1, position: 8, seed: 3 });
  });

  test('are no excuse for another batch of the same images', async () => {
    await expect(train(images(), { steps: 4, resume: true, batch: 4 })).rejects.toEqual(
      failure('ERR_LOADER_STATE', 'with 3 batches an epoch, but "folder:pets" has 6 of 4'),
    );
  });
});

test('the same images at another path go on bit for bit', async () => {
  await train(images(), { steps: 4 });
  const { 'manifest.json': _, ...whole } = filesOf(checkpoint(4));
  const moved = images({ name: 'folder:moved', path: '/elsewhere' });
  await train(images(), { steps: 2, out: join(folder.path, 'cut'), settings: { dataset: 'folder:pets' } });
  const cut = { out: join(folder.path, 'cut'), resume: true, settings: { dataset: 'folder:moved' } };
  expect(await train(moved, { steps: 4, ...cut })).toEqual([]);
  const { 'manifest.json': __, ...parts } = filesOf(join(folder.path, 'cut', 'checkpoints', 'step-000004'));
  expect(parts).toEqual(whole);
});

test('the manifest and config.json hold classes, path and hash', async () => {
  await train(images(), { steps: 1 });
  const { data } = JSON.parse(readFileSync(join(checkpoint(1), 'manifest.json'), 'utf8'));
  expect(data).toEqual({
    images: {
      classNames: NAMES,
      path: '/data/pets',
      count: 24,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
  expect(JSON.parse(readFileSync(join(out(), 'config.json'), 'utf8')).dataset.data).toEqual(data);
});

test('images of no files go on as they are: nothing is known of them but their classes', async () => {
  await train(images({ path: null }), { steps: 2 });
  expect(await resume(images({ path: null, pixels: pixels(77), classNames: ['a', 'b', 'c'] }))).toEqual([]);
});

test('a checkpoint that does not say what its data was goes on, but not with a data set of another name', async () => {
  await train(images(), { steps: 2, settings: { dataset: 'folder:pets' } });
  rewriteManifest(2, ({ data: _, ...old }) => old);
  await expect(resume(images(), { dataset: 'folder:moved' })).rejects.toEqual(
    failure('ERR_DATA_CHANGED', 'takes the place of folder:pets, but the checkpoint does not say'),
  );
  expect(await resume(images({ classNames: ['a', 'b', 'c'] }), { dataset: 'folder:pets' })).toEqual([]);
});

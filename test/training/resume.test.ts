import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Loader, LoaderState } from '../../src/data/loader';
import { recipes } from '../../src/recipes';
import { dcgan } from '../../src/recipes/dcgan';
import { mlp } from '../../src/recipes/mlp';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { seededLatents } from '../../src/training/generated-images';
import { latentSize } from '../../src/training/latent';
import { loadModel, requireLatents } from '../../src/training/load';
import { Trainer } from '../../src/training/trainer';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

type Kind = readonly [name: string, build: () => ReturnType<typeof buildModel>];
const KINDS: readonly Kind[] = [
  ['dcgan with averaged weights', () => buildModel(dcgan, { set: { width: '4' } })],
  ['dcgan without', () => buildModel(dcgan, { set: { width: '4', emaImages: '0' } })],
  ['mlp with dropout', () => buildModel(mlp)],
  ['mlp with averaged weights', () => buildModel(mlp, { set: { emaImages: '100' } })],
];

interface Run {
  readonly steps: number;
  readonly resume?: boolean;
  readonly sampleEvery?: number;
  /** Images of the data set: of 96 in batches of 8 the 12th step begins a new epoch, so a resumed run crosses it (96). */
  readonly count?: number;
  readonly loader?: Loader;
}

async function train(
  build: Kind[1],
  out: string,
  { steps, resume, sampleEvery = 3, count, loader = tinyLoader({ count }) }: Run,
) {
  const trainer = new Trainer({ seed: 5, ...build(), device: testDevice, precision: 'fp32' });
  const settings = {
    recipe: 'dcgan',
    set: {
      latentSize: 100,
      width: 4,
      lr: 1e-4,
      beta1: 0.5,
      beta2: 0.9,
      emaImages: 1,
      loss: 'hinge',
      labelSmoothing: 0,
    },
  };
  try {
    return await reportsOf(
      trainer.fit(loader, {
        ...{ steps, out, resume, sampleEvery, sampleCount: 4, checkpointEvery: 4, logEvery: 2, settings },
      }),
    );
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const checkpoint = (run: string, step: number) =>
  join(folder.path, run, 'checkpoints', `step-${String(step).padStart(6, '0')}`);

function flipByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 3] ^= 1;
  writeFileSync(file, bytes);
}

/** A loader whose place is JSON that nothing else could read. */
function privateLoader(given: LoaderState[]): Loader {
  const inner = tinyLoader();
  const seal = (place: LoaderState) => ({ v: 3, 'où?': [null, { deep: JSON.stringify(place) }] });
  return {
    name: inner.name,
    specs: inner.specs,
    batch: inner.batch,
    batchesPerEpoch: inner.batchesPerEpoch,
    get epoch() {
      return inner.epoch;
    },
    next: () => inner.next(),
    state: () => seal(inner.state()),
    start: () => seal(inner.start()),
    setState(state) {
      given.push(state);
      const { deep } = (state['où?'] as [null, { deep: string }])[1];
      inner.setState(JSON.parse(deep));
    },
    to: (device) => inner.to(device),
    dispose: () => inner.dispose(),
  };
}

describe('resuming', () => {
  test('wants a run directory with a checkpoint', async () => {
    await expect(train(KINDS[0][1], join(folder.path, 'none'), { steps: 1, resume: true })).rejects.toEqual(
      failure('ERR_NO_RUN', 'expected a run directory with a config.json'),
    );
    mkdirSync(join(folder.path, 'empty'));
    writeFileSync(join(folder.path, 'empty', 'config.json'), '{}');
    await expect(train(KINDS[0][1], join(folder.path, 'empty'), { steps: 1, resume: true })).rejects.toEqual(
      failure('ERR_NO_CHECKPOINT', 'it has none'),
    );
  });

  test('refuses the checkpoint of another model, naming what does not fit', async () => {
    await train(KINDS[0][1], join(folder.path, 'run'), { steps: 4 });
    const other = () => buildModel(dcgan, { set: { width: '8' } });
    await expect(train(other, join(folder.path, 'run'), { steps: 8, resume: true })).rejects.toEqual(
      failure('ERR_STATE_DICT', '[100, 8, 4, 4]'),
    );
  });

  test('refuses another data set', async () => {
    await train(KINDS[0][1], join(folder.path, 'run'), { steps: 4 });
    const other = train(KINDS[0][1], join(folder.path, 'run'), { steps: 8, resume: true, count: 64 });
    await expect(other).rejects.toEqual(
      failure('ERR_LOADER_STATE', 'with 12 batches an epoch, but "tiny" has 8 of 8'),
    );
  });

  test('gives a loader back the place that it told, which nothing else reads', async () => {
    const [, build] = KINDS[2];
    const given: LoaderState[] = [];
    await train(build, join(folder.path, 'whole'), { steps: 16 });
    await train(build, join(folder.path, 'parts'), { steps: 10, loader: privateLoader([]) });
    const manifest = JSON.parse(readFileSync(join(checkpoint('parts', 10), 'manifest.json'), 'utf8'));
    await train(build, join(folder.path, 'parts'), { steps: 16, resume: true, loader: privateLoader(given) });
    expect(given).toContainEqual(manifest.loader);
    expect(manifest.loader).toEqual({ v: 3, 'où?': [null, { deep: expect.any(String) }] });
    const weights = (run: string) => filesOf(join(checkpoint(run, 16), 'networks'));
    expect(weights('parts')).toEqual(weights('whole'));
  });

  test.each(KINDS)('goes on bit for bit: %s', async (_, build) => {
    await train(build, join(folder.path, 'whole'), { steps: 16, sampleEvery: 100 });
    await train(build, join(folder.path, 'parts'), { steps: 10 });
    const reports = await train(build, join(folder.path, 'parts'), { steps: 16, resume: true });
    expect(reports.map(({ step }) => step)).toEqual([12, 14, 16]);
    const [whole, parts] = ['whole', 'parts'].map((run) => filesOf(checkpoint(run, 16)));
    expect(Object.keys(whole)).toContain('optimizers/D.safetensors');
    expect(parts).toEqual(whole);
    const steps = (run: string) =>
      readFileSync(join(folder.path, run, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(steps('parts').map(({ step, D, G }) => [step, D, G])).toEqual(
      steps('whole').map(({ step, D, G }) => [step, D, G]),
    );
  });

  test.each([
    [
      'a flipped byte in a network',
      (path: string) => flipByte(join(path, 'networks', 'generator.safetensors')),
      /sha256/,
    ],
    [
      'a flipped byte in the manifest',
      (path: string) => flipByte(join(path, 'manifest.json')),
      /manifest.json/,
    ],
    ['a missing file', (path: string) => rmSync(join(path, 'state.safetensors')), /no such file/],
    [
      'a truncated file',
      (path: string) => writeFileSync(join(path, 'ema', 'generator.safetensors'), 'abc'),
      /ema\/generator.safetensors/,
    ],
    ['an empty manifest', (path: string) => writeFileSync(join(path, 'manifest.json'), ''), /JSON/],
  ])('falls back to the checkpoint before one with %s, and says so', async (_, damage, reason) => {
    const [, build] = KINDS[0];
    await train(build, join(folder.path, 'run'), { steps: 8 });
    const whole = filesOf(checkpoint('run', 8));
    damage(checkpoint('run', 8));
    const reports = await train(build, join(folder.path, 'run'), { steps: 8, resume: true });
    expect(reports[0].notes).toEqual([expect.stringMatching(reason)]);
    expect(reports[0].notes[0]).toContain(`going on from ${checkpoint('run', 4)}`);
    expect(filesOf(checkpoint('run', 8))).toEqual(whole);
  });

  test('says so when no checkpoint is whole', async () => {
    const [, build] = KINDS[0];
    await train(build, join(folder.path, 'run'), { steps: 4 });
    flipByte(join(checkpoint('run', 4), 'networks', 'generator.safetensors'));
    await expect(train(build, join(folder.path, 'run'), { steps: 8, resume: true })).rejects.toEqual(
      failure('ERR_NO_CHECKPOINT', 'none of its 1 is whole'),
    );
  });

  test('passes over what an interrupted write left, and removes it, but not what a living process writes', async () => {
    const [, build] = KINDS[0];
    await train(build, join(folder.path, 'run'), { steps: 4 });
    // The largest process id that Linux gives out is 4194304; that of the test's parent lives.
    const [dead, living] = [4194999, process.ppid].map((pid) => `.step-000008.${pid}.tmp`);
    for (const half of [dead, living])
      cpSync(checkpoint('run', 4), join(folder.path, 'run', 'checkpoints', half), { recursive: true });
    rmSync(join(folder.path, 'run', 'checkpoints', dead, 'manifest.json'));
    const reports = await train(build, join(folder.path, 'run'), { steps: 6, resume: true });
    expect(reports[0].notes).toEqual([]);
    expect(readdirSync(join(folder.path, 'run', 'checkpoints'))).toEqual([
      living,
      'step-000004',
      'step-000006',
    ]);
  });

  test('equal seeds give equal runs, other seeds others', async () => {
    const [, build] = KINDS[0];
    await train(build, join(folder.path, 'a'), { steps: 4 });
    await train(build, join(folder.path, 'b'), { steps: 4 });
    expect(filesOf(checkpoint('b', 4))).toEqual(filesOf(checkpoint('a', 4)));
    await train(() => ({ ...build(), seed: 6 }), join(folder.path, 'c'), { steps: 4 });
    const weights = 'networks/generator.safetensors';
    expect(filesOf(checkpoint('c', 4))[weights]).not.toEqual(filesOf(checkpoint('a', 4))[weights]);
  });
});

describe('a model from a checkpoint', () => {
  const load = (path: string, weights?: 'ema' | 'live') =>
    loadModel(path, { weights, device: testDevice, recipes });

  test('a folder that is no run, and a checkpoint that no recipe describes', async () => {
    await expect(load(folder.path)).rejects.toEqual(failure('ERR_NO_RUN', 'expected a run directory'));
    await train(KINDS[0][1], join(folder.path, 'run'), { steps: 4 });
    await expect(loadModel(join(folder.path, 'run'), { recipes: { mlp } as never })).rejects.toEqual(
      failure('ERR_NO_RECIPE', 'it is of dcgan'),
    );
  });

  test('makes equal images from equal seeds, and refuses latents of the wrong size', async () => {
    await train(KINDS[0][1], join(folder.path, 'run'), { steps: 4 });
    const [averaged, live] = [await load(join(folder.path, 'run')), await load(checkpoint('run', 4), 'live')];
    expect([averaged.weights, live.weights, averaged.step]).toEqual(['ema', 'live', 4]);
    expect(latentSize(requireLatents(averaged).latent)).toBe(100);
    scope(() => {
      const first = averaged.run({ count: 3, seed: 7 });
      expect(first.shape).toEqual([3, 1, 16, 16]);
      expect(averaged.run({ count: 3, seed: 7 }).equal(first)).toBe(true);
      // In two chunks: an image does not depend on its neighbours, and each is of its own latents.
      const many = averaged.run({ count: 300, seed: 7 });
      const part = (images: Tensor, start: number) => images.narrow(0, { start, length: 2 });
      expectClose(part(many, 0), part(first, 0), { label: 'the first chunk' });
      const latents = seededLatents(requireLatents(averaged).latent, { count: 300, seed: 7 }).flatten({
        startDim: 1,
      });
      expectClose(part(many, 255), averaged.run({ latents: part(latents, 255) }), {
        label: 'between chunks',
      });
      expect(() => averaged.run({ latents, seed: 7 } as never)).toThrow(
        usage('seed would do nothing beside latents: leave it out'),
      );
      expect(averaged.run({ count: 3, seed: 8 }).equal(first)).toBe(false);
      expect(live.run({ count: 3, seed: 7 }).equal(first)).toBe(false);
      expect(() => averaged.run({ latents: tensor([[1, 2]]) })).toThrow(
        usage('[N, 100] but received [1, 2]'),
      );
      expect(() => averaged.run({ count: 1, label: 3 })).toThrow(usage('trained without labels'));
    });
    averaged.dispose();
    live.dispose();
  });
});

// What is not finite is never saved and never gone on from, by whichever way it would get onto the disk.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorRecords } from '../../src/io/safetensors';
import { noGrad } from '../../src/tensor/autograd';
import { manualSeed } from '../../src/tensor/random';
import type { Tensor } from '../../src/tensor/tensor';
import { openCheckpoint, readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint';
import { tinyExtractor } from '../support/extractor';
import { failure } from '../support/failure';
import { tinyTrainer } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyDataset, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const EMA = { ema: { generator: { halfLifeImages: 100 }, discriminator: { halfLifeImages: 100 } } };
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Writes a number over the first of a tensor in a checkpoint, and seals it as a training would. */
async function spoil(
  path: string,
  { file, name, value }: { readonly file: string; readonly name: string; readonly value: number },
): Promise<void> {
  const { description } = await openCheckpoint(path);
  const files: Record<string, TensorRecords> = await readCheckpoint(path);
  const bytes = Uint8Array.from(files[file][name].bytes);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  files[file] = { ...files[file], [name]: { ...files[file][name], bytes } };
  await writeCheckpoint(path, description, files);
}

async function train(out: string, options: { steps: number; resume?: boolean; keep?: number }) {
  manualSeed(1);
  const trainer = tinyTrainer(undefined, EMA);
  const loader = tinyLoader();
  try {
    return await reportsOf(trainer.fit(loader, { out, checkpointEvery: 2, logEvery: 1, ...options }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const checkpoint = (run: string, step: number) => join(folder.path, run, 'checkpoints', `step-00000${step}`);

describe('a resume', () => {
  test.each([
    { file: 'networks/generator', name: '0.weight', value: infinity },
    { file: 'ema/discriminator', name: '1.weight', value: nan },
    { file: 'optimizers/G', name: '0.exp_avg_sq', value: nan },
    { file: 'optimizers/D', name: '1.exp_avg', value: infinity },
  ])(
    'passes over a checkpoint whose $file $name holds $value, says so, and goes on bit for bit',
    async (where) => {
      const [whole, run] = ['whole', 'run'].map((name) => join(folder.path, name));
      await train(whole, { steps: 6 });
      await train(run, { steps: 4 });
      await spoil(checkpoint('run', 4), where);
      const reports = await train(run, { steps: 6, resume: true });
      expect(reports.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
      expect(reports[0].notes).toEqual([
        `checkpoint ${checkpoint('run', 4)}: expected finite numbers but ${where.file} ${where.name} holds NaN or infinity; going on from ${checkpoint('run', 2)}`,
      ]);
      for (const step of [4, 6])
        expect(filesOf(checkpoint('run', step))).toEqual(filesOf(checkpoint('whole', step)));
    },
  );

  test('is refused where no checkpoint is finite, and nothing is written', async () => {
    const run = join(folder.path, 'run');
    await train(run, { steps: 2 });
    await spoil(checkpoint('run', 2), { file: 'networks/generator', name: '0.bias', value: nan });
    const before = filesOf(run);
    await expect(train(run, { steps: 4, resume: true })).rejects.toEqual(
      failure('ERR_NO_CHECKPOINT', 'none of its 1 is whole (checkpoint'),
    );
    expect(filesOf(run)).toEqual(before);
  });
});

test('the best weights are not saved where they are not finite', async () => {
  const cache = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
  // The average of the discriminator: neither losses nor generated images know of it.
  const trainer = tinyTrainer((value, step) => {
    if (step === 1) noGrad(() => trainer.averages.discriminator.module.parameters()[0].fill_(nan));
    return value;
  }, EMA);
  const loader = tinyLoader();
  const features = tinyExtractor();
  const out = join(folder.path, 'run');
  const evaluation = { real: tinyDataset(), features, every: 2, count: 40 };
  const training = reportsOf(trainer.fit(loader, { steps: 9, out, checkpointEvery: 8, evaluation }));
  await expect(training).rejects.toEqual(
    failure('ERR_DIVERGED', 'at step 2: expected finite weights but ema/discriminator 1.weight holds NaN'),
  );
  expect(existsSync(join(out, 'best'))).toBe(false);
  expect(readdirSync(join(out, 'checkpoints'))).toEqual([]);
  features.dispose();
  loader.dispose();
  trainer.dispose();
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

test('a fault that only an interruption sees is not saved', async () => {
  const leave = new AbortController();
  // A finite gradient, so that no weight tells of it.
  const spoiled = (value: Tensor) => value.add(nan);
  const trainer = tinyTrainer((value, step) => {
    // It comes when the step is over, whose losses nobody was to read.
    if (step === 2) setImmediate(() => leave.abort());
    return step === 2 ? spoiled(value) : value;
  });
  const loader = tinyLoader();
  const out = join(folder.path, 'run');
  const intervals = { logEvery: 9, checkpointEvery: 2, sampleEvery: 9, checkLosses: 'log' } as const;
  const training = reportsOf(trainer.fit(loader, { steps: 9, out, ...intervals, signal: leave.signal }));
  await expect(training).rejects.toEqual(
    failure('ERR_DIVERGED', 'diverged at step 3: expected finite losses but phase D gave NaN'),
  );
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000002']);
  loader.dispose();
  trainer.dispose();
});

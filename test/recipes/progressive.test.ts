// What copies of progressive growing get wrong, and how its stages are planned.
import { join } from 'node:path';
import { readSafetensors } from '../../src/io/safetensors';
import { GrowingNetwork } from '../../src/models/growing';
import { load, recipes } from '../../src/recipes';
import { progressive } from '../../src/recipes/progressive';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { bothWays, captures, LR, run, trainerOf } from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { buildModel, filesOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

/** 8 × 8 fades in from the 3rd step on, for four, and 16 × 16 from the 9th on. */
const SMALL = {
  latentSize: '8',
  width: '4',
  maxWidth: '8',
  batches: '8,8,4',
  fadeImages: '32',
  stableImages: '16',
  lr: `${LR}`,
};

const build = (set: Record<string, string> = SMALL, resolution = 16) =>
  buildModel(progressive, { set, resolution });
const loaderOf = () => tinyLoader({ resolution: 16, count: 40 });

function withModel(set: Record<string, string>, resolution: number, body: (model: Model) => void): void {
  const model = build(set, resolution);
  body(model);
  for (const network of Object.values(model.networks)) network.dispose();
}

const planOf = ({ stages }: Model) =>
  stages?.list.map(({ name, from, batch, restarts = false }) => [name, from, batch, restarts]);

describe('is refused', () => {
  test.each(['', 'half', '64,', '64,0', '64;32', '-4'])('batches that are "%s"', (batches) => {
    expect(() => build({ batches })).toThrow(
      usage('--set batches expects halves, or a batch for each level from 4×4 on'),
    );
  });

  test('more batches than levels', () => {
    expect(() => build({ batches: '8,8,8,8' })).toThrow(
      usage('--set batches=8,8,8,8 has 4 numbers, but from 4×4 to 16×16 there are 3 levels: leave some out'),
    );
  });

  test('a run of images of another size to go on with', async () => {
    const out = join(folder.path, 'run');
    const first = trainerOf(build(), false);
    await run(first, { steps: 1, loader: loaderOf(), out });
    first.dispose();
    const other = trainerOf(build({ ...SMALL, batches: '8' }, 8), false);
    const loader = tinyLoader({ resolution: 8, count: 40 });
    await expect(run(other, { steps: 2, loader, out, resume: true })).rejects.toEqual(
      failure('ERR_STATE_DICT', 'the state does not fit ProgressiveGenerator: unexpected'),
    );
    other.dispose();
  });
});

describe('stages', () => {
  test('are each level fading in, with optimizers that begin anew, and whole, so many images long', () =>
    withModel(SMALL, 16, (model) =>
      expect(planOf(model)).toEqual([
        ['4×4', 0, 8, false],
        ['8×8, fading in', 2, 8, true],
        ['8×8', 6, 8, false],
        ['16×16, fading in', 8, 4, true],
        ['16×16', 16, 4, false],
      ]),
    ));

  test('have the batch of the training up to 16×16, and half of it for each doubling: the paper’s from 128', () => {
    const batchesOf = (batch: number, side: number, set: Record<string, string> = {}) => {
      const config = Object.fromEntries(
        Object.entries(progressive.fields).map(([key, field]) => [key, field.default]),
      );
      const small = { ...config, width: 1, maxWidth: 2, latentSize: 2, ...set };
      const images = { channels: 1, height: side, width: side, classes: 0 };
      const model = recipes.progressive.build(small, { images }, { steps: 1, batch });
      for (const network of Object.values(model.networks)) network.dispose();
      return model.stages?.list.filter(({ name }) => !name.includes('fading')).map((stage) => stage.batch);
    };
    expect(batchesOf(128, 256)).toEqual([128, 128, 128, 64, 32, 16, 8]);
    expect(batchesOf(64, 256)).toEqual([64, 64, 64, 32, 16, 8, 4]);
    expect(batchesOf(16, 128)).toEqual([16, 16, 16, 8, 4, 4]);
    expect(batchesOf(2, 32)).toEqual([2, 2, 2, 2]);
    expect(batchesOf(64, 64, { batches: '32,16' })).toEqual([32, 16, 16, 16, 16]);
  });

  test('count the images of all the batches that a step averages', () => {
    const { fields } = progressive;
    const config = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.default]));
    const small = { ...config, width: 1, maxWidth: 2, latentSize: 2, fadeImages: 640, stableImages: 320 };
    const images = { channels: 1, height: 8, width: 8, classes: 0 };
    const model = recipes.progressive.build(small, { images }, { steps: 1, batch: 16, accumulate: 4 });
    expect(model.stages?.list.map(({ from }) => from)).toEqual([0, 5, 15]);
    for (const network of Object.values(model.networks)) network.dispose();
  });
});

/** Level and alpha of both networks and of the average. */
const placesOf = ({ networks, averages }: Trainer) =>
  [networks.generator, networks.discriminator, averages.generator.module].map((network) => {
    if (!(network instanceof GrowingNetwork)) throw new Error('a network that does not grow');
    return [network.level, network.alpha.item()];
  });

test('both networks and the average grow, and alpha goes from 0 to 1 by the steps', async () => {
  const trainer = trainerOf(build(), false);
  const loader = loaderOf();
  const places: unknown[] = [];
  for await (const _ of trainer.fit(loader, { steps: 18, logEvery: 1 })) {
    const [generator, ...others] = scope(() => placesOf(trainer));
    expect(others).toEqual([generator, generator]);
    places.push(generator);
  }
  const fading = (level: number, steps: number) =>
    Array.from({ length: steps }, (_, i) => [level, i / steps]);
  expect(places).toEqual([
    ...[[0, 1], [0, 1], ...fading(1, 4), [1, 1], [1, 1]],
    ...[...fading(2, 8), [2, 1], [2, 1]],
  ]);
  loader.dispose();
  trainer.dispose();
});

test('D sees real images as means of areas, and faded as the fakes', async () => {
  const model = build();
  const { discriminator } = model.networks;
  const seen: { index: number; images: number[]; side: number }[] = [];
  let index = -1;
  const { forward } = discriminator;
  discriminator.forward = (images: Tensor) => {
    seen.push({ index, images: numbersOf(images), side: images.shape[2] });
    return forward(images);
  };
  const batches: number[][] = [];
  const loader = loaderOf();
  const { stages } = model;
  if (!stages) throw new Error('no stages');
  const place: typeof stages.place = (networks, step) => {
    index = step;
    stages.place(networks, step);
  };
  const phases = model.phases.map((phase) => ({
    ...phase,
    loss: (step: Parameters<typeof phase.loss>[0]) => {
      if (phase.name === 'D') batches[index] = numbersOf(step.batch.images);
      return phase.loss(step);
    },
  }));
  const trainer = trainerOf({ ...model, phases, stages: { ...stages, place } }, false);
  await run(trainer, { steps: 11, loader });
  trainer.dispose();
  const real = (at: number) => seen.find((each) => each.index === at);
  expect([0, 3, 6, 10].map((at) => real(at)?.side)).toEqual([4, 8, 8, 16]);
  const batch = (at: number) => rows(batches[at], 16);
  expectClose(
    real(0)?.images,
    batch(0)
      .map((image) => means(image, 4))
      .flat(3),
  );
  // The second of four steps that fade in: a quarter of 8 × 8.
  const faded = batch(3).map((image) => mixed(means(image, 8), repeated(means(image, 4)), 0.25));
  expectClose(real(3)?.images, faded.flat(3));
  expectClose(
    real(6)?.images,
    batch(6)
      .map((image) => means(image, 8))
      .flat(3),
  );
  // Two of eight steps: images at their own size fade, too.
  const last = batch(10).map((image) => mixed(image, repeated(means(image, 8)), 0.25));
  expectClose(real(10)?.images, last.flat(3));
});

const numbersOf = (tensor: Tensor) => Array.from(tensor.toTypedArray(), Number);

type Rows = number[][];

/** Grey images of a batch. */
function rows(values: readonly number[], side: number): Rows[] {
  const count = values.length / (side * side);
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: side }, (_row, y) => values.slice((n * side + y) * side, (n * side + y + 1) * side)),
  );
}

function means(image: Rows, side: number): Rows {
  const size = image.length / side;
  return Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_column, x) => {
      const area = image
        .slice(y * size, (y + 1) * size)
        .flatMap((row) => row.slice(x * size, (x + 1) * size));
      return area.reduce((sum, value) => sum + value, 0) / area.length;
    }),
  );
}

function repeated(image: Rows): Rows {
  return image.flatMap((row) => {
    const wide = row.flatMap((value) => [value, value]);
    return [wide, wide];
  });
}

function mixed(high: Rows, low: Rows, alpha: number): Rows {
  return high.map((row, y) => row.map((value, x) => alpha * value + (1 - alpha) * low[y][x]));
}

function expectClose(found: readonly number[] | undefined, expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (found ?? [])[i])))).toBeLessThan(1e-5);
}

test('Adam begins anew at each level that fades in, and goes on where it is whole', async () => {
  const trainer = trainerOf(build(), false);
  const loader = loaderOf();
  const steps: number[] = [];
  for await (const _ of trainer.fit(loader, { steps: 18, logEvery: 1 }))
    steps.push(
      scope(() => {
        const [{ running }] = trainer.phases;
        const counts = Object.entries(running.stateDict()).filter(([name]) => /^\d+\.step$/.test(name));
        return Math.max(...counts.map(([, count]) => count.item()));
      }),
    );
  expect(steps).toEqual([...[1, 2], ...[1, 2, 3, 4, 5, 6], ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
  loader.dispose();
  trainer.dispose();
});

test('D’s loss has the drift of its logits on real images', async () => {
  const lossesOf = async (drift: string) => {
    const trainer = trainerOf(build({ ...SMALL, drift, lr: '0' }), false);
    const reports = await run(trainer, { steps: 1, loader: loaderOf() });
    trainer.dispose();
    return reports[0];
  };
  const [none, some, twice] = [await lossesOf('0'), await lossesOf('1'), await lossesOf('2')];
  const drift = some.losses.D - none.losses.D;
  expect(drift).toBeGreaterThanOrEqual(some.statistics['D(real)'] ** 2 * 0.999);
  expect(twice.losses.D - none.losses.D).toBeCloseTo(2 * drift, 4);
});

describe('a run', () => {
  async function write(out: string, steps: number, resume = false): Promise<void> {
    const trainer = trainerOf(build(), false);
    const path = join(folder.path, out);
    const settings = { recipe: 'progressive', set: configOf(SMALL) };
    const loader = loaderOf();
    for await (const _ of trainer.fit(loader, { steps, out: path, resume, page: false, settings }));
    loader.dispose();
    trainer.dispose();
  }

  test.each([2, 4, 8, 11])(
    'that ends after step %p goes on bit for bit over changes of level',
    async (step) => {
      await write('whole', 19);
      await write('parts', step);
      await write('parts', 19, true);
      const checkpoint = (out: string) => filesOf(join(folder.path, out, 'checkpoints', 'step-000019'));
      expect(checkpoint('parts')).toEqual(checkpoint('whole'));
    },
  );

  test('that ended in an early stage has level and alpha in its checkpoint, and its images are enlarged', async () => {
    await write('early', 5);
    const out = join(folder.path, 'early');
    for (const file of ['networks/generator', 'networks/discriminator', 'ema/generator']) {
      const { records } = await readSafetensors(
        join(out, 'checkpoints', 'step-000005', `${file}.safetensors`),
      );
      const numbers = [records.level, records.alpha].map(
        ({ bytes }) => new Float32Array(bytes.slice().buffer)[0],
      );
      expect(numbers).toEqual([1, 0.5]);
    }
    const model = await load(out, { device: testDevice });
    expect(model.stage).toBe('8×8, fading in');
    expect(model.notes).toEqual(['this model’s training was in stage 2 of 5: 8×8, fading in']);
    const images = model.run({ count: 3, seed: 1 });
    expect(images.shape).toEqual([3, 1, 16, 16]);
    const values = numbersOf(images);
    expectClose(
      values,
      rows(values, 16)
        .map((image) => repeated(means(image, 8)))
        .flat(3),
    );
    images.dispose();
    model.dispose();
  });
});

function configOf(set: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(progressive.fields).map(([key, field]) => [
      key,
      Object.hasOwn(set, key) ? field.fromText(set[key]) : field.default,
    ]),
  );
}

test('each stage that lasts is captured as a CUDA graph, which gives the losses of a run without', async () => {
  const set = { ...SMALL, batches: '4', fadeImages: '20', stableImages: '20' };
  const { expected, found, notes } = await bothWays(() => build(set), 27, loaderOf);
  expect(found).toEqual(expected);
  expect(notes).toEqual([]);
  const capture = captures();
  const trainer = trainerOf(build(set), () => capture);
  await run(trainer, { steps: 27, loader: loaderOf() });
  expect(trainer.graphs).toBe(1);
  if (capture instanceof StandInCapture)
    expect(capture.events.filter((event) => event.startsWith('capture'))).toHaveLength(5);
  trainer.dispose();
});

// Trainings in stages: their batch, what begins anew with them, their CUDA graphs, and where a run tells of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Loader } from '../../src/data/loader';
import { adam } from '../../src/optim/adam';
import { linear } from '../../src/optim/schedule';
import type { Model } from '../../src/training/model';
import type { Networks } from '../../src/training/phase';
import { type Stage, stageAt } from '../../src/training/stages';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { captures, LR, run, tinyModel, trainerOf } from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { filesOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

interface Placed {
  readonly networks: readonly string[];
  readonly index: number;
}

/** A model over the tiny networks in such stages; `placed` is told where they were brought. */
function staged(list: readonly Stage[], placed: Placed[] = [], phase = {}): Model {
  const place = (networks: Partial<Networks>, index: number) =>
    void placed.push({ networks: Object.keys(networks), index });
  return { ...tinyModel(phase)(), stages: { list, place } };
}

const LIST: readonly Stage[] = [
  { name: 'small', from: 0, batch: 8 },
  { name: 'growing', from: 5, batch: 4, restarts: true },
  { name: 'large', from: 10, batch: 2 },
];

describe('refuses', () => {
  test.each<[string, readonly Stage[], string]>([
    ['none', [], 'stages expected the first to be from step 0 but received no stage'],
    ['a start later than 0', [{ name: 'a', from: 1 }], 'from step 0 but received 1'],
    [
      'one that begins before the one before it',
      [...LIST, { name: 'b', from: 10 }],
      'stage b expected to be from a whole step after that of the stage before, 10, but received 10',
    ],
    [
      'a batch of none',
      [{ name: 'a', from: 0, batch: 0 }],
      'stage a expected batch to be a positive integer but received 0',
    ],
    [
      'two of one name',
      [LIST[0], { name: 'small', from: 3 }],
      'stages expected names that differ but number 2 is called "small"',
    ],
    [
      'a batch of some of them',
      [LIST[0], { name: 'whole', from: 3 }],
      'stages expected batch to be said of all of them or of none, but whole has none: give it one',
    ],
  ])('%s', (_, list, message) => {
    const model = staged(list);
    expect(() => trainerOf(model, false)).toThrow(usage(message));
    for (const network of Object.values(model.networks)) network.dispose();
  });

  test('at the start a batch of a later stage that is larger than the set', async () => {
    const trainer = trainerOf(staged([LIST[0], { name: 'huge', from: 5, batch: 97 }]), false);
    await expect(run(trainer, { steps: 1 })).rejects.toEqual(
      usage('a batch of 97 is larger than the data set "tiny", which has 96 images'),
    );
    expect(trainer.step).toBe(0);
    trainer.dispose();
  });

  test('a loader that cannot change its batch', async () => {
    const trainer = trainerOf(staged(LIST), false);
    const whole = tinyLoader();
    const fixed: Loader = {
      ...{ name: 'fixed', specs: whole.specs, batch: 8, batchesPerEpoch: 12, epoch: 0 },
      next: () => whole.next(),
      state: () => whole.state(),
      start: () => whole.start(),
      setState: (state) => whole.setState(state),
      to: (device) => whole.to(device),
      dispose: () => whole.dispose(),
    };
    await expect(run(trainer, { steps: 1, loader: fixed })).rejects.toEqual(
      usage(
        'expected a loader whose batch can change, from 8 to 4, but that of "fixed" has no resize(): write it, or train in batches of one size',
      ),
    );
    trainer.dispose();
  });
});

test('a step is in the newest stage that has begun', () => {
  expect([0, 4, 5, 9, 10, 1000].map((index) => stageAt(LIST, index).name)).toEqual([
    ...['small', 'small', 'growing', 'growing', 'large', 'large'],
  ]);
});

test('each stage has its batch, and the images of an order are seen one after the other, and counted', async () => {
  const seen: number[] = [];
  const first: number[] = [];
  const loss = ({
    batch: { images },
    networks: { discriminator },
  }: Parameters<Model['phases'][0]['loss']>[0]) => {
    seen.push(images.shape[0]);
    for (let i = 0; i < images.shape[0]; i++) first.push(...numbersOf(images.select(0, i)));
    return discriminator.forward(images).mean().square();
  };
  const trainer = trainerOf(staged(LIST, [], { loss }), false);
  await run(trainer, { steps: 13 });
  expect(seen).toEqual([8, 8, 8, 8, 8, 4, 4, 4, 4, 4, 2, 2, 2]);
  expect(trainer.images).toBe(5 * 8 + 5 * 4 + 3 * 2);
  const same = tinyLoader({ batch: 66 });
  const { images, labels } = await same.next();
  const expected: number[] = [];
  for (let i = 0; i < 66; i++) {
    const one = images.select(0, i);
    expected.push(...numbersOf(one));
    one.dispose();
  }
  expect(first).toEqual(expected);
  for (const tensor of [images, labels]) tensor.dispose();
  same.dispose();
  trainer.dispose();
});

/** Enough of an image to know it by. */
function numbersOf(image: { toTypedArray(): ArrayLike<number | bigint> }): number[] {
  return Array.from(image.toTypedArray(), Number).slice(0, 4);
}

test('networks are brought to where they are before each step, and so are averages, which count images of stages that do not begin anew', async () => {
  const placed: Placed[] = [];
  const model = staged(LIST, placed);
  const trainer = trainerOf({ ...model, ema: { discriminator: { halfLifeImages: 100 } } }, false);
  await run(trainer, { steps: 7 });
  expect(placed.filter(({ networks }) => networks.length === 2).map(({ index }) => index)).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6],
  ]);
  expect(placed.filter(({ networks }) => networks.length === 1)).toEqual(
    [0, 1, 2, 3, 4, 5, 6].map((index) => ({ networks: ['discriminator'], index })),
  );
  // The second stage begins anew.
  expect(trainer.averages.discriminator).toMatchObject({ updates: 2, images: 2 * 4 });
  await run(trainer, { steps: 12 });
  expect(trainer.averages.discriminator).toMatchObject({ updates: 7, images: 5 * 4 + 2 * 2 });
  trainer.dispose();
});

test('optimizers begin anew where a stage says so, while their schedules go on', async () => {
  const steps: (readonly number[])[] = [];
  const optimizer = adam({ lr: LR, schedule: linear({ steps: 16 }) });
  const trainer = trainerOf(staged(LIST, [], { optimizer }), false);
  const loader = tinyLoader();
  for await (const _ of trainer.fit(loader, { steps: 12, logEvery: 1 })) {
    const [{ running }] = trainer.phases;
    const state = running.stateDict();
    steps.push([running.steps, state['0.step'].item()]);
    for (const tensor of Object.values(state)) tensor.dispose();
  }
  expect(steps).toEqual([
    ...[1, 2, 3, 4, 5].map((step) => [step, step]),
    ...[6, 7, 8, 9, 10, 11, 12].map((step) => [step, step - 5]),
  ]);
  expect(trainer.phases[0].running.lr[0]).toBeCloseTo((LR * 4) / 16, 9);
  loader.dispose();
  trainer.dispose();
});

test('each stage is captured as graphs of its own, which give the losses of a run without', async () => {
  const eager = trainerOf(staged(LIST), false);
  const expected = (await run(eager, { steps: 16 })).map(({ losses }) => losses);
  eager.dispose();
  const capture = captures();
  const trainer = trainerOf(staged(LIST), () => capture);
  const reports = await run(trainer, { steps: 16 });
  expect(reports.map(({ losses }) => losses)).toEqual(expected);
  expect(reports.flatMap(({ notes }) => notes)).toEqual([]);
  expect(trainer.graphs).toBe(1);
  if (capture instanceof StandInCapture) {
    const warm = ['warm-up', 'warm-up', 'warm-up'];
    expect(capture.events).toEqual([
      ...[...warm, 'capture 1', 'replay 1', 'replay 1', 'drop 1', 'reset'],
      ...[...warm, 'capture 2', 'replay 2', 'replay 2', 'drop 2', 'reset'],
      ...[...warm, 'capture 3', 'replay 3', 'replay 3', 'replay 3'],
    ]);
  }
  trainer.dispose();
});

async function write(out: string, steps: number, resume = false): Promise<Trainer> {
  const ema = { discriminator: { halfLifeImages: 50 } };
  const trainer = trainerOf({ ...staged(LIST), ema }, false);
  const path = join(folder.path, out);
  await run(trainer, { steps, out: path, resume });
  return trainer;
}

test.each([4, 5, 6, 9, 10, 11])(
  'a run that ends after step %p goes on over its stages bit for bit',
  async (step) => {
    for (const [out, steps, resume] of [
      ['whole', 13, false],
      ['parts', step, false],
      ['parts', 13, true],
    ] as const)
      (await write(out, steps, resume)).dispose();
    const checkpoint = (out: string) => filesOf(join(folder.path, out, 'checkpoints', 'step-000013'));
    expect(checkpoint('parts')).toEqual(checkpoint('whole'));
  },
);

test('reports, the log, config.json and checkpoints tell the stage', async () => {
  const trainer = trainerOf(staged(LIST), false);
  const out = join(folder.path, 'told');
  const reports = await run(trainer, { steps: 6, out });
  trainer.dispose();
  expect(reports.map(({ stage }) => stage?.name)).toEqual([...Array(5).fill('small'), 'growing']);
  const growing = { name: 'growing', number: 2, of: 3 };
  expect(reports[5].stage).toEqual(growing);
  const text = (...path: string[]) => readFileSync(join(out, ...path), 'utf8');
  const lines = text('metrics.jsonl').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).stage)).toEqual([1, 1, 1, 1, 1, 2]);
  expect(JSON.parse(text('config.json')).stages).toEqual(LIST);
  expect(JSON.parse(text('checkpoints', 'step-000006', 'manifest.json')).stage).toEqual(growing);
});

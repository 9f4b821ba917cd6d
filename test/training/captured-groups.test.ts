// Recorded steps. On the CPU a stand-in records, which runs the function again; on CUDA (LIBTORCH_GAN_TEST_DEVICE) graphs do.
import { join } from 'node:path';
import type { Batch, Loader } from '../../src/data/loader';
import { adam, adamw } from '../../src/optim/adam';
import { clampParameters } from '../../src/optim/clip';
import type { OptimizerFactory } from '../../src/optim/optimizer';
import { rmsprop } from '../../src/optim/rmsprop';
import { linear } from '../../src/optim/schedule';
import { Sgd, sgd } from '../../src/optim/sgd';
import { dcgan } from '../../src/recipes/dcgan';
import { mlp } from '../../src/recipes/mlp';
import { ones, randn, tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { keep } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { WARM_UP_RUNS } from '../../src/training/captured-groups';
import { type GraphCapture } from '../../src/training/graph-capture';
import type { Model } from '../../src/training/model';
import type { Phase } from '../../src/training/phase';
import type { Report } from '../../src/training/report';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { testDevice } from '../support/fixtures';
import {
  bothWays,
  captures,
  LR,
  losses,
  type Networks,
  run,
  tinyModel,
  trainerOf,
} from '../support/recorded';
import { StandInCapture } from '../support/stand-in-capture';
import { buildModel, filesOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
describe('losses are those of a run without graphs', () => {
  test.each<[string, () => Model]>([
    [
      'dcgan with averaged weights',
      () => buildModel(dcgan, { set: { width: '4', emaImages: '500', lr: `${LR}` } }),
    ],
    ['mlp with dropout', () => buildModel(mlp, { set: { lr: `${LR}` } })],
  ])('over 50 steps of %s', async (_, build) => {
    const { expected, found, recorded, notes } = await bothWays(build, 50);
    expect(found).toEqual(expected);
    expect([recorded, notes]).toEqual([1, []]);
  });

  test.each<[string, OptimizerFactory]>([
    ['adam', adam({ lr: LR, schedule: linear({ steps: 8 }) })],
    ['adamw', adamw({ lr: LR, schedule: linear({ steps: 8 }) })],
    ['sgd', sgd({ lr: 2 ** -3, momentum: 0.9, schedule: linear({ steps: 8 }) })],
    ['rmsprop', rmsprop({ lr: LR, schedule: linear({ steps: 8 }) })],
    ['rmsprop with momentum', rmsprop({ lr: LR, momentum: 0.5, schedule: linear({ steps: 8 }) })],
  ])('with a schedule of %s, recorded once', async (_, optimizer) => {
    const { expected, found, recorded, notes } = await bothWays(tinyModel({ optimizer }), 16);
    expect(found).toEqual(expected);
    expect([recorded, notes]).toEqual([1, []]);
    // From the eighth step on nothing moves any more, but the data.
    const moving = await bothWays(tinyModel({ optimizer: adam({ lr: LR }) }), 16);
    expect(moving.found.at(-1)).not.toEqual(found.at(-1));
  });

  test('with phases that repeat, rest and share an optimizer', async () => {
    const shared = adam({ lr: LR, schedule: linear({ steps: 32 }) });
    const generator: Partial<Phase<Networks>> = {
      name: 'G',
      trains: 'generator',
      loss: ({ made: { fake }, networks: { discriminator: D } }) => D.forward(fake).mean(),
    };
    const lazy: Partial<Phase<Networks>> = {
      name: 'Dreg',
      optimizer: shared,
      every: 4,
      loss: ({ batch: { images: real }, networks: { discriminator: D }, log }) => {
        const loss = D.forward(real).square().mean();
        log('twice', loss.mul(2));
        return loss;
      },
    };
    const { expected, found, recorded, notes } = await bothWays(
      tinyModel({ name: 'D', optimizer: shared, repeat: 3 }, lazy, generator),
      30,
    );
    expect(found).toEqual(expected);
    // D alone; D, Dreg and G; D and G.
    expect([recorded, notes]).toEqual([3, []]);
  });

  test('with numbers that depend on the step, and latents in parts', async () => {
    const build = () => {
      const model = tinyModel({
        before: ({ discriminator }) => clampParameters(discriminator.parameters(), 0.05),
        loss: ({
          batch: { images: real },
          latentParts: parts,
          latentLabels,
          scheduled,
          networks: { discriminator: D },
        }) => {
          const ramp = scheduled((step) => Math.min(1, step / 10));
          const told = latentLabels
            .float()
            .mean()
            .add(parts.codes?.mean() ?? 0);
          return D.forward(real)
            .mean()
            .square()
            .mul(ramp)
            .add(scheduled((step) => step))
            .add(told);
        },
      })();
      return { ...model, latent: { size: 4, classes: 3, codes: 2 } };
    };
    const { expected, found, recorded, notes } = await bothWays(build, 16);
    expect(found).toEqual(expected);
    expect([recorded, notes]).toEqual([1, []]);
    expect(found[15].P0 - found[3].P0).toBeGreaterThan(10);
  });

  test('after a learning rate or a weight decay was set by hand', async () => {
    const train = async (graphs: boolean | (() => GraphCapture)) => {
      const trainer = trainerOf(tinyModel({})(), graphs);
      const loader = tinyLoader();
      const found: Report[] = [];
      for await (const report of trainer.fit(loader, { steps: 14, logEvery: 1 })) {
        const [group] = trainer.phases[0].running.groups;
        if (report.step === 6) group.lr = 2 ** -3;
        if (report.step === 10) group.weightDecay = 0.5;
        found.push(report);
      }
      loader.dispose();
      trainer.dispose();
      return losses(found);
    };
    expect(await train(captures)).toEqual(await train(false));
  });
});

describe('a phase that cannot be recorded runs without, and a note says why, once', () => {
  class OldSgd extends Sgd {
    override get capturable(): boolean {
      return false;
    }
  }
  let previous: Tensor | null = null;

  test.each<[string, Partial<Phase<Networks>>, RegExp]>([
    [
      'reads a number',
      {
        loss: ({ batch: { images: real }, networks: { discriminator: D } }) =>
          D.forward(real).mean().mul(D.forward(real).mean().item()),
      },
      /^phase P0 runs without a CUDA graph: it brings a value to the host/,
    ],
    [
      'looks at the step',
      {
        loss: ({ batch: { images: real }, index, networks: { discriminator: D } }) =>
          D.forward(real).mean().mul(index),
      },
      /^phase P0 runs without a CUDA graph: it reads step.index/,
    ],
    [
      'logs a number',
      {
        loss: ({ batch: { images: real }, log, networks: { discriminator: D } }) => {
          log('one', 1);
          return D.forward(real).mean();
        },
      },
      /it logs one as a number/,
    ],
    [
      'keeps something for the next step',
      {
        loss: ({ batch: { images: real }, networks: { discriminator: D } }) => {
          const mean = D.forward(real).mean();
          previous?.dispose();
          previous = keep(mean.detach().clone());
          return mean.square();
        },
      },
      /it keeps a tensor for later/,
    ],
    [
      'has an optimizer that does not know how',
      { optimizer: (parameters) => new OldSgd(parameters, { lr: 0.1 }) },
      /the optimizer of P0 takes its learning rate from the host/,
    ],
  ])('where it %s', async (_, phase, reason) => {
    const { expected, found, recorded, notes } = await bothWays(tinyModel(phase), 10);
    previous?.dispose();
    previous = null;
    expect(found).toEqual(expected);
    expect(recorded).toBe(0);
    expect(notes).toEqual([expect.stringMatching(reason)]);
  });

  test('and the others, whose recordings its failure cost, are recorded again', async () => {
    const recorder = new StandInCapture();
    const lazy: Partial<Phase<Networks>> = {
      name: 'lazy',
      every: 4,
      loss: ({ batch: { images: real }, index, networks: { discriminator: D } }) =>
        D.forward(real).mean().mul(index),
    };
    const model = tinyModel({ name: 'D' }, lazy)();
    const trainer = new Trainer({ ...model, device: 'cpu', graphs: () => recorder });
    const reports = await run(trainer, { steps: 16 });
    trainer.dispose();
    const events = recorder.events.filter((event) => event !== 'warm-up');
    // Steps 6 to 12 replay D; the thirteenth, the fourth with both, cannot be recorded.
    expect(events.slice(events.indexOf('drop 1'))).toEqual([
      'drop 1',
      'reset',
      'capture 2',
      'replay 2',
      'replay 2',
      'replay 2',
      'drop 2',
      'dispose',
    ]);
    expect(reports.map(({ notes }) => notes)).toEqual(
      Array.from({ length: 16 }, (_, i) =>
        i === 12
          ? [expect.stringMatching(/^phases D and lazy run without a CUDA graph: it reads step.index/)]
          : [],
      ),
    );
  });
});

describe('what is recorded', () => {
  const standIn = (model: Model, options: Partial<TrainerOptions> = {}) => {
    const recorder = new StandInCapture();
    const trainer = new Trainer({ ...model, ...options, device: 'cpu', graphs: () => recorder });
    return { recorder, trainer };
  };
  const onCpu = () => tinyLoader();

  test('comes after the warm-up, and is replayed from then on', async () => {
    const { recorder, trainer } = standIn(tinyModel({})());
    await run(trainer, { steps: 6 });
    expect(recorder.events).toEqual([
      ...Array(WARM_UP_RUNS).fill('warm-up'),
      'capture 1',
      'replay 1',
      'replay 1',
      'replay 1',
    ]);
    trainer.dispose();
    expect(recorder.events.slice(-2)).toEqual(['drop 1', 'dispose']);
  });

  test('stays over several calls of fit', async () => {
    const { recorder, trainer } = standIn(tinyModel({})());
    await run(trainer, { steps: 5 });
    await run(trainer, { steps: 8 });
    expect(recorder.events.filter((event) => event === 'capture 1')).toHaveLength(1);
    expect(recorder.events.filter((event) => event === 'replay 1')).toHaveLength(5);
    trainer.dispose();
  });

  test('does not take a batch of another size, which runs as it is', async () => {
    const { recorder, trainer } = standIn(tinyModel({})());
    const [eight, four] = [onCpu(), tinyLoader({ batch: 4 })];
    let asked = 0;
    const mixed: Loader = {
      ...eight,
      name: eight.name,
      specs: eight.specs,
      epoch: 0,
      batch: 8,
      batchesPerEpoch: eight.batchesPerEpoch,
      fetch: undefined,
      next: (): Promise<Batch> => (++asked === 6 ? four : eight).next(),
      state: () => eight.state(),
      start: () => eight.start(),
      setState: () => undefined,
      to: (device) => {
        eight.to(device);
        four.to(device);
      },
      dispose: () => undefined,
    };
    const reports = await run(trainer, { steps: 8, loader: mixed });
    expect(recorder.events.filter((event) => event === 'replay 1')).toHaveLength(4);
    expect(reports.flatMap(({ notes }) => notes)).toEqual([]);
    trainer.dispose();
    eight.dispose();
    four.dispose();
  });

  test('leaves live tensors as many as they were', async () => {
    const { trainer } = standIn(buildModel(dcgan, { set: { width: '4' } }));
    const loader = onCpu();
    const counts: number[] = [];
    for await (const _ of trainer.fit(loader, { steps: 16, logEvery: 1 })) counts.push(memory().tensors);
    expect(new Set(counts.slice(WARM_UP_RUNS + 1))).toEqual(new Set([counts[WARM_UP_RUNS + 1]]));
    loader.dispose();
    trainer.dispose();
  });

  test('is dropped when a checkpoint is loaded, and a resumed run goes on bit for bit', async () => {
    const build = () => buildModel(mlp, { set: { emaImages: '100', lr: `${LR}` } });
    const out = (name: string) => join(folder.path, name);
    const train = (name: string, steps: number, resume = false) => {
      const trainer = trainerOf(build(), captures);
      return run(trainer, { steps, out: out(name), resume }).finally(() => trainer.dispose());
    };
    await train('whole', 16);
    await train('parts', 9);
    await train('parts', 16, true);
    const files = (name: string) => filesOf(join(out(name), 'checkpoints', 'step-000016'));
    expect(files('parts')).toEqual(files('whole'));

    const { recorder, trainer } = standIn(build());
    await run(trainer, { steps: 6, out: out('again') });
    await run(trainer, { steps: 12, out: out('again'), resume: true });
    expect(recorder.events).toEqual(expect.arrayContaining(['drop 1', 'capture 2']));
    trainer.dispose();
  });

  test('is nothing on the CPU, where there are no graphs', async () => {
    const trainer = new Trainer({ ...tinyModel({})(), device: 'cpu', graphs: true });
    await run(trainer, { steps: 6 });
    expect(trainer.graphs).toBe(0);
    trainer.dispose();
  });

  test('sees random numbers and constants that are made on the device', async () => {
    const { expected, found, recorded, notes } = await bothWays(
      tinyModel({
        loss: ({ batch: { images: real }, networks: { discriminator: D } }) =>
          D.forward(real.add(randn(real.shape, { device: testDevice }).mul(0.1)))
            .add(ones([1], { device: testDevice }))
            .mean(),
      }),
      10,
    );
    expect(found).toEqual(expected);
    expect([recorded, notes]).toEqual([1, []]);
  });

  test('copies labels along', async () => {
    const { expected, found, recorded } = await bothWays(
      tinyModel({
        loss: ({ batch: { images: real, labels }, networks: { discriminator: D } }) =>
          D.forward(real).sub(labels.float().unsqueeze(1)).square().mean(),
      }),
      10,
    );
    expect(found).toEqual(expected);
    expect(recorded).toBe(1);
    expect(new Set(found.map(({ P0 }) => P0)).size).toBe(10);
  });
});

test('an optimizer whose step is taken in two parts reads its learning rate from the device', () => {
  const parameter = tensor([1]);
  parameter.requiresGrad = true;
  const optimizer = new Sgd([parameter], { lr: 0.5, schedule: (step) => 1 / (step + 1) });
  const rates = optimizer.deviceRates();
  const step = () => {
    parameter.grad = null;
    const loss = parameter.sum();
    loss.backward();
    loss.dispose();
    optimizer.apply(rates);
    return Number(parameter.toTypedArray()[0]);
  };
  optimizer.advance(rates);
  expect(step()).toBe(0.5);
  optimizer.advance(rates);
  expect(step()).toBe(0.25);
  expect([optimizer.steps, rates.values]).toEqual([2, [0.25]]);
  rates.tensors[0].fill_(0);
  expect(step()).toBe(0.25);
  rates.dispose();
  optimizer.dispose();
  parameter.dispose();
});

import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { nonSaturating } from '../../src/losses/adversarial';
import { conv2d, convTranspose2d } from '../../src/nn/conv';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { adam } from '../../src/optim/adam';
import { sgd } from '../../src/optim/sgd';
import { dcgan } from '../../src/recipes/dcgan';
import { tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { WARM_UP_RUNS } from '../../src/training/captured-groups';
import type { Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks, tinyTrainer } from '../support/tiny-trainer';
import { buildModel, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const loss = nonSaturating();
const folder = temporaryFolder();
const steps = (count: number) => ({ steps: count, logEvery: 1 });

describe('bad input', () => {
  const phase = (extra: object) => ({
    name: 'D',
    trains: 'discriminator' as const,
    optimizer: sgd({ lr: 0.1 }),
    loss: () => tensor(0),
    ...extra,
  });
  test.each<[string, object[], string]>([
    ['no phase', [], 'expected at least one phase'],
    [
      'a phase of an unknown network',
      [phase({ trains: 'critic' })],
      'expected to train some of generator, discriminator but names critic',
    ],
    ['a phase that trains nothing', [phase({ trains: [] })], 'but names none'],
    ['two phases of one name', [phase({}), phase({})], 'two are called D'],
    ['every: 0', [phase({ every: 0 })], 'expected every to be a positive integer but received 0'],
    ['repeat: 1.5', [phase({ repeat: 1.5 })], 'expected repeat to be a positive integer but received 1.5'],
  ])('%s', (_, phases, text) => {
    const networks = tinyNetworks();
    expect(() => new Trainer({ networks, latent: { size: 4 }, phases: phases as never })).toThrow(
      usage(text),
    );
    for (const network of Object.values(networks)) network.dispose();
  });

  test('a latent without a size, and steps that are none', async () => {
    const networks = tinyNetworks();
    expect(() => new Trainer({ networks, latent: { size: 0 }, phases: [phase({})] })).toThrow(
      usage('a positive size'),
    );
    for (const network of Object.values(networks)) network.dispose();
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    await expect(reportsOf(trainer.fit(loader, { steps: 0 }))).rejects.toEqual(
      usage('steps to be a positive integer'),
    );
    await expect(reportsOf(trainer.fit(loader, { steps: 1, resume: true }))).rejects.toEqual(
      usage('run directory in `out`'),
    );
    loader.dispose();
    trainer.dispose();
  });

  test('a shape mismatch inside a network names the layer by its path, its class and the shapes', async () => {
    const networks = {
      generator: sequential(
        linear(4, 32),
        reshape([2, 4, 4]),
        sequential(convTranspose2d(3, 1, { kernelSize: 4 })),
      ),
      discriminator: sequential(conv2d(1, 1, { kernelSize: 4 }), flatten()),
    };
    const trainer = new Trainer({
      networks,
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: 'G',
          trains: 'generator',
          optimizer: sgd({ lr: 0.1 }),
          loss: ({ made: { fake }, networks: { discriminator } }) =>
            loss.generator(discriminator.forward(fake)),
        },
      ],
    });
    const loader = tinyLoader();
    await expect(reportsOf(trainer.fit(loader, steps(1)))).rejects.toEqual(
      expect.objectContaining({
        code: 'ERR_TORCH',
        message: expect.stringMatching(/^generator\.2\.0 \(ConvTranspose2d\): [\s\S]*float32 \[8, 2, 4, 4\]/),
      }),
    );
    loader.dispose();
    trainer.dispose();
  });

  test('a loss that is no scalar', async () => {
    const trainer = tinyTrainer((value) => value.expand([2, 3]));
    const loader = tinyLoader();
    await expect(reportsOf(trainer.fit(loader, steps(1)))).rejects.toEqual(
      failure(
        'ERR_BAD_LOSS',
        'phase D expected its loss to be one number but received a tensor of shape [2, 3]',
      ),
    );
    loader.dispose();
    trainer.dispose();
  });

  test('labels of a data set without any', async () => {
    const networks = tinyNetworks();
    const trainer = new Trainer({
      networks,
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [phase({ loss: ({ batch: { labels } }: Step) => labels.sum() })] as never,
    });
    const loader = tinyLoader({ labelled: false });
    await expect(reportsOf(trainer.fit(loader, steps(1)))).rejects.toEqual(
      failure('ERR_NO_LABELS', 'a data set with labels'),
    );
    loader.dispose();
    trainer.dispose();
  });
});

describe('fit', () => {
  test('reports every logEvery steps and at the end, with each phase’s loss', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const reports = await reportsOf(trainer.fit(loader, { steps: 7, logEvery: 3 }));
    expect(reports.map(({ step }) => step)).toEqual([3, 6, 7]);
    expect(Object.keys(reports[0].losses)).toEqual(['D', 'G']);
    expect(reports[2]).toMatchObject({ steps: 7, epoch: 0, notes: [] });
    loader.dispose();
    trainer.dispose();
  });

  test('keeps live tensors flat from step to step', async () => {
    const trainer = new Trainer({
      ...buildModel(dcgan, { set: { width: '4' } }),
      device: testDevice,
      precision: 'fp32',
    });
    const loader = tinyLoader();
    const counts: number[] = [];
    for await (const _ of trainer.fit(loader, { ...steps(12) })) counts.push(memory().tensors);
    // Where graphs are captured, their inputs have addresses of their own from then on.
    const captured = WARM_UP_RUNS + 1;
    expect(new Set(counts.slice(captured))).toEqual(new Set([counts[captured]]));
    loader.dispose();
    trainer.dispose();
  });

  test('clipGradNorm bounds how far a step of SGD moves all parameters together', async () => {
    const networks = tinyNetworks();
    const flat = () =>
      networks.discriminator.parameters().flatMap((p) => Array.from(p.toTypedArray(), Number));
    const before = flat();
    const trainer = new Trainer({
      networks,
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: sgd({ lr: 1 }),
          clipGradNorm: 0.01,
          loss: ({ batch: { images: real }, networks: { discriminator: D } }) =>
            D.forward(real).mean().mul(100),
        },
      ],
    });
    const loader = tinyLoader();
    await reportsOf(trainer.fit(loader, steps(1)));
    const moved = Math.hypot(...flat().map((value, i) => value - before[i]));
    expect(moved).toBeCloseTo(0.01, 4);
    loader.dispose();
    trainer.dispose();
  });

  test('trains only what a phase names, and leaves no gradient behind', async () => {
    const networks = tinyNetworks();
    const [before, still] = [networks.discriminator, networks.generator].map((n) =>
      n.parameters()[0].toBytes(),
    );
    const trainer = new Trainer({
      networks,
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: adam({ lr: 1e-3 }),
          loss: ({ batch: { images: real }, made: { fake }, networks: { discriminator: D } }) => {
            expect(fake.requiresGrad).toBe(false);
            return loss.discriminator(D.forward(real), D.forward(fake));
          },
        },
      ],
    });
    const loader = tinyLoader();
    await reportsOf(trainer.fit(loader, steps(2)));
    expect(networks.generator.parameters()[0].toBytes()).toEqual(still);
    expect(networks.discriminator.parameters()[0].toBytes()).not.toEqual(before);
    expect(networks.discriminator.parameters()[0].grad).toBeNull();
    expect(networks.generator.parameters().every((parameter) => parameter.requiresGrad)).toBe(true);
    loader.dispose();
    trainer.dispose();
  });

  test('a timer and an HTTP server in the same process stay alive', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const server = createServer((_, response) => response.end('alive'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    let ticks = 0;
    let answers = 0;
    const timer = setInterval(() => {
      ticks++;
      fetch(`http://127.0.0.1:${port}/`)
        .then((response) => response.text())
        .then((text) => {
          if (text === 'alive') answers++;
        })
        // One may be under way when the server closes.
        .catch(() => undefined);
    }, 5);
    for await (const _ of trainer.fit(loader, { steps: 20_000, logEvery: 1 })) if (answers >= 3) break;
    clearInterval(timer);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(answers).toBeGreaterThanOrEqual(3);
    expect(ticks).toBeGreaterThanOrEqual(3);
    loader.dispose();
    trainer.dispose();
  });

  test('an abort ends it after the step in work, with a checkpoint', async () => {
    const trainer = tinyTrainer();
    const loader = tinyLoader();
    const controller = new AbortController();
    const out = join(folder.path, 'run');
    const seen: number[] = [];
    for await (const report of trainer.fit(loader, { ...steps(50), out, signal: controller.signal })) {
      seen.push(report.step);
      if (report.step === 3) controller.abort();
    }
    expect(seen.at(-1)).toBe(3);
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-000003']);
    loader.dispose();
    trainer.dispose();
  });
});

describe('phases that share', () => {
  test('the newest loss of a phase is reported though it did not run in that step', async () => {
    const lazy = sgd({ lr: 0 });
    const trainer = new Trainer({
      networks: tinyNetworks(),
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [
        {
          name: 'lazy',
          trains: 'discriminator',
          optimizer: lazy,
          every: 4,
          loss: ({ batch: { images: real }, networks: { discriminator: D }, index, log }) => {
            log('run', index);
            return D.forward(real).square().mean();
          },
        },
      ],
    });
    const loader = tinyLoader();
    const reports = await reportsOf(trainer.fit(loader, { steps: 6, logEvery: 3 }));
    // It ran in steps 1 and 5; both reports show its last run before them.
    expect(reports.map(({ statistics }) => statistics)).toEqual([{ run: 0 }, { run: 4 }]);
    expect(Object.keys(reports[0].losses)).toEqual(['lazy']);
    loader.dispose();
    trainer.dispose();
  });

  test('one optimizer for phases that hold the same and train the same networks, a checkpoint file for each', async () => {
    const [shared, other] = [adam({ lr: 1e-3 }), adam({ lr: 1e-3 })];
    const phase = (name: string, optimizer: typeof shared) => ({
      name,
      trains: 'discriminator' as const,
      optimizer,
      loss: ({
        batch: { images: real },
        networks: { discriminator: D },
      }: Step<ReturnType<typeof tinyNetworks>>) => D.forward(real).mean(),
    });
    const trainer = new Trainer({
      networks: tinyNetworks(),
      latent: { size: 4 },
      makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
      device: testDevice,
      precision: 'fp32',
      phases: [phase('D', shared), phase('Dreg', shared), phase('alone', other)],
    });
    expect(trainer.phases[1].running).toBe(trainer.phases[0].running);
    expect(trainer.phases[2].running).not.toBe(trainer.phases[0].running);
    const loader = tinyLoader();
    const out = join(folder.path, 'run');
    await reportsOf(trainer.fit(loader, { steps: 2, out }));
    expect(readdirSync(join(out, 'checkpoints', 'step-000002', 'optimizers')).sort()).toEqual([
      'D.safetensors',
      'alone.safetensors',
    ]);
    expect(trainer.phases[0].running.steps).toBe(4);
    loader.dispose();
    trainer.dispose();
  });
});

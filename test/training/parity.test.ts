// The trainer against an independent PyTorch loop (test/fixtures/training): equal weights, images and latents.
import type { Loader } from '../../src/data/loader';
import { minimax, nonSaturating } from '../../src/losses/adversarial';
import { dcganDiscriminator, dcganGenerator } from '../../src/models/dcgan';
import { mlpDiscriminator, mlpGenerator } from '../../src/models/mlp';
import type { Module } from '../../src/nn/module';
import { adam } from '../../src/optim/adam';
import { adversarialPhases } from '../../src/recipes/adversarial';
import { setThreads } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { Trainer, type TrainerOptions } from '../../src/training/trainer';
import { expectClose } from '../support/close';
import { type Fixture, readFixture, testDevice } from '../support/fixtures';
import { reportsOf } from '../support/training';

interface Settings {
  readonly steps: number;
  readonly batch: number;
  readonly width: number;
  readonly channels: number;
  readonly resolution: number;
  readonly latents: number;
  readonly latentShape: number[];
}

/** Latents come from the fixture instead of the generator. */
class ScriptedTrainer extends Trainer {
  readonly #latents: Tensor;

  constructor(options: TrainerOptions, latents: Tensor) {
    super(options);
    this.#latents = latents;
  }

  override drawLatents(count: number): Tensor {
    const shape = 'shape' in this.latent ? this.latent.shape : [this.latent.size];
    return this.#latents.select(0, this.step).reshape([count, ...shape]);
  }
}

function fixtureLoader(images: Tensor, { batch, channels, resolution }: Settings): Loader {
  let index = 0;
  return {
    name: 'fixture',
    spec: { channels, resolution, classes: 0 },
    batch,
    batchesPerEpoch: images.shape[0],
    next: async () => ({
      images: scope(() => images.select(0, index++).float().div(127.5).sub(1)),
      labels: null,
    }),
    state: () => ({ epoch: 0, position: index * batch, seed: 0 }),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
}

async function expectParity(
  fixture: Fixture,
  networks: { generator: Module; discriminator: Module },
  { prefix, phases }: { prefix: string; phases: TrainerOptions['phases'] },
): Promise<void> {
  const settings: Settings = JSON.parse(fixture.metadata.settings);
  scope(() => {
    for (const [name, network] of Object.entries(networks))
      network.loadStateDict(fixture.group(`initial.${name}.`));
  });
  const [images, latents] = [fixture.tensor('images'), fixture.tensor('latents')];
  const trainer = new ScriptedTrainer(
    { networks, phases, latent: { shape: settings.latentShape }, device: testDevice, precision: 'fp32' },
    latents,
  );
  const reports = await reportsOf(
    trainer.fit(fixtureLoader(images, settings), { steps: settings.steps, logEvery: 1 }),
  );
  scope(() => {
    for (const name of ['D', 'G']) {
      const expected = fixture.tensor(`${prefix}losses.${name}`).toArray() as number[];
      const relative = reports.map((report, i) => Math.abs(report.losses[name] / expected[i] - 1));
      expect({ name, count: relative.length }).toEqual({ name, count: settings.steps });
      expect(Math.max(...relative)).toBeLessThanOrEqual(1e-4);
    }
    for (const [name, network] of Object.entries(networks)) {
      const final = fixture.group(`${prefix}final.${name}.`);
      for (const [key, parameter] of network.namedParameters())
        expectClose(parameter, final[key], { relative: 1e-3, label: `${name}.${key}` });
      for (const [key, buffer] of network.namedBuffers())
        expectClose(buffer.double(), final[key].double(), { relative: 1e-3, label: `${name}.${key}` });
    }
  });
  trainer.dispose();
  images.dispose();
  latents.dispose();
}

const optimizers = () => {
  const optimizer = adam({ lr: 2e-4, betas: [0.5, 0.999] });
  return { discriminator: optimizer, generator: optimizer };
};

// PyTorch's own losses differ in the third digit when one thread computes channels_last; the fixtures were made with two.
beforeAll(() => setThreads(2));
afterAll(() => setThreads(1));

describe('20 steps from equal weights, images and latents', () => {
  test('a DCGAN’s losses stay within 1e-4 of PyTorch’s at every step, parameters and statistics within 1e-3', async () => {
    const fixture = readFixture('training/dcgan');
    const { width, ...images } = JSON.parse(fixture.metadata.settings) as Settings;
    const networks = {
      generator: dcganGenerator({ images, width }),
      discriminator: dcganDiscriminator({ images, width }),
    };
    await expectParity(fixture, networks, {
      prefix: '',
      phases: adversarialPhases(nonSaturating(), optimizers()),
    });
  });

  test.each([
    ['non-saturating', '', nonSaturating()],
    ['minimax', 'minimax.', minimax()],
  ])('a vanilla GAN’s likewise, %s', async (_, prefix, loss) => {
    const fixture = readFixture('training/mlp');
    const images = JSON.parse(fixture.metadata.settings) as Settings;
    const networks = {
      generator: mlpGenerator({ images, widths: [32, 64], latentSize: images.latents }),
      discriminator: mlpDiscriminator({ images, widths: [32, 64] }),
    };
    await expectParity(fixture, networks, { prefix, phases: adversarialPhases(loss, optimizers()) });
  });
});

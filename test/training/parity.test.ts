// The trainer against an independent PyTorch loop (test/fixtures/training): equal weights, images and latents.
import type { ImageShape } from '../../src/data/dataset';
import type { Loader } from '../../src/data/loader';
import { type AdversarialLoss, minimax, nonSaturating } from '../../src/losses/adversarial';
import { dcganDiscriminator, dcganGenerator } from '../../src/models/dcgan';
import { mlpDiscriminator, mlpGenerator } from '../../src/models/mlp';
import type { Module } from '../../src/nn/module';
import { adam } from '../../src/optim/adam';
import { gan } from '../../src/recipes/gan';
import { setThreads } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { latentShape } from '../../src/training/latent';
import { requireLatent } from '../../src/training/phase-step';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
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
    return this.#latents.select(0, this.step).reshape([count, ...latentShape(requireLatent(this.latent))]);
  }
}

function fixtureLoader(images: Tensor, { batch, channels, resolution }: Settings): Loader {
  let index = 0;
  return {
    name: 'fixture',
    specs: { images: { channels, height: resolution, width: resolution, classes: 0 } },
    epoch: 0,
    batch,
    batchesPerEpoch: images.shape[0],
    next: async () => ({
      images: scope(() => images.select(0, index++).float().div(127.5).sub(1)),
    }),
    state: () => ({}),
    start: () => ({}),
    setState: () => undefined,
    to: () => undefined,
    dispose: () => undefined,
  };
}

async function expectParity(
  fixture: Fixture,
  networks: { generator: Module; discriminator: Module },
  { prefix, loss }: { prefix: string; loss: AdversarialLoss },
): Promise<void> {
  const settings: Settings = JSON.parse(fixture.metadata.settings);
  scope(() => {
    for (const [name, network] of Object.entries(networks))
      network.loadStateDict(fixture.group(`initial.${name}.`));
  });
  const [images, latents] = [fixture.tensor('images'), fixture.tensor('latents')];
  const trainer = new ScriptedTrainer(
    {
      ...gan({ networks, latent: { shape: settings.latentShape }, loss, optimizers: optimizers() }),
      device: testDevice,
      precision: 'fp32',
    },
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

const shapeOf = ({ channels, resolution }: Settings): ImageShape => ({
  channels,
  height: resolution,
  width: resolution,
});

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
    const settings = JSON.parse(fixture.metadata.settings) as Settings;
    const { width } = settings;
    const images = shapeOf(settings);
    const networks = {
      generator: dcganGenerator({ images, width }),
      discriminator: dcganDiscriminator({ images, width }),
    };
    await expectParity(fixture, networks, {
      prefix: '',
      loss: nonSaturating(),
    });
  });

  test.each([
    ['non-saturating', '', nonSaturating()],
    ['minimax', 'minimax.', minimax()],
  ])('a vanilla GAN’s likewise, %s', async (_, prefix, loss) => {
    const fixture = readFixture('training/mlp');
    const settings = JSON.parse(fixture.metadata.settings) as Settings;
    const images = shapeOf(settings);
    const networks = {
      generator: mlpGenerator({ images, widths: [32, 64], latentSize: settings.latents, norm: 'batch' }),
      discriminator: mlpDiscriminator({ images, widths: [32, 64] }),
    };
    await expectParity(fixture, networks, { prefix, loss });
  });
});

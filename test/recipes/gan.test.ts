import { wasserstein } from '../../src/losses/adversarial';
import { r1 } from '../../src/losses/gradient-penalty';
import { relativistic } from '../../src/losses/relativistic';
import { tanh } from '../../src/nn/activation';
import { linear } from '../../src/nn/linear';
import { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { adam } from '../../src/optim/adam';
import { adversarialLoss, LOSSES, meanVerdict } from '../../src/recipes/adversarial';
import { type GanOptions, gan } from '../../src/recipes/gan';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { LatentSampler } from '../../src/training/latent-sampler';
import type { Model } from '../../src/training/model';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks } from '../support/tiny-trainer';
import { reportsOf, tinyLoader } from '../support/training';

/** A GAN of the tiny networks. */
function tinyGan(options: Partial<GanOptions> = {}): Model {
  const optimizer = adam({ lr: 1e-3 });
  return gan({
    networks: tinyNetworks(),
    latent: { size: 4 },
    loss: adversarialLoss('non-saturating'),
    optimizers: { discriminator: optimizer, generator: optimizer },
    ...options,
  });
}

async function train(model: Model, steps: number, look: (trainer: Trainer) => void = () => {}) {
  const trainer = new Trainer({ ...model, device: testDevice, precision: 'fp32' });
  const loader = tinyLoader();
  try {
    const reports = await reportsOf(trainer.fit(loader, { steps, logEvery: 1 }));
    look(trainer);
    return reports;
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

function release({ networks }: Model): void {
  for (const network of Object.values(networks)) network.dispose();
}

test('refuses smoothing where a loss has no targets to smooth', () => {
  release(tinyGan({ loss: adversarialLoss('least-squares', { labelSmoothing: 0.1 }) }));
  expect(() => tinyGan({ loss: adversarialLoss('hinge', { labelSmoothing: 0.1 }) })).toThrow(
    usage('label smoothing of 0.1 with the loss hinge, which has no targets'),
  );
});

test.each(LOSSES)('trains both networks by the loss called %s', async (name) => {
  const model = tinyGan({ loss: adversarialLoss(name) });
  const before = Object.values(model.networks).map((network) => network.parameters()[0].toArray());
  const [, { losses }] = await train(model, 2, ({ networks }) => {
    for (const [i, network] of Object.values(networks).entries())
      expect(network.parameters()[0].toArray()).not.toEqual(before[i]);
  });
  expect(Object.values(losses).every(Number.isFinite)).toBe(true);
});

test.each([false, true])('augments whatever D sees, in both phases; one batch: %s', async (oneBatch) => {
  const model = tinyGan({ loss: relativistic(), oneBatch, config: { augment: 'ada' } });
  const seen: string[] = [];
  model.networks.ada.forward = (images) => {
    seen.push(images.requiresGrad ? 'fake of G' : 'real or fake');
    return images.mul(0.5);
  };
  await train(model, 1);
  expect(seen).toEqual(['real or fake', 'real or fake', 'fake of G', 'real or fake']);
});

test('without a configuration it has two networks, no averages, and images of latents', () => {
  const model = tinyGan();
  expect(Object.keys(model.networks)).toEqual(['generator', 'discriminator']);
  expect([model.ema, model.phases.map(({ name }) => name)]).toEqual([{}, ['D', 'G']]);
  expect(model.sampler).toBeInstanceOf(LatentSampler);
  release(model);
});

test('its configuration adds averaged weights, the history of both networks, and ADA', () => {
  const model = tinyGan({ config: { emaImages: 100, historical: 0.1, augment: 'ada' } });
  expect(model.ema).toEqual({ generator: { halfLifeImages: 100 } });
  expect(Object.keys(model.networks)).toEqual(
    expect.arrayContaining(['ada', 'discriminatorHistory', 'generatorHistory']),
  );
  release(model);
});

test.each([...LOSSES, 'wasserstein'] as const)(
  'the log of the loss %s shows mean probabilities where its logits have some, else mean scores',
  (name) =>
    scope(() => {
      const loss = name === 'wasserstein' ? wasserstein() : adversarialLoss(name);
      const shown = meanVerdict(loss, tensor([[0], [2]])).item();
      const ofProbabilities = ['non-saturating', 'minimax', 'logistic'].includes(name);
      expect(shown).toBeCloseTo(ofProbabilities ? (0.5 + 1 / (1 + Math.exp(-2))) / 2 : 1, 6);
    }),
);

test('options that phases of one’s own would leave without effect, and an augmentation that there is not, are refused', () => {
  const own = { phases: () => [] };
  expect(() => tinyGan({ own, clip: 0.01, criticSteps: 5, config: { historical: 1 } })).toThrow(
    usage(
      'gan: criticSteps, clip, config.historical would do nothing beside phases of its own: leave them out',
    ),
  );
  expect(() => tinyGan({ config: { augment: 'ADA' as 'ada' } })).toThrow(
    usage('gan: expected augment to be one of none, diffaugment, ada but received "ADA"'),
  );
});

test('a phase of one’s own runs after D and G', async () => {
  const ran: string[] = [];
  const model = tinyGan({
    further: [
      {
        name: 'R',
        trains: 'discriminator',
        optimizer: adam({ lr: 0 }),
        loss: ({ batch, networks: { discriminator } }) => {
          ran.push('R');
          return discriminator.forward(batch.images).mean();
        },
      },
    ],
  });
  const [{ losses }] = await train(model, 1);
  expect([Object.keys(losses), ran]).toEqual([['D', 'G', 'R'], ['R']]);
});

/** D(x, y) = (1 + y) Σ w x */
class Labelled extends Module {
  readonly score = sequential(flatten(), linear(256, 1));
  override forward(images: Tensor, labels: Tensor): Tensor {
    return this.score.forward(images).mul(labels.add(1).unsqueeze(1));
  }
}

test('a penalty of a conditional model shows D the labels of the real images', async () => {
  const optimizer = adam({ lr: 1e-3 });
  const model = gan({
    networks: {
      generator: sequential(linear(4 + 3, 256), tanh(), reshape([1, 16, 16])),
      discriminator: new Labelled(),
    },
    latent: { size: 4, classes: 3, conditional: true },
    loss: adversarialLoss('non-saturating'),
    optimizers: { discriminator: optimizer, generator: optimizer },
    penalty: { constraint: 'r1', weight: 1, of: ({ batch }, critic) => r1(critic, batch.images) },
  });
  const [report] = await train(model, 1);
  expect(report.losses.D).toBeGreaterThan(0);
});

import { relativistic } from '../../src/losses/relativistic';
import { adam } from '../../src/optim/adam';
import { adversarialLoss, adversarialPhases, LOSSES } from '../../src/recipes/adversarial';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks } from '../support/tiny-trainer';
import { reportsOf, tinyLoader } from '../support/training';

describe('adversarial phases', () => {
  test.each(LOSSES)('train both networks by the loss called %s', async (name) => {
    const optimizer = adam({ lr: 1e-3 });
    const trainer = new Trainer({
      networks: tinyNetworks(),
      latent: { size: 4 },
      device: testDevice,
      precision: 'fp32',
      phases: adversarialPhases(adversarialLoss(name), { discriminator: optimizer, generator: optimizer }),
    });
    const loader = tinyLoader();
    try {
      const before = trainer.networks.generator.parameters()[0].toArray();
      const [{ losses }] = await reportsOf(trainer.fit(loader, { steps: 2, logEvery: 2 }));
      expect(Object.values(losses).every(Number.isFinite)).toBe(true);
      expect(trainer.networks.generator.parameters()[0].toArray()).not.toEqual(before);
    } finally {
      loader.dispose();
      trainer.dispose();
    }
  });

  test.each([false, true])('augment whatever D sees, in both phases; one batch: %s', async (oneBatch) => {
    const optimizer = adam({ lr: 1e-3 });
    const seen: string[] = [];
    const trainer = new Trainer({
      networks: tinyNetworks(),
      latent: { size: 4 },
      device: testDevice,
      precision: 'fp32',
      phases: adversarialPhases(relativistic(), {
        discriminator: optimizer,
        generator: optimizer,
        oneBatch,
        augment: (images) => {
          seen.push(images.requiresGrad ? 'fake of G' : 'real or fake');
          return images.mul(0.5);
        },
      }),
    });
    const loader = tinyLoader();
    try {
      await reportsOf(trainer.fit(loader, { steps: 1 }));
      expect(seen).toEqual(['real or fake', 'real or fake', 'fake of G', 'real or fake']);
    } finally {
      loader.dispose();
      trainer.dispose();
    }
  });

  test('refuse smoothing where a loss has no targets to smooth', () => {
    expect(adversarialLoss('least-squares', { labelSmoothing: 0.1 })).toBeDefined();
    expect(() => adversarialLoss('hinge', { labelSmoothing: 0.1 })).toThrow(
      usage('labelSmoothing expected a loss with targets'),
    );
  });
});

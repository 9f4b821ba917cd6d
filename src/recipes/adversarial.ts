import { type AdversarialLoss, hinge, leastSquares, minimax, nonSaturating } from '../losses/adversarial';
import type { OptimizerFactory } from '../optim/optimizer';
import type { Phase } from '../training/phase';

/** Losses that `--set loss=…` can name. */
export const LOSSES = ['non-saturating', 'minimax', 'least-squares', 'hinge'] as const;

/** The loss of that name. */
export function adversarialLoss(
  name: (typeof LOSSES)[number],
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): AdversarialLoss {
  switch (name) {
    case 'non-saturating':
      return nonSaturating({ labelSmoothing });
    case 'minimax':
      return minimax({ labelSmoothing });
    case 'least-squares':
      return leastSquares({ labelSmoothing });
    case 'hinge':
      return hinge();
  }
}

/**
 * The two phases of a GAN: D on real images and fakes, as separate batches, then G against the moved D. The log shows the
 * mean probability D gives to each.
 */
export function adversarialPhases(
  loss: AdversarialLoss,
  optimizers: { readonly discriminator: OptimizerFactory; readonly generator: OptimizerFactory },
): Phase[] {
  return [
    {
      name: 'D',
      trains: 'discriminator',
      optimizer: optimizers.discriminator,
      loss: ({ real, fake, networks: { discriminator }, log }) => {
        const onReal = discriminator.forward(real);
        const onFake = discriminator.forward(fake);
        log('D(real)', onReal.sigmoid().mean());
        log('D(fake)', onFake.sigmoid().mean());
        return loss.discriminator(onReal, onFake);
      },
    },
    {
      name: 'G',
      trains: 'generator',
      optimizer: optimizers.generator,
      loss: ({ fake, networks: { discriminator } }) => loss.generator(discriminator.forward(fake)),
    },
  ];
}

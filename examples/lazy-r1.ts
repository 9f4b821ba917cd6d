import { field, gan, losses, models, optim, type Recipe } from '../src';

const fields = {
  width: field.integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  gamma: field.number(1, { min: 0, help: 'weight of R1' }),
};

/** DCGAN's networks with R1 (Mescheder et al. 2018) in every 16th step, 16 times as heavy. */
export const lazyR1: Recipe<typeof fields> = {
  name: 'lazy-r1',
  summary: 'DCGAN with lazy R1',
  fields,
  resolutions: { description: models.DCGAN_SIZES, accepts: models.dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build({ width, gamma }, { images }) {
    const lazy = losses.lazily(16);
    const rates = { lr: 2e-4, betas: [0.5, 0.999] } as const;
    const discriminator = optim.adam(lazy.adam(rates));
    return gan({
      networks: {
        generator: models.dcganGenerator({ images, width }),
        discriminator: models.dcganDiscriminator({ images, width, norm: 'none' }),
      },
      latent: { shape: [100, 1, 1] },
      loss: losses.nonSaturating(),
      optimizers: { discriminator, generator: optim.adam(rates) },
      further: [
        {
          name: 'R1',
          trains: 'discriminator',
          optimizer: discriminator,
          every: lazy.every,
          loss: ({ batch, networks }) =>
            losses.weighted(lazy.weight * gamma, losses.r1(networks.discriminator, batch.images)),
        },
      ],
    });
  },
};

import { dcganAccepts, dcganGenerator } from '../models/dcgan';
import { labelMapDiscriminator } from '../models/label-maps';
import { adam } from '../optim/adam';
import { adversarialLoss, LOSSES } from './adversarial';
import { requireClasses } from './conditional';
import { choice, integer, number } from './config';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'normal numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  loss: choice('non-saturating', LOSSES, { help: 'the adversarial loss' }),
  labelSmoothing: number(0, { min: 0, max: 0.5, help: 'lowers the target of real images in D' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
};

/**
 * Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", with the networks of DCGAN: the class is concatenated to the
 * noise in G, and as a map for each class to the image in D.
 */
export const cgan: Recipe<typeof fields> = {
  name: 'cgan',
  summary: 'conditional GAN: the class is concatenated in both networks (Mirza & Osindero 2014)',
  fields,
  resolutions: { description: 'a power of two from 16 to 512', accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, images) {
    const { latentSize, width, lr, beta1, emaImages } = config;
    const classes = requireClasses('cgan', images);
    const generator = dcganGenerator({ images, latentSize: latentSize + classes, width });
    const discriminator = labelMapDiscriminator({ images, width, classes });
    const adversarial = adversarialLoss(config.loss, config);
    const optimizer = adam({ lr, betas: [beta1, 0.999] });
    return {
      networks: { generator, discriminator },
      latent: { shape: [latentSize, 1, 1], classes },
      conditional: true,
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer,
          loss: ({ real, labels, fake, fakeLabels, log }) => {
            const onReal = discriminator.forward(real, labels);
            const onFake = discriminator.forward(fake, fakeLabels);
            log('D(real)', onReal.sigmoid().mean());
            log('D(fake)', onFake.sigmoid().mean());
            return adversarial.discriminator(onReal, onFake);
          },
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer,
          loss: (step) =>
            adversarial.generator(discriminator.forward(step.fake, step.fakeLabels), () =>
              discriminator.forward(step.real, step.labels),
            ),
        },
      ],
      ema: emaImages > 0 ? { halfLifeImages: emaImages } : null,
    };
  },
};

import { ClassLatents } from '../models/class-latents';
import { resnetAccepts, resnetDiscriminator, resnetGenerator } from '../models/resnet-gan';
import { adam } from '../optim/adam';
import { linear } from '../optim/schedule';
import { adversarialLoss, LOSSES } from './adversarial';
import { requireClasses } from './conditional';
import { choice, integer, number } from './config';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(128, { min: 1, help: 'normal numbers in a latent' }),
  generatorWidth: integer(32, { min: 1, help: 'channels of G (256 in the paper, at 32 pixels)' }),
  discriminatorWidth: integer(32, { min: 1, help: 'channels of D (128 in the paper, at 32 pixels)' }),
  loss: choice('hinge', LOSSES, { help: 'the adversarial loss' }),
  criticSteps: integer(2, { min: 1, help: 'steps of D for one of G (5 in the paper)' }),
  lr: number(2e-4, { min: 0, help: 'learning rate of both networks' }),
  decaySteps: integer(0, { min: 0, help: 'steps in which the learning rate falls to 0; 0: it does not' }),
  beta1: number(0, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  beta2: number(0.9, { min: 0, max: 0.99999, help: 'Adam’s decay of the gradient’s square' }),
  emaImages: integer(5_000, { min: 0, help: 'half-life of the averaged weights in images, 0 for none' }),
};

/**
 * Miyato and Koyama 2018, "cGANs with Projection Discriminator", with the ResNet networks of SNGAN: D adds ⟨embed(label), features⟩ to
 * its logits, G has a batch norm whose scale and shift depend on the class.
 */
export const projection: Recipe<typeof fields> = {
  name: 'projection',
  summary: 'projection discriminator, conditional batch norm (Miyato & Koyama 2018)',
  fields,
  resolutions: { description: '32, 64 or 128', accepts: resnetAccepts },
  training: { resolution: 32, batch: 64, steps: 1_000 },
  build(config, images) {
    const { latentSize, generatorWidth, discriminatorWidth, criticSteps, lr, decaySteps, emaImages } = config;
    const classes = requireClasses('projection', images);
    const generator = new ClassLatents(
      resnetGenerator({ images, latentSize, width: generatorWidth, classes }),
      { noiseSize: latentSize },
    );
    const discriminator = resnetDiscriminator({ images, width: discriminatorWidth, classes });
    const adversarial = adversarialLoss(config.loss);
    const schedule = decaySteps > 0 ? linear({ steps: decaySteps }) : undefined;
    const optimizer = (stepsOfIt: number) =>
      adam({
        lr,
        betas: [config.beta1, config.beta2],
        // D's optimizer counts its own steps.
        ...(schedule && { schedule: (step: number) => schedule(Math.floor(step / stepsOfIt)) }),
      });
    return {
      networks: { generator, discriminator },
      latent: { size: latentSize, classes },
      conditional: true,
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: optimizer(criticSteps),
          repeat: criticSteps,
          loss: ({ real, labels, fake, fakeLabels, log }) => {
            const onReal = discriminator.forward(real, labels);
            const onFake = discriminator.forward(fake, fakeLabels);
            log('D(real)', onReal.mean());
            log('D(fake)', onFake.mean());
            return adversarial.discriminator(onReal, onFake);
          },
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer: optimizer(1),
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

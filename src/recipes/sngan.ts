import { resnetAccepts, resnetDiscriminator, resnetGenerator } from '../models/resnet-gan';
import { linear } from '../optim/schedule';
import { adversarialLoss, adversarialPhases, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { averaging, historical } from './averaging';
import { integer } from './config';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';
import { residualFields } from './residual';

const fields = {
  ...residualFields,
  attention: integer(0, { min: 0, help: 'height of the feature map that gets self-attention, 0 for none' }),
  ...lossFields('hinge'),
  critic: integer(2, { min: 1, help: 'steps of D for each of G’s (5 in the paper)' }),
  ...adamFields({
    lr: 8e-4,
    beta1: 0,
    beta2: 0.9,
    lrHelp: ' (2e-4 in the paper), falling to 0 over the training',
  }),
  augment,
  historical,
  emaImages: emaField(5_000),
  allow,
};

/**
 * Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks": residual networks, every weight of D divided by its
 * largest singular value. With `attention` as in SAGAN (Zhang et al. 2019): in D, whose first map has half the images' height, no higher
 * than there.
 */
export const sngan: Recipe<typeof fields> = {
  name: 'sngan',
  summary: 'residual GAN with spectral norm (Miyato et al. 2018)',
  fields,
  resolutions: { description: '32, 64 or 128, square', accepts: resnetAccepts },
  training: { resolution: 32, batch: 32, steps: 800 },
  build(config, images, training = sngan.training) {
    const { latentSize, width, growth, attention, beta1, critic } = config;
    const height = attention > 0 ? attention : null;
    const networks = {
      generator: resnetGenerator({ images, latentSize, width, growth, attention: height }),
      discriminator: resnetDiscriminator({
        images,
        width: config.discriminatorWidth,
        growth,
        attention: height && Math.min(height, images.height / 2),
      }),
    };
    refuse(
      {
        networks,
        loss: config.loss,
        oneBatch: true,
        momentum: beta1,
        labelSmoothing: config.labelSmoothing,
        criticSteps: critic,
      },
      config,
    );
    const seen = augmentation(config, config.loss);
    const kept = averaging(config, networks);
    const optimizers = adamPair(config, {
      critic,
      schedule: (times) => linear({ steps: training.steps * times }),
    });
    return {
      networks: { ...networks, ...seen.networks, ...kept.networks },
      latent: { size: latentSize },
      phases: adversarialPhases(adversarialLoss(config.loss, config), {
        ...optimizers,
        oneBatch: true,
        ...seen,
        anchor: kept.anchor,
        repeat: critic,
      }),
      ema: emaOf(config),
    };
  },
};

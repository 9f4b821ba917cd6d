import { wasserstein } from '../losses/adversarial';
import { gradientPenalty } from '../losses/gradient-penalty';
import { total, weighted } from '../losses/total';
import { resnetAccepts, resnetDiscriminator, resnetEncoder, resnetGenerator } from '../models/resnet-gan';
import { adam } from '../optim/adam';
import { rmsprop } from '../optim/rmsprop';
import { constant, cosine, linear, type Schedule } from '../optim/schedule';
import type { Tensor } from '../tensor/tensor';
import { atRest } from './at-rest';
import { reconstructionsBy } from './autoencoder';
import { integer, number } from './config';
import { gan } from './gan';
import { errorMaps, meanOfEach, oneClassFields, prepareOneClass, scorerOf } from './one-class';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(32, { min: 1, help: 'normal numbers in a latent (the paper’s: 128)' }),
  width: integer(8, { min: 1, help: 'channels of G at the images’ side (the paper’s: 64)' }),
  discriminatorWidth: integer(8, { min: 1, help: 'channels of D and E there (the paper’s: 64)' }),
  growth: integer(4, { min: 1, help: 'channels double inwards, up to so many widths (the paper’s: 8)' }),
  lambda: number(10, { resumable: true, min: 0, help: 'weight of the gradient penalty' }),
  critic: integer(2, { min: 1, help: 'critic steps for each of the generator’s (the paper’s: 5)' }),
  lr: number(1e-3, {
    resumable: true,
    min: 0,
    help: 'learning rate of both networks of the GAN, falling to 0 over its steps (the paper’s: 1e-4, level)',
  }),
  encoderShare: number(0.4, {
    min: 0.01,
    max: 0.99,
    help: 'share of the steps, the last ones, that train the encoder in place of the GAN',
  }),
  encoderLr: number(1e-3, {
    resumable: true,
    min: 0,
    help: 'learning rate of the encoder, by RMSprop, falling to 0 along half a cosine (the paper’s: 5e-5, level)',
  }),
  kappa: number(30, {
    resumable: true,
    min: 0,
    help: 'κ, weight of the distance of features (the paper’s: 1)',
  }),
  ...oneClassFields(0.1),
};

/**
 * Schlegl et al. 2019, "f-AnoGAN: Fast unsupervised anomaly detection with generative adversarial networks": a WGAN-GP learns what is
 * normal; then, G and D frozen and at rest, an encoder learns the way back by izi_f, mean (x − G(E(x)))² + κ · mean (f(x) − f(G(E(x))))²
 * over the last feature map f of D. That of an image is how unusual it is. Both happen in one training, one after the other.
 */
export const fAnogan: Recipe<typeof fields> = {
  name: 'f-anogan',
  summary: 'how unusual an image is, by a GAN and an encoder (Schlegl et al. 2019)',
  fields,
  prepare: prepareOneClass,
  resolutions: { description: '32, 64 or 128, square', accepts: resnetAccepts },
  presets: {
    paper: {
      from: 'Schlegl et al. 2019',
      otherwise:
        'narrow networks and high rates, so that two cores finish in minutes, and κ 30, with which such an encoder tells more apart',
      beside: 'the paper’s rates are level, these fall to 0',
      set: () => ({
        latentSize: 128,
        width: 64,
        discriminatorWidth: 64,
        growth: 8,
        lambda: 10,
        critic: 5,
        lr: 1e-4,
        encoderLr: 5e-5,
        kappa: 1,
      }),
    },
  },
  training: { resolution: 32, batch: 32, steps: 800 },
  fixedLength: 'the encoder learns in a share of the steps, with a rate that falls to 0 in them',
  build(config, { images }, training = fAnogan.training) {
    const { latentSize, width, growth, discriminatorWidth, critic, lambda, lr, kappa } = config;
    const generator = resnetGenerator({ images, latentSize, width, growth });
    const discriminator = resnetDiscriminator({
      ...{ images, growth, width: discriminatorWidth },
      spectralNorm: false,
    });
    const encoder = resnetEncoder({ images, latentSize, width: discriminatorWidth, growth });
    const first = firstEncoderStep(training.steps, config.encoderShare);
    const optimizer = (steps: number) => adam({ lr, betas: [0, 0.9], schedule: linear({ steps }) });

    const reconstruct = (seen: Tensor) => generator.forward(encoder.forward(seen));
    /** Mean squares of each image, [N] each, and what is made of it. */
    const distances = (seen: Tensor) => {
      const made = reconstruct(seen);
      const [onMade, onSeen] = [discriminator.featureMap(made), discriminator.featureMap(seen)];
      return {
        made,
        residual: meanOfEach(made.sub(seen).square()),
        features: meanOfEach(onMade.sub(onSeen).square()),
      };
    };

    return {
      ...gan({
        networks: { generator, discriminator },
        others: { encoder },
        latent: { size: latentSize },
        loss: wasserstein(),
        optimizers: { discriminator: optimizer(first * critic), generator: optimizer(first) },
        criticSteps: critic,
        during: (index) => index < first,
        penalty: {
          constraint: 'gradient-penalty',
          weight: lambda,
          of: ({ batch, made }, judge) => gradientPenalty(judge, { real: batch.images, fake: made.fake }),
        },
        further: [
          {
            name: 'E',
            trains: 'encoder',
            optimizer: rmsprop({ lr: config.encoderLr, schedule: falling(training.steps - first) }),
            during: (index) => index >= first,
            loss: ({ batch: { images: seen }, log }) =>
              atRest([generator, discriminator], () => {
                const { residual, features } = distances(seen);
                log('residual', residual.mean());
                log('features', features.mean());
                return total(residual.mean(), weighted(kappa, features.mean()));
              }),
          },
        ],
        grids: { reconstructions: reconstructionsBy((seen) => encoder.forward(seen)) },
      }),
      autoencoder: { networks: ['encoder'], reconstruct },
      scorer: scorerOf(config, images, {
        name: `mean (x - G(E(x)))² + ${kappa} · mean (f(x) - f(G(E(x))))²`,
        networks: ['generator', 'discriminator', 'encoder'],
        // Maps of more are so large that the system clears their memory each time, which takes as long as they do.
        batch: 50,
        score: (seen) => {
          const { made, residual, features } = distances(seen);
          return { scores: residual.add(features.mul(kappa)), maps: errorMaps(made, seen) };
        },
      }),
    };
  },
};

/** Both stages have a step at least, where there are two. */
function firstEncoderStep(steps: number, share: number): number {
  return Math.max(1, Math.min(steps - 1, Math.round(steps * (1 - share))));
}

/** Half a cosine, also where the encoder has no step: a training of one step is of the GAN. */
function falling(steps: number): Schedule {
  return steps > 0 ? cosine({ steps }) : constant();
}

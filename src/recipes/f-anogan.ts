import { wasserstein } from '../losses/adversarial';
import { gradientPenalty } from '../losses/gradient-penalty';
import { total, weighted } from '../losses/total';
import { resnetAccepts, resnetDiscriminator, resnetEncoder, resnetGenerator } from '../models/resnet-gan';
import { rememberModes } from '../nn/modes';
import type { Module } from '../nn/module';
import { adam } from '../optim/adam';
import { rmsprop } from '../optim/rmsprop';
import { cosine } from '../optim/schedule';
import type { Tensor } from '../tensor/tensor';
import { reconstructionsBy } from './autoencoder';
import { integer, number } from './config';
import { gan } from './gan';
import { errorMaps, meanOfEach, oneClassFields, prepareOneClass, scorerOf } from './one-class';
import type { Recipe } from './recipe';
import { residualFields } from './residual';

const fields = {
  ...residualFields,
  growth: integer(1, { min: 1, help: 'channels double inwards, up to so many widths' }),
  lambda: number(10, { resumable: true, min: 0, help: 'weight of the gradient penalty' }),
  critic: integer(2, { min: 1, help: 'critic steps for each of the generator’s (the paper’s: 5)' }),
  lr: number(2e-4, {
    resumable: true,
    min: 0,
    help: 'learning rate of both networks of the GAN (the paper’s: 1e-4)',
  }),
  encoderShare: number(0.6, {
    min: 0.01,
    max: 0.99,
    help: 'share of the steps, the last ones, that train the encoder in place of the GAN',
  }),
  encoderLr: number(5e-4, {
    resumable: true,
    min: 0,
    help: 'learning rate of the encoder, by RMSprop (the paper’s: 5e-5)',
  }),
  kappa: number(1, { resumable: true, min: 0, help: 'κ, weight of the distance of features' }),
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
  training: { resolution: 32, batch: 32, steps: 2_000 },
  build(config, { images }, training = fAnogan.training) {
    const { latentSize, width, growth, discriminatorWidth, critic, lambda, lr, kappa } = config;
    const generator = resnetGenerator({ images, latentSize, width, growth });
    const discriminator = resnetDiscriminator({
      ...{ images, growth, width: discriminatorWidth },
      spectralNorm: false,
    });
    const encoder = resnetEncoder({ images, latentSize, width: discriminatorWidth, growth });
    const first = firstEncoderStep(training.steps, config.encoderShare);
    const optimizer = adam({ lr, betas: [0, 0.9] });

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
        optimizers: { discriminator: optimizer, generator: optimizer },
        criticSteps: critic,
        during: (index) => index < first,
        penalty: {
          constraint: 'gradient-penalty',
          weight: lambda,
          of: ({ batch, made }, judge) => gradientPenalty(judge, { real: batch.images, fake: made.fake }),
        },
        scores: true,
        further: [
          {
            name: 'E',
            trains: 'encoder',
            optimizer: rmsprop({ lr: config.encoderLr, schedule: cosine({ steps: training.steps - first }) }),
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
      scorer: scorerOf(config, {
        name: `mean (x - G(E(x)))² + ${kappa} · mean (f(x) - f(G(E(x))))²`,
        networks: ['generator', 'discriminator', 'encoder'],
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

/** Runs `body` while networks normalise by their running statistics, as they will when they are used. */
function atRest<T>(networks: readonly Module[], body: () => T): T {
  const restore = rememberModes(networks);
  for (const network of networks) network.eval();
  try {
    return body();
  } finally {
    restore();
  }
}

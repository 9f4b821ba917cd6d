import { nonSaturating } from '../losses/adversarial';
import { gaussianKl } from '../losses/information';
import { gaussianNll } from '../losses/likelihood';
import type { PerImageOptions } from '../losses/per-image';
import { total, weighted } from '../losses/total';
import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { featureDiscriminator } from '../models/headed-dcgan';
import { convVaeEncoder } from '../models/vae';
import { adam } from '../optim/adam';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { latentSampler } from '../training/latent-sampler';
import { meanVerdict, scoreOf } from './adversarial';
import { drawPosterior, encode, reconstructions, traversals } from './autoencoder';
import { integer, number } from './config';
import { emaField } from './gan-fields';
import { errorMaps, oneClassFields, prepareOneClass, scorerOf } from './one-class';
import { discriminatorLr, discriminatorRate } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(64, { min: 1, help: 'numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  reconstruction: number(1e-2, {
    resumable: true,
    min: 0,
    help: 'γ, weight of reconstruction beside the adversarial loss in the decoder',
  }),
  kl: number(1, { resumable: true, min: 0, help: 'weight of KL in the encoder' }),
  lr: number(2e-4, { resumable: true, min: 0, help: 'learning rate of the decoder and D' }),
  discriminatorLr,
  encoderLr: number(1e-3, { resumable: true, min: 0, help: 'learning rate of the encoder' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  emaImages: emaField(5_000),
  ...oneClassFields(0),
};

/**
 * Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric": a VAE whose likelihood is a Gaussian of variance 1
 * around D's features, beside a GAN whose generator is the decoder. D sees decoded posteriors and decoded priors as fakes. The encoder
 * gets no adversarial gradient, the decoder γ · reconstruction + adversarial, D the adversarial loss alone. Nothing augments what D sees:
 * its features are also what images are reconstructed by, and those must be of the same image.
 */
export const vaeGan: Recipe<typeof fields> = {
  name: 'vae-gan',
  summary: 'VAE that reconstructs features of a discriminator (Larsen et al. 2016)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  prepare: prepareOneClass,
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, { images }) {
    const { latentSize, width, lr, encoderLr, beta1 } = config;
    const encoder = convVaeEncoder({ images, latentSize, width });
    const decoder = dcganGenerator({ images, latentSize, width });
    const discriminator = featureDiscriminator({ images, width });
    const networks = { encoder, decoder, discriminator };
    const latent = { shape: [latentSize, 1, 1] };
    const adversarial = nonSaturating();
    const optimizer = (rate: number) => adam({ lr: rate, betas: [beta1, 0.999] });
    const asPixel = (latents: Tensor) => latents.reshape([latents.shape[0], latentSize, 1, 1]);

    const reconstruct = (real: Tensor) => {
      const posterior = encode(encoder, real);
      return { posterior, decoded: decoder.forward(asPixel(drawPosterior(posterior))) };
    };
    /** −ln N(features of what is real; features of what was decoded, 1), but for a constant, in nats an image. */
    const dissimilarity = (onReal: Tensor, onDecoded: Tensor, options?: PerImageOptions): Tensor => {
      const { numel, shape } = onReal;
      const constant = (0.5 * Math.log(2 * Math.PI) * numel) / shape[0];
      return gaussianNll({ mean: onDecoded.float() }, onReal.detach().float(), options).sub(constant);
    };

    return {
      networks,
      latent,
      makes: { fake: { by: 'decoder', from: ({ latents }) => latents } },
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: optimizer(discriminatorRate(config)),
          loss: ({ batch: { images: real }, made: { fake }, log }) => {
            const onReal = discriminator.forward(real);
            const onFake = discriminator.forward(fake);
            const onDecoded = discriminator.forward(reconstruct(real).decoded);
            log('D(real)', meanVerdict(adversarial, onReal));
            log('D(fake)', meanVerdict(adversarial, onFake));
            return adversarial.discriminator(onReal, cat([onFake, onDecoded]));
          },
        },
        {
          name: 'E',
          trains: 'encoder',
          optimizer: optimizer(encoderLr),
          loss: ({ batch: { images: real }, log }) => {
            const { posterior, decoded } = reconstruct(real);
            const kl = gaussianKl(posterior);
            log('KL', kl);
            return total(
              weighted(config.kl, kl),
              dissimilarity(discriminator.features(real), discriminator.features(decoded)),
            );
          },
        },
        {
          name: 'G',
          trains: 'decoder',
          optimizer: optimizer(lr),
          loss: ({ batch: { images: real }, made: { fake }, log }) => {
            const ofDecoded = discriminator.features(reconstruct(real).decoded);
            const reconstruction = dissimilarity(discriminator.features(real), ofDecoded);
            log('reconstruction', reconstruction);
            return total(
              weighted(config.reconstruction, reconstruction),
              adversarial.generator(cat([discriminator.forward(fake), discriminator.logits(ofDecoded)])),
            );
          },
        },
      ],
      games: [
        {
          generator: 'decoder',
          discriminator: 'discriminator',
          ...scoreOf(adversarial, { logsVerdicts: true }),
        },
      ],
      ema: config.emaImages > 0 ? { decoder: { halfLifeImages: config.emaImages } } : {},
      sampler: latentSampler({ by: 'decoder', latent }),
      grids: { reconstructions: reconstructions(encoder, { toLatents: asPixel }), traversals },
      scorer: scorerOf(config, images, {
        name: '-ELBO of features at the mean of the latents',
        networks: ['encoder', 'decoder', 'discriminator'],
        score: (images) => {
          const posterior = encode(encoder, images);
          const made = decoder.forward(asPixel(posterior.mean));
          const [onReal, onMade] = [discriminator.features(images), discriminator.features(made)];
          const kl = gaussianKl(posterior, { reduction: 'none' });
          return {
            scores: dissimilarity(onReal, onMade, { reduction: 'none' }).add(kl),
            maps: errorMaps(made, images),
          };
        },
      }),
      // Its likelihood is of a discriminator's features: no bound on ln p(x) of images.
      autoencoder: {
        networks: ['encoder'],
        reconstruct: (seen) => decoder.forward(asPixel(encode(encoder, seen).mean)),
      },
    };
  },
};

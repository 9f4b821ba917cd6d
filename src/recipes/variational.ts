import type { ImageSpec } from '../data/dataset';
import { gaussianKl } from '../losses/information';
import { bernoulliNll, discretizedLogisticNll, gaussianNll } from '../losses/likelihood';
import type { PerImageOptions } from '../losses/per-image';
import { total } from '../losses/total';
import { LearnedNumber } from '../models/learned-number';
import { convVaeDecoder, convVaeEncoder, mlpVaeDecoder, mlpVaeEncoder } from '../models/vae';
import { adam } from '../optim/adam';
import type { Tensor } from '../tensor/tensor';
import { latentSampler } from '../training/latent-sampler';
import type { Model } from '../training/model';
import { drawPosterior, encode, logWeights, reconstructions, traversals } from './autoencoder';
import { boolean, type ConfigOf, choice, integer, number } from './config';
import { errorMaps, meanOfEach, oneClassFields, scorerOf } from './one-class';

/** Likelihoods that `--set likelihood=…` can name. */
const LIKELIHOODS = ['bernoulli', 'gaussian', 'discretized'] as const;

/** How far neighbouring bytes are apart where a likelihood is a density, 1 where it is of bytes; bits say nothing of a Bernoulli's pixels. */
const BIN_WIDTHS = { bernoulli: undefined, gaussian: 2 / 255, discretized: 1 } as const;

/** What `vae` and `beta-vae` can be told, but β. */
export const variationalFields = {
  network: choice('mlp', ['mlp', 'conv'], { help: 'fully connected or convolutional' }),
  latentSize: integer(20, { min: 1, help: 'numbers in a latent' }),
  hidden: integer(400, { min: 1, help: 'units of the hidden layer (mlp)' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution (conv)' }),
  likelihood: choice('bernoulli', LIKELIHOODS, {
    help: 'of pixels: bernoulli (cross-entropy), gaussian of a learned σ, or discretized logistic',
  }),
  binarize: boolean(false, { help: 'makes pixels black or white, at half' }),
  warmUp: integer(500, { min: 0, help: 'steps in which the weight of KL grows from 0, 0 for none' }),
  lr: number(1e-3, { resumable: true, min: 0, help: 'learning rate' }),
  score: choice('reconstruction', ['reconstruction', 'elbo'], {
    help: 'how unusual an image is: mean square error of its reconstruction, or −ELBO at the mean of its latents',
  }),
  ...oneClassFields(0),
};

/** What `score` can be, in words for protocols. */
const SCORES = {
  reconstruction: 'mean (x - G(mean of z))²',
  elbo: '-ELBO at the mean of z, above that of the image itself',
} as const;

/** −ln p(x | x) of images under a Bernoulli, [N]: what no decoder can be below. */
function ownEntropy(images: Tensor): Tensor {
  const ink = images
    .add(1)
    .div(2)
    .clamp({ min: 1e-6, max: 1 - 1e-6 });
  const logits = ink.log().sub(ink.neg().add(1).log());
  return bernoulliNll(logits, images, { reduction: 'none' });
}

/** A VAE by the size of its KL term, β: 1 is the variational bound. */
export function variationalModel(
  config: ConfigOf<typeof variationalFields> & { readonly beta: number },
  images: ImageSpec,
): Model {
  const { network, latentSize, hidden, width, likelihood, binarize, warmUp, beta, lr } = config;
  const output = likelihood === 'bernoulli' ? 'logits' : 'mean';
  const encoder =
    network === 'mlp'
      ? mlpVaeEncoder({ images, latentSize, hidden })
      : convVaeEncoder({ images, latentSize, width });
  const decoder =
    network === 'mlp'
      ? mlpVaeDecoder({ images, latentSize, hidden, output })
      : convVaeDecoder({ images, latentSize, width, output });
  // ln σ² of a Gaussian pixel, or ln s of a logistic one.
  const spread = likelihood === 'bernoulli' ? null : new LearnedNumber(-2);

  /** −ln p(images | latents), in nats an image. */
  const reconstruction = (raw: Tensor, real: Tensor, options?: PerImageOptions): Tensor => {
    if (spread === null) return bernoulliNll(raw, real, options);
    const decoded = raw.float();
    const learned = spread.value.reshape([1, 1, 1, 1]);
    if (likelihood === 'gaussian') return gaussianNll({ mean: decoded, logVariance: learned }, real, options);
    return discretizedLogisticNll({ mean: decoded, logScale: learned }, real, options);
  };
  const blackAndWhite = (real: Tensor): Tensor => real.gt(0).to({ dtype: real.dtype }).mul(2).sub(1);
  const view = (images: Tensor): Tensor => (binarize ? blackAndWhite(images) : images);

  /** −ELBO [N] of images at the mean of their latents, and what is made of that mean. */
  const atMean = (seen: Tensor) => {
    const posterior = encode(encoder, seen);
    const decoded = decoder.decode(posterior.mean).float();
    const nll = reconstruction(decoded, seen, { reduction: 'none' });
    const kl = gaussianKl(posterior, { reduction: 'none' });
    return {
      // Grey pixels have an entropy of their own under a Bernoulli, which says how much ink there is and not whether it is where it should be.
      surprise: spread === null ? nll.add(kl).sub(ownEntropy(seen)) : nll.add(kl),
      made: output === 'mean' ? decoded : decoded.sigmoid().mul(2).sub(1),
    };
  };

  const latent = { size: latentSize };
  return {
    networks: { encoder, decoder, ...(spread && { spread }) },
    latent,
    sampler: latentSampler({ by: 'decoder', latent }),
    phases: [
      {
        name: 'VAE',
        trains: ['encoder', 'decoder', ...(spread ? ['spread'] : [])],
        optimizer: adam({ lr }),
        loss: ({ batch: { images: real }, scheduled, log }) => {
          const seen = view(real);
          const posterior = encode(encoder, seen);
          const decoded = decoder.decode(drawPosterior(posterior));
          const nll = reconstruction(decoded, seen);
          const kl = gaussianKl(posterior);
          log('reconstruction', nll);
          log('KL', kl);
          log('ELBO', nll.add(kl).neg());
          if (warmUp === 0) return total(nll, kl.mul(beta));
          return total(nll, kl.mul(scheduled((step) => beta * Math.min(1, step / warmUp))));
        },
      },
    ],
    grids: { reconstructions: reconstructions(encoder, { view }), traversals },
    scorer: scorerOf(config, images, {
      name: SCORES[config.score],
      networks: ['encoder', 'decoder', ...(spread ? ['spread'] : [])],
      score: (images) => {
        const seen = view(images);
        const { surprise, made } = atMean(seen);
        return {
          scores: config.score === 'elbo' ? surprise : meanOfEach(made.sub(seen).square()),
          maps: errorMaps(made, seen),
        };
      },
    }),
    autoencoder: {
      networks: ['encoder', ...(spread ? ['spread'] : [])],
      ...(binarize && { view: { name: 'black or white, at half', of: blackAndWhite } }),
      reconstruct: (seen) => decoder.forward(encode(encoder, seen).mean),
      likelihood: {
        name: likelihood,
        binWidth: BIN_WIDTHS[likelihood],
        logWeights: (seen, drawing) =>
          logWeights({
            ...drawing,
            posterior: encode(encoder, seen),
            logLikelihood: (latents) =>
              reconstruction(decoder.decode(latents), seen, { reduction: 'none' }).neg(),
          }),
      },
    },
  };
}

import type { DrawsOptions } from '../metrics/autoencoder';
import type { Posterior, VaeEncoder } from '../models/vae';
import { native } from '../native/addon';
import { randn } from '../tensor/create';
import type { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import { sweepLatents } from '../training/latent-paths';
import type { GridMaker } from '../training/sample-grids';

/** A draw from a posterior (Kingma & Welling 2014): mean + e^(½ logVariance) · ε, so that gradients reach both. */
export function drawPosterior({ mean, logVariance }: Posterior): Tensor {
  const { shape, device } = mean;
  const noise = randn(shape, { device });
  return wrap(native().gaussianDraw(mean.handle, logVariance.handle, noise.handle), 'drawPosterior');
}

/** What {@link logWeights} is computed from. */
interface WeightsOptions extends DrawsOptions {
  readonly posterior: Posterior;
  /** ln p(x|z) of each image for latents [N, z]: [N]. */
  readonly logLikelihood: (latents: Tensor) => Tensor;
}

/** ln w = ln p(x|z) + ln p(z) − ln q(z|x) for draws from posteriors (Burda et al. 2016): [N, K] in nats, one draw after the other. */
export function logWeights({ posterior, logLikelihood, draws, random }: WeightsOptions): Tensor {
  const each = Array.from({ length: draws }, () =>
    scope(() => {
      const { mean, logVariance } = posterior;
      const noise = noiseLike(mean, random);
      const latents = mean.add(logVariance.mul(0.5).exp().mul(noise));
      // Both normal densities have −½ ln 2π for each number of a latent: it cancels.
      const ratio = noise.square().add(logVariance).sub(latents.square()).mul(0.5).sum(1);
      return logLikelihood(latents).add(ratio);
    }),
  );
  return stack(each, 1);
}

/** Drawn where the generator is, so that a seed means the same on every device. */
function noiseLike({ shape, device }: Tensor, random: Generator): Tensor {
  return randn(shape, { generator: random, device: random.device }).to(device);
}

/** The distribution of images' latents, in float32 also under autocast: sums over it are long. */
export function encode(encoder: VaeEncoder, images: Tensor): Posterior {
  const { mean, logVariance } = encoder.encode(images);
  return { mean: mean.float(), logVariance: logVariance.float() };
}

/** Images in a row of reconstructions. */
const COLUMNS = 8;

const same = (tensor: Tensor): Tensor => tensor;

/** Options of {@link reconstructions}. */
export interface ShownOptions {
  /** Means as the decoder takes them (as they are). */
  readonly toLatents?: (mean: Tensor) => Tensor;
  /** Images as the model is shown them (as they are). */
  readonly view?: (images: Tensor) => Tensor;
}

/** Rows of real images, and below each what the decoder makes of their latents' means. */
export function reconstructions(
  encoder: VaeEncoder,
  { toLatents = same, view }: ShownOptions = {},
): GridMaker {
  return reconstructionsBy((images) => toLatents(encoder.encode(images).mean), view);
}

/** Rows of real images, as the model is shown them, and below each what is made of their latents. */
export function reconstructionsBy(latentsOf: (images: Tensor) => Tensor, view = same): GridMaker {
  return ({ generate, batch: { images: real } }) => {
    const columns = Math.min(COLUMNS, real.shape[0]);
    const rows = Math.floor(real.shape[0] / columns);
    const shown = view(real.narrow(0, { start: 0, length: rows * columns }));
    const decoded = generate(latentsOf(shown));
    const [, ...shape] = shown.shape;
    const inRows = (images: Tensor) => images.reshape([rows, columns, ...shape]);
    const both = stack([inRows(shown), inRows(decoded)], 1);
    return { images: both.reshape([2 * rows * columns, ...shape]), columns };
  };
}

/** A row for each of the first latent numbers, which goes from −3 to 3 along it while the others stay. */
export const traversals: GridMaker = ({ generate, latent, random, device }) => {
  const { latents, columns } = sweepLatents(latent, { generator: random, device });
  return { images: generate(latents), columns };
};

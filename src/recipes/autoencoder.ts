import type { Posterior, VaeEncoder } from '../models/vae';
import { randn } from '../tensor/create';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { GridMaker } from '../training/grids';
import { sweepLatents } from '../training/latent-paths';

/** A draw from a posterior (Kingma & Welling 2014): mean + e^(½ logVariance) · ε, so that gradients reach both. */
export function drawPosterior({ mean, logVariance }: Posterior): Tensor {
  const { shape, device } = mean;
  return mean.add(logVariance.mul(0.5).exp().mul(randn(shape, { device })));
}

/** The distribution of images' latents, in float32 also under autocast: sums over it are long. */
export function encode(encoder: VaeEncoder, images: Tensor): Posterior {
  const { mean, logVariance } = encoder.encode(images);
  return { mean: mean.float(), logVariance: logVariance.float() };
}

/** Images in a row of reconstructions. */
const COLUMNS = 8;

/** Rows of real images, and below each what the decoder makes of their latents' means. */
export function reconstructions(encoder: VaeEncoder, toLatents = (mean: Tensor) => mean): GridMaker {
  return ({ generate, real }) => {
    const columns = Math.min(COLUMNS, real.shape[0]);
    const rows = Math.floor(real.shape[0] / columns);
    const shown = real.narrow(0, { start: 0, length: rows * columns });
    const decoded = generate(toLatents(encoder.encode(shown).mean));
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

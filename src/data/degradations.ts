import { oneOf } from '../check';
import { UsageError } from '../errors';
import { poisson, rand, randn } from '../tensor/create';
import { interpolate } from '../tensor/functional';
import type { Degradation } from './degraded-dataset';
import { sizeText } from './image-size';
import type { ImageSpec } from './image-spec';
import { quantise } from './levels';

/**
 * A part in `scale` of each side: antialiased bicubic, as PyTorch's `interpolate(…, antialias=True)`, rounded to 8 bits as a picture file would
 * have it. It is what published figures of super-resolution go by, within 0.05 dB. Batches hold it as `input`.
 *
 * @throws UsageError for a scale that is no whole number of at least 2; `specs` for images whose sides it does not divide
 */
export function shrunk(scale: number): Degradation {
  if (!Number.isInteger(scale) || scale < 2)
    throw new UsageError(`shrunk expected a whole number of at least 2 but received ${scale}`);
  return {
    name: `1/${scale} of each side, bicubic, antialiased, 8 bits`,
    specs(images) {
      const { height, width } = images;
      if (height % scale !== 0 || width % scale !== 0)
        throw new UsageError(
          `a scale of ${scale} expects images whose height and width it divides but they are of ${sizeText(images)}: try ${sizeText(divided(images, scale))}`,
        );
      return { input: { ...images, height: height / scale, width: width / scale } };
    },
    map(images) {
      const [, , height, width] = images.shape;
      const size = [height / scale, width / scale] as const;
      return { input: quantise(interpolate(images, { size, mode: 'bicubic', antialias: true })) };
    },
  };
}

function divided({ height, width }: ImageSpec, scale: number) {
  const [rows, columns] = [height, width].map((side) => Math.max(scale, side - (side % scale)));
  return { height: rows, width: columns };
}

/** What {@link noisy} adds. */
export interface NoiseOptions {
  /** (`gaussian`) */
  readonly kind?: 'gaussian' | 'poisson';
  /** The standard deviation in levels of 256: one for all images, or a range that each image's is drawn from. */
  readonly sigma: number | readonly [from: number, to: number];
}

/** The least σ of Poisson noise, in levels: without any, the light would have no end. */
const LEAST_SIGMA = 0.01;

/**
 * Noise on each value of an image, not clipped and not rounded: `gaussian` N(0, σ²), or `poisson`, as few photons make it, whose variance grows
 * with the brightness: Poisson(p · x) / p of values x in [0, 1] with p = (255 / σ)², so that white has the deviation σ. Of a range each
 * image's σ is uniform. Batches hold the noisy images as `input`.
 *
 * @throws UsageError for an unknown kind, and a σ that is no number of at least 0, or a range of none
 */
export function noisy({ kind = 'gaussian', sigma }: NoiseOptions): Degradation {
  oneOf('noisy', 'kind', kind, ['gaussian', 'poisson']);
  const [from, to] = typeof sigma === 'number' ? [sigma, sigma] : sigma;
  if (!(from >= 0 && to >= from && to > 0 && Number.isFinite(to)))
    throw new UsageError(
      `noisy expected a sigma above 0, or a range of such, but received ${from === to ? from : `${from} to ${to}`}`,
    );
  return {
    name: `${kind} noise, σ ${from === to ? from : `${from} to ${to}`} of 255`,
    specs: (images) => ({ input: images }),
    map(images, generator) {
      const { shape, device } = images;
      const drawn = { generator, device };
      const levels = rand([shape[0], 1, 1, 1], drawn)
        .mul(to - from)
        .add(from);
      if (kind === 'gaussian') return { input: images.add(randn(shape, drawn).mul(levels.div(127.5))) };
      const photons = levels.clamp({ min: LEAST_SIGMA }).reciprocal().mul(255).square();
      const light = images.add(1).div(2).clamp({ min: 0, max: 1 });
      return { input: poisson(light.mul(photons), { generator }).div(photons).mul(2).sub(1) };
    },
  };
}

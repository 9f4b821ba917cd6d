import type { ImageShape } from '../data/dataset';
import { leakyRelu, tanh } from '../nn/activation';
import { batchNorm1d } from '../nn/batch-norm';
import { dropout } from '../nn/dropout';
import { linear } from '../nn/linear';
import type { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten, reshape } from '../nn/shape';

/** Sizes of the fully connected networks. */
export interface MlpOptions {
  readonly images: ImageShape;
  /** Numbers in a latent (100). */
  readonly latentSize?: number;
  /** Units of the layers, from the generator's first on; the discriminator has them the other way round ([256, 512, 1024]). */
  readonly widths?: readonly number[];
  /** Share of the discriminator's units that dropout switches off in training (0). */
  readonly dropout?: number;
  /** What normalises the generator's layers ('none'). */
  readonly norm?: MlpNorm;
}

/** Of the layers of a fully connected generator. */
export type MlpNorm = 'batch' | 'none';

const WIDTHS = [256, 512, 1024];

/** The vanilla GAN's generator (Goodfellow et al. 2014): z-256-512-1024-pixels with leaky ReLU, tanh gives [N, C, H, W]. Layers with a norm have no bias. */
export function mlpGenerator({
  images,
  latentSize = 100,
  widths = WIDTHS,
  norm = 'none',
}: MlpOptions): Sequential {
  const { channels, height, width } = images;
  const layers: Module[] = [];
  let inputs = latentSize;
  for (const units of widths) {
    layers.push(linear(inputs, units, { bias: norm === 'none' }));
    if (norm === 'batch') layers.push(batchNorm1d(units));
    layers.push(leakyRelu(0.2));
    inputs = units;
  }
  layers.push(linear(inputs, channels * height * width), tanh(), reshape([channels, height, width]));
  return sequential(...layers);
}

/** The vanilla GAN's discriminator: pixels-1024-512-256-1 with leaky ReLU, giving logits [N, 1]. */
export function mlpDiscriminator({ images, widths = WIDTHS, dropout: p = 0 }: MlpOptions): Sequential {
  const layers: Module[] = [flatten()];
  let inputs = images.channels * images.height * images.width;
  for (const width of [...widths].reverse()) {
    layers.push(linear(inputs, width), leakyRelu(0.2));
    if (p > 0) layers.push(dropout(p));
    inputs = width;
  }
  layers.push(linear(inputs, 1));
  return sequential(...layers);
}

import { positiveInteger } from '../check';
import { type EqualizedLinear, equalizedLinear } from '../nn/equalized';
import { Module } from '../nn/module';
import { type PixelNorm, pixelNorm } from '../nn/pixel-norm';
import { type Sequential, sequential } from '../nn/sequential';
import { withoutAutocast } from '../tensor/autograd';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { RectifiedLinear } from './style-layers';

/** Sizes of a {@link StyleMapping}. */
export interface StyleMappingOptions {
  /** Numbers in z. */
  readonly latentSize: number;
  /** Numbers in w. */
  readonly styleSize: number;
  /** Dense layers (8). */
  readonly depth?: number;
  /** Numbers behind z that are 1 for the image's class and 0 for the others (0). */
  readonly classes?: number;
}

/** How much slower than the others the layers of the mapping learn. */
const LR_MULTIPLIER = 0.01;

/**
 * The mapping of latents [N, z + classes] to w [N, s] (Karras et al. 2019): z, normalised to a mean square of 1, and beside it a learned vector of the
 * class, as large; then dense layers with a hundredth of the learning rate. Float32, also inside autocast.
 */
export class StyleMapping extends Module {
  readonly latentSize: number;
  readonly classes: number;
  readonly norm: PixelNorm;
  readonly embed: EqualizedLinear | null;
  readonly body: Sequential;

  /** @throws UsageError for sizes that are not positive integers */
  constructor({ latentSize, styleSize, depth = 8, classes = 0 }: StyleMappingOptions) {
    super();
    for (const [name, value] of Object.entries({ latentSize, styleSize, depth }))
      positiveInteger('styleMapping', name, value);
    this.latentSize = latentSize;
    this.classes = classes;
    this.norm = pixelNorm();
    this.embed = classes > 0 ? equalizedLinear(classes, styleSize, { bias: false }) : null;
    const first = latentSize + (classes > 0 ? styleSize : 0);
    this.body = sequential(
      ...Array.from(
        { length: depth },
        (_, i) =>
          new RectifiedLinear(i === 0 ? first : styleSize, styleSize, { lrMultiplier: LR_MULTIPLIER }),
      ),
    );
  }

  override forward(latents: Tensor): Tensor {
    return withoutAutocast(latents.device, () => {
      const { latentSize, classes, embed, norm } = this;
      if (!embed) return this.body.forward(norm.forward(latents));
      const noise = latents.narrow(1, { start: 0, length: latentSize });
      const oneHot = latents.narrow(1, { start: latentSize, length: classes });
      const parts = [noise, embed.forward(oneHot)].map((part) => norm.forward(part));
      return this.body.forward(cat(parts, 1));
    });
  }
}

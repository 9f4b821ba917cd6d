import { numberBetween } from '../check';
import { inFull } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';
import { Module } from './module';

/** Options of {@link PixelNorm}. */
export interface PixelNormOptions {
  /** Added to the mean square (1e-8). */
  readonly eps?: number;
}

/**
 * Pixel normalisation (Karras et al. 2018): y = x / √(mean of x² over the channels + eps), for each place of a feature map
 * [N, C, H, W], or each latent [N, C].
 */
export class PixelNorm extends Module {
  readonly eps: number;

  /** @throws UsageError for an eps that is negative */
  constructor({ eps = 1e-8 }: PixelNormOptions = {}) {
    super();
    this.eps = numberBetween('pixelNorm', 'eps', eps, { min: 0 });
  }

  override forward(input: Tensor): Tensor {
    const meanSquare = inFull(input).square().mean(1, { keepdim: true });
    return input.mul(meanSquare.add(this.eps).rsqrt());
  }

  protected override describe(): string {
    return `eps=${this.eps}`;
  }
}

/** A {@link PixelNorm} layer. @throws UsageError for an eps that is negative */
export function pixelNorm(options?: PixelNormOptions): PixelNorm {
  return new PixelNorm(options);
}

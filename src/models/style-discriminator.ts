import { UsageError } from '../errors';
import {
  type EqualizedConv2d,
  type EqualizedLinear,
  equalizedConv2d,
  equalizedLinear,
} from '../nn/equalized';
import { type MinibatchStd, minibatchStd } from '../nn/minibatch-std';
import { Module } from '../nn/module';
import { type PixelNorm, pixelNorm } from '../nn/pixel-norm';
import { blur2d, downsample2d } from '../tensor/resample';
import type { Tensor } from '../tensor/tensor';
import { type StyleChannels, styleStages } from './style-channels';
import { RectifiedConv2d, RectifiedLinear } from './style-layers';

/** Sizes of a {@link StyleDiscriminator}. */
export interface StyleDiscriminatorOptions extends StyleChannels {
  /** Images that the minibatch standard deviation compares (4). */
  readonly groupSize?: number;
  /** Classes of the images, which then are to be named beside them (0). */
  readonly classes?: number;
}

/**
 * Maps half as large, [N, in, H, W] → [N, out, H/2, W/2]: (LeakyReLU of two convolutions, the second with a stride behind a blur, + a 1 × 1
 * convolution of the blurred half) · √½.
 */
class HalvingBlock extends Module {
  readonly same: RectifiedConv2d;
  readonly smaller: RectifiedConv2d;
  readonly skip: EqualizedConv2d;

  constructor(inChannels: number, outChannels: number) {
    super();
    const halved = { kernelSize: 3, stride: 2, padding: 0, gain: Math.SQRT1_2 };
    this.same = new RectifiedConv2d(inChannels, inChannels, { kernelSize: 3 });
    this.smaller = new RectifiedConv2d(inChannels, outChannels, halved);
    this.skip = equalizedConv2d(inChannels, outChannels, {
      kernelSize: 1,
      bias: false,
      gain: Math.SQRT1_2,
    });
  }

  override forward(input: Tensor): Tensor {
    const main = this.smaller.forward(blur2d(this.same.forward(input), { padding: [2, 2, 2, 2] }));
    return main.add(this.skip.forward(downsample2d(input)));
  }
}

/**
 * The discriminator of StyleGAN2 (Karras et al. 2020): a 1 × 1 convolution, residual blocks that halve the maps down to 4 × 4, the minibatch standard
 * deviation, a convolution and two dense layers give logits [N, 1]. With classes the last layer's vector is multiplied by one of the
 * class, normalised, / √its size (Miyato & Koyama 2018).
 */
export class StyleDiscriminator extends Module {
  readonly classes: number;
  readonly fromRgb: RectifiedConv2d;
  readonly blocks: readonly Module[];
  readonly deviation: MinibatchStd;
  readonly conv: RectifiedConv2d;
  readonly dense: RectifiedLinear;
  readonly last: EqualizedLinear;
  readonly embed: EqualizedLinear | null;
  readonly norm: PixelNorm;

  /** @throws UsageError for sizes that are not positive integers */
  constructor({ groupSize = 4, classes = 0, ...sizes }: StyleDiscriminatorOptions) {
    super();
    const inwards = [...styleStages(sizes)].reverse();
    const deepest = inwards[inwards.length - 1].channels;
    this.classes = classes;
    this.fromRgb = new RectifiedConv2d(sizes.images.channels, inwards[0].channels, { kernelSize: 1 });
    this.blocks = inwards.slice(1).map(({ channels }, i) => new HalvingBlock(inwards[i].channels, channels));
    this.deviation = minibatchStd({ groupSize });
    this.conv = new RectifiedConv2d(deepest + 1, deepest, { kernelSize: 3 });
    this.dense = new RectifiedLinear(deepest * 16, deepest);
    this.last = equalizedLinear(deepest, classes > 0 ? deepest : 1);
    this.embed = classes > 0 ? equalizedLinear(classes, deepest, { bias: false }) : null;
    this.norm = pixelNorm();
  }

  /**
   * @param labels classes [N] (int64), of a network that has some
   * @throws UsageError for images without labels, where there are classes
   */
  override forward(images: Tensor, labels?: Tensor): Tensor {
    let maps = this.fromRgb.forward(images);
    for (const block of this.blocks) maps = block.forward(maps);
    const { embed, norm, classes } = this;
    const features = this.dense.forward(
      this.conv.forward(this.deviation.forward(maps)).flatten({ startDim: 1 }),
    );
    const logits = this.last.forward(features);
    if (!embed) return logits;
    if (labels === undefined)
      throw new UsageError(
        `StyleGAN2 discriminator of ${classes} classes expected labels beside the images: forward(images, labels)`,
      );
    const ofClass = norm.forward(embed.forward(labels.oneHot(classes).to({ dtype: images.dtype })));
    return logits
      .mul(ofClass)
      .sum(1, { keepdim: true })
      .mul(1 / Math.sqrt(ofClass.shape[1]));
  }
}

/** A {@link StyleDiscriminator}. @throws UsageError for sizes that are not positive integers */
export function styleDiscriminator(options: StyleDiscriminatorOptions): StyleDiscriminator {
  return new StyleDiscriminator(options);
}

import { leakyRelu } from '../nn/activation';
import { batchNorm1d } from '../nn/batch-norm';
import { linear } from '../nn/linear';
import { Module } from '../nn/module';
import { type Sequential, sequential } from '../nn/sequential';
import { flatten } from '../nn/shape';
import type { Tensor } from '../tensor/tensor';
import { type DcganOptions, dcganDiscriminator, initDcgan, smallestMap } from './dcgan';

/** Sizes of {@link HeadedDiscriminator}. */
export interface HeadOptions extends DcganOptions {
  /** Numbers that the head says of an image. */
  readonly outputs: number;
  /** Units of a dense layer with batch norm between the trunk and the head; 0 for none (0). */
  readonly hidden?: number;
}

/** What a discriminator says of images, and what its head does. */
export interface Judgement {
  /** [N, 1] */
  readonly logits: Tensor;
  /** [N, outputs] */
  readonly outputs: Tensor;
}

/**
 * A discriminator whose trunk has two ends: one judges whether images are real, the other says something of what they show, as the
 * class head of an AC-GAN (Odena et al. 2017) or Q of an InfoGAN (Chen et al. 2016). `forward` gives the logits alone.
 */
export class HeadedDiscriminator extends Module {
  constructor(
    readonly trunk: Sequential,
    readonly judge: Sequential,
    readonly head: Sequential,
  ) {
    super();
  }

  /** What both ends are made from: [N, F, h, w], 4 × 4 or `smallestMap` of the images. */
  features(images: Tensor): Tensor {
    return this.trunk.forward(images);
  }

  /** Both ends, from one pass of the trunk. */
  both(images: Tensor): Judgement {
    const features = this.features(images);
    return { logits: this.judge.forward(features), outputs: this.head.forward(features) };
  }

  override forward(images: Tensor): Tensor {
    return this.judge.forward(this.features(images));
  }
}

/** DCGAN's discriminator, taken apart before its last convolution. */
function parts(options: DcganOptions): { trunk: Sequential; judge: Sequential; features: number } {
  const { layers } = dcganDiscriminator(options);
  const { images, width = 64 } = options;
  const [rows, columns] = smallestMap(images);
  return {
    trunk: sequential(...layers.slice(0, -2)),
    judge: sequential(...layers.slice(-2)),
    features: ((width * Math.min(images.height, images.width)) / 8) * rows * columns,
  };
}

/** A {@link HeadedDiscriminator} over DCGAN's. */
export function headedDiscriminator({ outputs, hidden = 0, ...options }: HeadOptions): HeadedDiscriminator {
  const { trunk, judge, features } = parts(options);
  const head =
    hidden > 0
      ? sequential(
          flatten(),
          linear(features, hidden, { bias: false }),
          batchNorm1d(hidden),
          leakyRelu(0.2),
          linear(hidden, outputs),
        )
      : sequential(flatten(), linear(features, outputs));
  return new HeadedDiscriminator(trunk, judge, initDcgan(head));
}

/** A discriminator whose trunk's features are looked at themselves. `forward` gives logits [N, 1]. */
export class FeatureDiscriminator extends Module {
  constructor(
    readonly trunk: Sequential,
    readonly judge: Sequential,
  ) {
    super();
  }

  /** [N, F, h, w], 4 × 4 or `smallestMap` of the images */
  features(images: Tensor): Tensor {
    return this.trunk.forward(images);
  }

  /** Logits [N, 1] from such features. */
  logits(features: Tensor): Tensor {
    return this.judge.forward(features);
  }

  override forward(images: Tensor): Tensor {
    return this.logits(this.features(images));
  }
}

/** A {@link FeatureDiscriminator} over DCGAN's. */
export function featureDiscriminator(options: DcganOptions): FeatureDiscriminator {
  const { trunk, judge } = parts(options);
  return new FeatureDiscriminator(trunk, judge);
}

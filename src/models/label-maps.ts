import { Module } from '../nn/module';
import { arange } from '../tensor/create';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type DcganOptions, dcganDiscriminator } from './dcgan';
import { requireLabels } from './labels';

/** Sizes of {@link LabelMapDiscriminator}. */
export interface LabelMapOptions extends DcganOptions {
  /** How many classes there are. */
  readonly classes: number;
}

/**
 * A discriminator that sees an image and its class (Mirza & Osindero 2014): a map for each class, 1 all over for the image's own and
 * 0 for the others, comes behind the image's channels. `forward(images, labels)`: [N, C, R, R], labels [N] (int64) → logits [N, 1].
 */
export class LabelMapDiscriminator extends Module {
  readonly classes: number;

  /** @param body takes images of C + classes channels */
  constructor(
    readonly body: Module,
    { classes }: { readonly classes: number },
  ) {
    super();
    this.classes = classes;
  }

  override forward(images: Tensor, labels?: Tensor): Tensor {
    const [count, , height, width] = images.shape;
    const known = arange({ end: this.classes }, { dtype: 'int64', device: images.device });
    const maps = requireLabels(labels, 'discriminator').unsqueeze(1).eq(known).to({ dtype: images.dtype });
    const spread = maps.reshape([count, this.classes, 1, 1]).expand([count, this.classes, height, width]);
    return this.body.forward(cat([images, spread], 1));
  }

  protected override describe(): string {
    return `classes=${this.classes}`;
  }
}

/** {@link LabelMapDiscriminator} over DCGAN's discriminator. */
export function labelMapDiscriminator({ images, classes, ...rest }: LabelMapOptions): LabelMapDiscriminator {
  const body = dcganDiscriminator({ ...rest, images: { ...images, channels: images.channels + classes } });
  return new LabelMapDiscriminator(body, { classes });
}

import { positiveInteger } from '../check';
import { conv2d } from '../nn/conv';
import { type Embedding, embedding } from '../nn/embedding';
import { type Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { type SelfAttention2d, selfAttention2d } from '../nn/self-attention';
import type { SpectralNorm } from '../nn/spectral-norm';
import type { Tensor } from '../tensor/tensor';
import { planOf } from './biggan-plan';
import { type BigGanOptions, begin, NORMALISED, SPECTRAL } from './biggan-start';
import { BottleneckDiscriminatorBlock } from './bottleneck';
import { checkAttention } from './feature-maps';
import { requireLabels } from './labels';
import { type Convolution, DiscriminatorBlock, FirstDiscriminatorBlock, started } from './residual';

type Part =
  | FirstDiscriminatorBlock
  | DiscriminatorBlock
  | BottleneckDiscriminatorBlock
  | SelfAttention2d
  | Convolution;

/** The residual blocks of a discriminator, and the channels that come out of them. */
function halvingParts({ images, width = 96, deep = false, attention = null }: BigGanOptions): {
  readonly blocks: Part[];
  readonly channels: number;
} {
  const { discriminator, halvings } = planOf(images);
  const widths = discriminator.map((times) => times * width);
  const downs = deep ? widths.length - 1 : halvings;
  const heights = Array.from({ length: downs }, (_, index) => images.height / 2 ** (index + 1));
  checkAttention(attention, heights);
  const blocks: Part[] = [];
  const attend = (index: number, channels: number) => {
    if (heights[index] === attention) blocks.push(selfAttention2d(channels, SPECTRAL));
  };
  let channels = images.channels;
  if (deep) {
    const [first, ...others] = widths;
    blocks.push(started(conv2d(channels, first, { kernelSize: 3, padding: 1 }), NORMALISED));
    channels = first;
    for (const [index, out] of others.entries()) {
      blocks.push(new BottleneckDiscriminatorBlock(channels, out, SPECTRAL));
      blocks.push(new BottleneckDiscriminatorBlock(out, out, { ...SPECTRAL, downsample: false }));
      attend(index, out);
      channels = out;
    }
    return { blocks, channels };
  }
  for (const [index, out] of widths.entries()) {
    const options = { downsample: index < halvings, hiddenChannels: out, ...SPECTRAL };
    const Block = index === 0 ? FirstDiscriminatorBlock : DiscriminatorBlock;
    blocks.push(new Block(channels, out, options));
    attend(index, out);
    channels = out;
  }
  return { blocks, channels };
}

/**
 * The discriminator of BigGAN (Brock et al. 2019), or of BigGAN-deep: residual blocks halve images [N, C, R, R], a ReLU and the sum over all
 * places give features, a dense layer logits [N, 1], to which the projection ⟨embed(label), features⟩ is added (Miyato & Koyama 2018). All
 * layers have spectral norm. At 128 pixels, with width 96, attention at 64 and 1,000 classes it has the 87,982,370 parameters of published code.
 *
 * `forward(images, labels)`: [N, C, R, R] and [N] (int64).
 *
 * @throws UsageError for a size without a plan, or attention at a height that no feature map has
 */
export class BigGanDiscriminator extends Module {
  readonly blocks: readonly Part[];
  readonly dense: SpectralNorm<Linear> | Linear;
  readonly embed: SpectralNorm<Embedding> | Embedding;
  /** Numbers that {@link BigGanDiscriminator.features} gives for an image. */
  readonly numFeatures: number;

  constructor({ classes, start = 'orthogonal', ...options }: BigGanOptions) {
    super();
    positiveInteger('bigganDiscriminator', 'classes', classes);
    positiveInteger('bigganDiscriminator', 'width', options.width ?? 96);
    const { blocks, channels } = halvingParts({ classes, ...options });
    this.blocks = blocks;
    this.numFeatures = channels;
    this.dense = started(linear(channels, 1), NORMALISED);
    this.embed = started(embedding(classes, channels), NORMALISED);
    begin(this, start);
  }

  /** What the logits are made from: the sum over all places, [N, numFeatures]. */
  features(images: Tensor): Tensor {
    let map = images;
    for (const block of this.blocks) map = block.forward(map);
    return map.relu().sum([2, 3]);
  }

  override forward(images: Tensor, labels?: Tensor): Tensor {
    const given = requireLabels(labels, 'discriminator');
    const features = this.features(images);
    const logits = this.dense.forward(features);
    return logits.add(this.embed.forward(given).mul(features).sum(1, { keepdim: true }));
  }
}

/** A {@link BigGanDiscriminator}. @throws UsageError as the class */
export function bigganDiscriminator(options: BigGanOptions): BigGanDiscriminator {
  return new BigGanDiscriminator(options);
}

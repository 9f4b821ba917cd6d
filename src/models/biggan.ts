import { positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { UsageError } from '../errors';
import { type BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { ConditionalBatchNorm2d } from '../nn/conditional-batch-norm';
import { conv2d } from '../nn/conv';
import { type Embedding, embedding } from '../nn/embedding';
import { normal_, orthogonal_, zeros_ } from '../nn/init';
import { type Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { SelfAttention2d, selfAttention2d } from '../nn/self-attention';
import { SpectralNorm } from '../nn/spectral-norm';
import { WeightedLayer } from '../nn/weighted-layer';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { chunksOf, planOf } from './biggan-plan';
import { BottleneckDiscriminatorBlock, BottleneckGeneratorBlock } from './bottleneck';
import { checkAttention } from './feature-maps';
import {
  type Convolution,
  DiscriminatorBlock,
  FirstDiscriminatorBlock,
  GeneratorBlock,
  normRelu,
  started,
} from './residual';

/** Spectral norm as the paper has it, in both networks. */
const SPECTRAL = { spectralNorm: { eps: 1e-6 } };
const NORMALISED = { normalised: SPECTRAL.spectralNorm };

const FIRST = 4;

/** How weights begin: (semi-)orthogonal, or from N(0, 0.02²). Biases are 0. */
export type BigGanStart = 'orthogonal' | 'normal';

/**
 * What a generator's batch norms depend on. `latent`: an embedding of the class that all share, beside a part of the latent (in a deep network
 * the whole of it); `embedding`: the shared embedding alone; `classes`: a table of each batch norm's own.
 */
export type BigGanConditioning = 'latent' | 'embedding' | 'classes';

interface Options {
  /** The images to make, or to judge. */
  readonly images: ImageShape;
  readonly classes: number;
  /** The paper's ch: channels at the images' size, 2 at 64 pixels and 4 at 32 times as many in the generator (96). */
  readonly width?: number;
  /** BigGAN-deep: twice as many blocks, with bottlenecks (false). */
  readonly deep?: boolean;
  /** Height of the feature map that gets self-attention; null for none (null). */
  readonly attention?: number | null;
  /** (`orthogonal`) */
  readonly start?: BigGanStart;
}

/** Options of {@link BigGanGenerator}. */
export interface BigGanGeneratorOptions extends Options {
  /** Numbers in a latent (120). */
  readonly latentSize?: number;
  /** Numbers in the embedding of a class (128). */
  readonly embeddingSize?: number;
  /** (`latent`) */
  readonly conditioning?: BigGanConditioning;
}

/** Options of {@link BigGanDiscriminator}. */
export type BigGanDiscriminatorOptions = Options;

type GeneratorPart = GeneratorBlock | BottleneckGeneratorBlock | SelfAttention2d;
type DiscriminatorPart =
  | FirstDiscriminatorBlock
  | DiscriminatorBlock
  | BottleneckDiscriminatorBlock
  | SelfAttention2d
  | Convolution;

/** Starts all weights but the tables of conditional batch norms, which begin as 0. */
function begin(network: Module, start: BigGanStart): void {
  const modules = network.modules();
  const tables = new Set<Module>(
    modules.filter((one) => one instanceof ConditionalBatchNorm2d).flatMap((one) => one.children()),
  );
  for (const layer of modules) {
    if (!(layer instanceof WeightedLayer) || tables.has(layer)) continue;
    if (start === 'orthogonal') orthogonal_(layer.weight);
    else normal_(layer.weight, { std: 0.02 });
    const { bias } = layer as WeightedLayer & { readonly bias?: Tensor | null };
    if (bias) zeros_(bias);
  }
  for (const layer of modules) if (layer instanceof SpectralNorm) layer.settle();
}

/**
 * The generator of BigGAN (Brock et al. 2019), or of BigGAN-deep: a latent and a class become 4 × 4 pixels, residual blocks double them; batch
 * norm, ReLU, a 3 × 3 convolution and tanh give images [N, C, R, R] in [−1, 1]. All layers but the class's embedding have spectral norm.
 *
 * A latent is taken in parts: the first makes the first map, each block's batch norms see one of the others beside the class. A deep network
 * gives the whole of it, beside the class, to all.
 *
 * `forward(latents, labels)`: [N, z] and [N] (int64).
 *
 * @throws UsageError for a size without a plan, attention at a height that no feature map has, or a latent of fewer numbers than parts
 */
export class BigGanGenerator extends Module {
  /** Null for batch norms with tables of their own. */
  readonly embed: Embedding | null;
  readonly dense: SpectralNorm<Linear> | Linear;
  readonly blocks: readonly GeneratorPart[];
  readonly norm: BatchNorm2d;
  readonly toImage: Convolution;
  readonly deep: boolean;
  readonly conditioning: BigGanConditioning;
  protected readonly chunks: readonly number[];

  constructor({
    images,
    classes,
    width = 96,
    deep = false,
    latentSize = 120,
    embeddingSize = 128,
    conditioning = 'latent',
    attention = null,
    start = 'orthogonal',
  }: BigGanGeneratorOptions) {
    super();
    const [first, ...others] = planOf(images).generator.map((times) => times * width);
    positiveInteger('bigganGenerator', 'classes', classes);
    positiveInteger('bigganGenerator', 'width', width);
    checkAttention(
      attention,
      others.map((_, index) => FIRST * 2 ** (index + 1)),
    );
    this.deep = deep;
    this.conditioning = conditioning;
    this.chunks = conditioning === 'latent' && !deep ? chunksOf(latentSize, others.length + 1) : [];
    this.embed = conditioning === 'classes' ? null : embedding(classes, embeddingSize);
    const whole = embeddingSize + latentSize;
    const dense = conditioning !== 'latent' ? latentSize : deep ? whole : this.chunks[0];
    this.dense = started(linear(dense, first * FIRST ** 2), NORMALISED);
    const condition = (index: number) => {
      if (conditioning === 'classes') return { classes, ...SPECTRAL };
      const beside = conditioning === 'embedding' ? 0 : deep ? latentSize : this.chunks[index + 1];
      return { condition: embeddingSize + beside, ...SPECTRAL };
    };
    const blocks: GeneratorPart[] = [];
    let channels = first;
    for (const [index, out] of others.entries()) {
      if (deep)
        blocks.push(
          new BottleneckGeneratorBlock(channels, channels, { ...condition(index), upsample: false }),
        );
      const Block = deep ? BottleneckGeneratorBlock : GeneratorBlock;
      blocks.push(new Block(channels, out, condition(index)));
      if (FIRST * 2 ** (index + 1) === attention) blocks.push(selfAttention2d(out, SPECTRAL));
      channels = out;
    }
    this.blocks = blocks;
    this.norm = batchNorm2d(channels);
    this.toImage = started(conv2d(channels, images.channels, { kernelSize: 3, padding: 1 }), NORMALISED);
    begin(this, start);
  }

  override forward(latents: Tensor, labels: Tensor): Tensor {
    const { first, conditions } = this.inputs(latents, labels);
    let map = this.dense.forward(first).reshape([latents.shape[0], -1, FIRST, FIRST]);
    let index = 0;
    for (const block of this.blocks)
      if (block instanceof SelfAttention2d) map = block.forward(map);
      else map = block.forward(map, conditions[Math.min(index++, conditions.length - 1)]);
    return this.toImage.forward(normRelu(this.norm, map, undefined)).tanh();
  }

  /** What the first map is made of, and what the batch norms of each block see: the last of these is for all blocks after it. */
  private inputs(latents: Tensor, labels: Tensor): { first: Tensor; conditions: Tensor[] } {
    if (this.embed === null) return { first: latents, conditions: [labels] };
    const embedded = this.embed.forward(labels);
    if (this.conditioning === 'embedding') return { first: latents, conditions: [embedded] };
    if (this.deep) {
      const whole = cat([embedded, latents], 1);
      return { first: whole, conditions: [whole] };
    }
    let start = 0;
    const [first, ...rest] = this.chunks.map((length) => {
      const chunk = latents.narrow(1, { start, length });
      start += length;
      return chunk;
    });
    return { first, conditions: rest.map((chunk) => cat([embedded, chunk], 1)) };
  }
}

/** The residual blocks of a discriminator, and the channels that come out of them. */
function halvingParts({ images, width = 96, deep = false, attention = null }: BigGanDiscriminatorOptions): {
  readonly blocks: DiscriminatorPart[];
  readonly channels: number;
} {
  const { discriminator, halvings } = planOf(images);
  const widths = discriminator.map((times) => times * width);
  const downs = deep ? widths.length - 1 : halvings;
  const heights = Array.from({ length: downs }, (_, index) => images.height / 2 ** (index + 1));
  checkAttention(attention, heights);
  const blocks: DiscriminatorPart[] = [];
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
 * layers have spectral norm.
 *
 * `forward(images, labels)`: [N, C, R, R] and [N] (int64).
 *
 * @throws UsageError for a size without a plan, or attention at a height that no feature map has
 */
export class BigGanDiscriminator extends Module {
  readonly blocks: readonly DiscriminatorPart[];
  readonly dense: SpectralNorm<Linear> | Linear;
  readonly embed: SpectralNorm<Embedding> | Embedding;
  /** Numbers that {@link BigGanDiscriminator.features} gives for an image. */
  readonly numFeatures: number;

  constructor({ classes, start = 'orthogonal', ...options }: BigGanDiscriminatorOptions) {
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
    if (labels === undefined)
      throw new UsageError(
        'a conditional discriminator expects labels [N] beside the images but received none',
      );
    const features = this.features(images);
    const logits = this.dense.forward(features);
    return logits.add(this.embed.forward(labels).mul(features).sum(1, { keepdim: true }));
  }
}

/** A {@link BigGanGenerator}. @throws UsageError as the class */
export function bigganGenerator(options: BigGanGeneratorOptions): BigGanGenerator {
  return new BigGanGenerator(options);
}

/** A {@link BigGanDiscriminator}. @throws UsageError as the class */
export function bigganDiscriminator(options: BigGanDiscriminatorOptions): BigGanDiscriminator {
  return new BigGanDiscriminator(options);
}

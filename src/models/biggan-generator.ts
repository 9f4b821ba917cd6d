import { positiveInteger } from '../check';
import { type BatchNorm2d, batchNorm2d } from '../nn/batch-norm';
import { conv2d } from '../nn/conv';
import { type Embedding, embedding } from '../nn/embedding';
import { type Linear, linear } from '../nn/linear';
import { Module } from '../nn/module';
import { SelfAttention2d, selfAttention2d } from '../nn/self-attention';
import type { SpectralNorm } from '../nn/spectral-norm';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { chunksOf, planOf } from './biggan-plan';
import { type BigGanOptions, begin, NORMALISED, SPECTRAL } from './biggan-start';
import { BottleneckGeneratorBlock } from './bottleneck';
import { checkAttention } from './feature-maps';
import { requireLabels } from './labels';
import { type Convolution, GeneratorBlock, normRelu, started } from './residual';

const FIRST = 4;

/**
 * What a generator's batch norms depend on. `latent`: an embedding of the class that all share, beside a part of the latent (in a deep network
 * the whole of it); `embedding`: the shared embedding alone; `classes`: a table of each batch norm's own.
 */
export type BigGanConditioning = 'latent' | 'embedding' | 'classes';

/** Options of {@link BigGanGenerator}. */
export interface BigGanGeneratorOptions extends BigGanOptions {
  /** Numbers in a latent (120). */
  readonly latentSize?: number;
  /** Numbers in the embedding of a class (128). */
  readonly embeddingSize?: number;
  /** (`latent`) */
  readonly conditioning?: BigGanConditioning;
}

type Part = GeneratorBlock | BottleneckGeneratorBlock | SelfAttention2d;

/**
 * The generator of BigGAN (Brock et al. 2019), or of BigGAN-deep: a latent and a class become 4 × 4 pixels, residual blocks double them; batch
 * norm, ReLU, a 3 × 3 convolution and tanh give images [N, C, R, R] in [−1, 1]. All layers but the class's embedding have spectral norm.
 *
 * A latent is taken in parts: the first makes the first map, each block's batch norms see one of the others beside the class. A deep network
 * gives the whole of it, beside the class, to all.
 *
 * Published code has 31 · width parameters more at 128 pixels (70,433,988 with width 96, attention at 64 and 1,000 classes, here 70,431,012):
 * biases of convolutions whose outputs a batch norm centres, so that nothing depends on them.
 *
 * `forward(latents, labels)`: [N, z] and [N] (int64).
 *
 * @throws UsageError for a size without a plan, attention at a height that no feature map has, or a latent of fewer numbers than parts
 */
export class BigGanGenerator extends Module {
  /** Null for batch norms with tables of their own. */
  readonly embed: Embedding | null;
  readonly dense: SpectralNorm<Linear> | Linear;
  readonly blocks: readonly Part[];
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
    const blocks: Part[] = [];
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

  override forward(latents: Tensor, labels?: Tensor): Tensor {
    const { first, conditions } = this.inputs(latents, requireLabels(labels, 'generator'));
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

/** A {@link BigGanGenerator}. @throws UsageError as the class */
export function bigganGenerator(options: BigGanGeneratorOptions): BigGanGenerator {
  return new BigGanGenerator(options);
}

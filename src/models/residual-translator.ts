import { oneOf, positiveInteger } from '../check';
import type { ImageShape } from '../data/dataset';
import { relu, tanh } from '../nn/activation';
import { conv2d, convTranspose2d } from '../nn/conv';
import { Module } from '../nn/module';
import { reflectionPad2d } from '../nn/pad';
import { type Sequential, sequential } from '../nn/sequential';
import type { Tensor } from '../tensor/tensor';
import { initDcgan } from './dcgan';
import { type MapNorm, mapNorm, type TranslatedImages, Translator } from './translator';

/** Options of {@link residualTranslator}. */
export interface ResidualTranslatorOptions extends TranslatedImages {
  /** Channels at the images' size; four times as many at a quarter of it (64). */
  readonly width?: number;
  /** Residual blocks (9 for images of 256 pixels and more, 6 for smaller ones). */
  readonly blocks?: number;
  /** With `batch`, convolutions before a norm have no bias (`instance`). */
  readonly norm?: MapNorm;
}

/** Two convolutions of stride 2. */
const STRIDE = 4;

/** Below it the innermost maps, of one pixel, have nothing to reflect. */
const LEAST = 8;

/** Whether the network takes images of this size: 4 divides height and width, which are 8 at least. */
export function residualTranslatorAccepts({ height, width }: Pick<ImageShape, 'height' | 'width'>): boolean {
  return [height, width].every((side) => side >= LEAST && side % STRIDE === 0);
}

/**
 * Pixels that an output pixel depends on: 13 before the blocks (a 7 × 7 convolution and two 3 × 3 ones of stride 2), in steps of 4 pixels two for
 * each of a block's convolutions and one for the first transposed one, one of 2 pixels for the second, and 6 of the last 7 × 7 one.
 */
function receptiveFieldOf(blocks: number): number {
  return 13 + 4 * (4 * blocks + 1) + 2 + 6;
}

/** How a network's convolutions are normalised. */
interface Normalised {
  readonly norm: MapNorm;
  /** Batch norm undoes biases; instance norm does as well, but the authors' code has them, and so have its weights. */
  readonly bias: boolean;
}

/** x + norm(conv(ReLU(norm(conv(x))))), with 3 × 3 convolutions of maps padded by reflection: [N, C, H, W] → [N, C, H, W]. */
class TranslatorBlock extends Module {
  readonly convBlock: Sequential;

  constructor(channels: number, { norm, bias }: Normalised) {
    super();
    const convolution = () => conv2d(channels, channels, { kernelSize: 3, bias });
    this.convBlock = sequential(
      reflectionPad2d(1),
      convolution(),
      mapNorm(norm, channels),
      relu(),
      reflectionPad2d(1),
      convolution(),
      mapNorm(norm, channels),
    );
  }

  override forward(map: Tensor): Tensor {
    return map.add(this.convBlock.forward(map));
  }
}

/** CycleGAN's generator; see {@link residualTranslator}. */
export class ResidualTranslator extends Translator {
  readonly model: Sequential;

  /** @throws UsageError for an option out of range, or sizes that 4 does not divide */
  constructor({
    from,
    to,
    width = 64,
    blocks = blocksFor(from),
    norm = 'instance',
  }: ResidualTranslatorOptions) {
    positiveInteger('residualTranslator', 'width', width);
    positiveInteger('residualTranslator', 'blocks', blocks);
    oneOf('residualTranslator', 'norm', norm, ['batch', 'instance']);
    const receptiveField = receptiveFieldOf(blocks);
    super('residualTranslator', { from, to }, { stride: STRIDE, least: LEAST, receptiveField });
    const normalised = { norm, bias: norm === 'instance' };
    const { bias } = normalised;
    const down = { kernelSize: 3, stride: 2, padding: 1, bias };
    const up = { ...down, outputPadding: 1 };
    const after = (channels: number) => [mapNorm(norm, channels), relu()];
    const network = sequential(
      reflectionPad2d(3),
      conv2d(from.channels, width, { kernelSize: 7, bias }),
      ...after(width),
      conv2d(width, 2 * width, down),
      ...after(2 * width),
      conv2d(2 * width, 4 * width, down),
      ...after(4 * width),
      ...Array.from({ length: blocks }, () => new TranslatorBlock(4 * width, normalised)),
      convTranspose2d(4 * width, 2 * width, up),
      ...after(2 * width),
      convTranspose2d(2 * width, width, up),
      ...after(width),
      reflectionPad2d(3),
      conv2d(width, to.channels, { kernelSize: 7 }),
      tanh(),
    );
    this.model = initDcgan(network);
  }

  protected override translate(images: Tensor): Tensor {
    return this.model.forward(images);
  }
}

/**
 * CycleGAN's generator (Zhu et al. 2017, after Johnson et al. 2016): c7s1-64, d128, d256, R256 × `blocks`, u128, u64, c7s1-C': a 7 × 7
 * convolution, two 3 × 3 ones of stride 2, residual blocks, two transposed 3 × 3 ones of stride 2 and a 7 × 7 one, each but the last with a
 * norm and a ReLU; tanh gives [N, C', H, W] in [−1, 1]. The 7 × 7 convolutions and the blocks pad by reflection.
 *
 * Weights start as N(0, 0.02²), those of batch norms as N(1, 0.02²). State dicts are those of the authors' PyTorch code: `model.1.weight`,
 * `model.4.weight`, …, `model.10.conv_block.1.weight`.
 *
 * @throws UsageError for an option out of range, or sizes that 4 does not divide
 */
export function residualTranslator(options: ResidualTranslatorOptions): ResidualTranslator {
  return new ResidualTranslator(options);
}

function blocksFor({ height, width }: ImageShape): number {
  return Math.min(height, width) >= 256 ? 9 : 6;
}

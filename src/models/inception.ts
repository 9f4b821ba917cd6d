import type { Pair } from '../check';
import { BatchNorm2d } from '../nn/batch-norm';
import { Conv2d } from '../nn/conv';
import { Linear } from '../nn/linear';
import { Module } from '../nn/module';
import { avgPool2d, maxPool2d } from '../nn/pool';
import { linear } from '../tensor/functional';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Height and width of the images that {@link Inception} takes, in pixels. */
export const INCEPTION_RESOLUTION = 299;

/** Layers under names of their own: those of torchvision's `Inception3`, which files of weights have. */
type Named = Readonly<Record<string, Module>>;

/** A module whose children have names that are no fields. */
abstract class Holder extends Module {
  constructor(protected readonly held: Named) {
    super();
  }

  override namedChildren(): [string, Module][] {
    return Object.entries(this.held);
  }

  /** The output of the children with these names, one after the other. */
  protected run(input: Tensor, ...names: readonly string[]): Tensor {
    return names.reduce((output, name) => this.held[name].forward(output), input);
  }
}

/** Convolution without bias, batch norm (eps 0.001) and ReLU. */
class ConvNormRelu extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor(inputs: number, outputs: number, options: { kernelSize: Pair; stride?: Pair; padding?: Pair }) {
    super();
    this.conv = new Conv2d(inputs, outputs, { ...options, bias: false });
    this.bn = new BatchNorm2d(outputs, { eps: 0.001 });
  }

  override forward(input: Tensor): Tensor {
    return this.bn.forwardLeakyRelu(this.conv.forward(input), 0);
  }
}

function conv(inputs: number, outputs: number, kernelSize: Pair, padding: Pair = 0): ConvNormRelu {
  return new ConvNormRelu(inputs, outputs, { kernelSize, padding });
}

function reduce(inputs: number, outputs: number): ConvNormRelu {
  return new ConvNormRelu(inputs, outputs, { kernelSize: 3, stride: 2 });
}

/** The patch: zeros of the padding do not count in TensorFlow's averages. */
const averages = avgPool2d(3, { stride: 1, padding: 1, countIncludePad: false });
/** The other patch: the last block takes maxima where torchvision's averages. */
const maxima = maxPool2d(3, { stride: 1, padding: 1 });
const halving = maxPool2d(3, { stride: 2 });

class BlockA extends Holder {
  constructor(inputs: number, pooled: number) {
    super({
      branch1x1: conv(inputs, 64, 1),
      branch5x5_1: conv(inputs, 48, 1),
      branch5x5_2: conv(48, 64, 5, 2),
      branch3x3dbl_1: conv(inputs, 64, 1),
      branch3x3dbl_2: conv(64, 96, 3, 1),
      branch3x3dbl_3: conv(96, 96, 3, 1),
      branch_pool: conv(inputs, pooled, 1),
    });
  }

  override forward(x: Tensor): Tensor {
    return cat(
      [
        this.run(x, 'branch1x1'),
        this.run(x, 'branch5x5_1', 'branch5x5_2'),
        this.run(x, 'branch3x3dbl_1', 'branch3x3dbl_2', 'branch3x3dbl_3'),
        this.run(averages.forward(x), 'branch_pool'),
      ],
      1,
    );
  }
}

class BlockB extends Holder {
  constructor(inputs: number) {
    super({
      branch3x3: reduce(inputs, 384),
      branch3x3dbl_1: conv(inputs, 64, 1),
      branch3x3dbl_2: conv(64, 96, 3, 1),
      branch3x3dbl_3: reduce(96, 96),
    });
  }

  override forward(x: Tensor): Tensor {
    const double = this.run(x, 'branch3x3dbl_1', 'branch3x3dbl_2', 'branch3x3dbl_3');
    return cat([this.run(x, 'branch3x3'), double, halving.forward(x)], 1);
  }
}

class BlockC extends Holder {
  constructor(inputs: number, inner: number) {
    const [lying, upright] = [
      [1, 7],
      [7, 1],
    ] as const;
    super({
      branch1x1: conv(inputs, 192, 1),
      branch7x7_1: conv(inputs, inner, 1),
      branch7x7_2: conv(inner, inner, lying, [0, 3]),
      branch7x7_3: conv(inner, 192, upright, [3, 0]),
      branch7x7dbl_1: conv(inputs, inner, 1),
      branch7x7dbl_2: conv(inner, inner, upright, [3, 0]),
      branch7x7dbl_3: conv(inner, inner, lying, [0, 3]),
      branch7x7dbl_4: conv(inner, inner, upright, [3, 0]),
      branch7x7dbl_5: conv(inner, 192, lying, [0, 3]),
      branch_pool: conv(inputs, 192, 1),
    });
  }

  override forward(x: Tensor): Tensor {
    const double = [1, 2, 3, 4, 5].map((i) => `branch7x7dbl_${i}`);
    return cat(
      [
        this.run(x, 'branch1x1'),
        this.run(x, 'branch7x7_1', 'branch7x7_2', 'branch7x7_3'),
        this.run(x, ...double),
        this.run(averages.forward(x), 'branch_pool'),
      ],
      1,
    );
  }
}

class BlockD extends Holder {
  constructor(inputs: number) {
    super({
      branch3x3_1: conv(inputs, 192, 1),
      branch3x3_2: reduce(192, 320),
      branch7x7x3_1: conv(inputs, 192, 1),
      branch7x7x3_2: conv(192, 192, [1, 7], [0, 3]),
      branch7x7x3_3: conv(192, 192, [7, 1], [3, 0]),
      branch7x7x3_4: reduce(192, 192),
    });
  }

  override forward(x: Tensor): Tensor {
    const seven = [1, 2, 3, 4].map((i) => `branch7x7x3_${i}`);
    return cat([this.run(x, 'branch3x3_1', 'branch3x3_2'), this.run(x, ...seven), halving.forward(x)], 1);
  }
}

class BlockE extends Holder {
  constructor(
    inputs: number,
    private readonly pool: { forward(input: Tensor): Tensor },
  ) {
    super({
      branch1x1: conv(inputs, 320, 1),
      branch3x3_1: conv(inputs, 384, 1),
      branch3x3_2a: conv(384, 384, [1, 3], [0, 1]),
      branch3x3_2b: conv(384, 384, [3, 1], [1, 0]),
      branch3x3dbl_1: conv(inputs, 448, 1),
      branch3x3dbl_2: conv(448, 384, 3, 1),
      branch3x3dbl_3a: conv(384, 384, [1, 3], [0, 1]),
      branch3x3dbl_3b: conv(384, 384, [3, 1], [1, 0]),
      branch_pool: conv(inputs, 192, 1),
    });
  }

  override forward(x: Tensor): Tensor {
    const three = this.run(x, 'branch3x3_1');
    const double = this.run(x, 'branch3x3dbl_1', 'branch3x3dbl_2');
    return cat(
      [
        this.run(x, 'branch1x1'),
        this.run(three, 'branch3x3_2a'),
        this.run(three, 'branch3x3_2b'),
        this.run(double, 'branch3x3dbl_3a'),
        this.run(double, 'branch3x3dbl_3b'),
        this.run(this.pool.forward(x), 'branch_pool'),
      ],
      1,
    );
  }
}

/** Numbers in {@link Inception}'s feature vector. */
export const INCEPTION_DIMENSIONS = 2048;

/**
 * The network of the published Fréchet Inception Distances (Szegedy et al. 2016; Heusel et al. 2017): Inception v3 in torchvision's
 * topology, with the poolings of TensorFlow's graph of 2015 — averages that do not count their padding, and maxima in the last
 * block — and 1008 classes. Images [N, 3, 299, 299] in [−1, 1]. Its weights come from a file: those drawn here are of no use.
 *
 * Tensors are named as torchvision's, with `_` and a lower-case letter in the place of a capital: `Mixed_5b` is `_mixed_5b`.
 */
export class Inception extends Holder {
  /** From features to logits. */
  readonly fc: Linear;

  /** @throws UsageError for classes that are no positive integer */
  constructor({ classes = 1008 }: { readonly classes?: number } = {}) {
    const fc = new Linear(INCEPTION_DIMENSIONS, classes);
    super({
      Conv2d_1a_3x3: reduce(3, 32),
      Conv2d_2a_3x3: conv(32, 32, 3),
      Conv2d_2b_3x3: conv(32, 64, 3, 1),
      Conv2d_3b_1x1: conv(64, 80, 1),
      Conv2d_4a_3x3: conv(80, 192, 3),
      Mixed_5b: new BlockA(192, 32),
      Mixed_5c: new BlockA(256, 64),
      Mixed_5d: new BlockA(288, 64),
      Mixed_6a: new BlockB(288),
      Mixed_6b: new BlockC(768, 128),
      Mixed_6c: new BlockC(768, 160),
      Mixed_6d: new BlockC(768, 160),
      Mixed_6e: new BlockC(768, 192),
      Mixed_7a: new BlockD(768),
      Mixed_7b: new BlockE(1280, averages),
      Mixed_7c: new BlockE(2048, maxima),
      fc,
    });
    this.fc = fc;
  }

  /** The features [N, 2048] of images: the mean of the last feature map, "pool3". */
  override forward(images: Tensor): Tensor {
    return this.maps(images)[4].mean([2, 3]);
  }

  /** The last maps of each size, after ReLU: [N, 64, 147, 147], [N, 192, 71, 71], [N, 288, 35, 35], [N, 768, 17, 17] and [N, 2048, 8, 8]. */
  maps(images: Tensor): [Tensor, Tensor, Tensor, Tensor, Tensor] {
    const first = this.run(images, 'Conv2d_1a_3x3', 'Conv2d_2a_3x3', 'Conv2d_2b_3x3');
    const second = this.run(halving.forward(first), 'Conv2d_3b_1x1', 'Conv2d_4a_3x3');
    const third = this.run(halving.forward(second), 'Mixed_5b', 'Mixed_5c', 'Mixed_5d');
    const fourth = this.run(third, 'Mixed_6a', 'Mixed_6b', 'Mixed_6c', 'Mixed_6d', 'Mixed_6e');
    return [first, second, third, fourth, this.run(fourth, 'Mixed_7a', 'Mixed_7b', 'Mixed_7c')];
  }

  /**
   * Logits [N, classes] of features. Published Inception Scores leave the bias out, as the first implementation did; so does this by default.
   */
  logits(features: Tensor, { bias = false }: { readonly bias?: boolean } = {}): Tensor {
    const { fc } = this;
    return linear(features, fc.weight, bias ? fc.bias : null);
  }
}

/** The name in {@link Inception}'s state dict of a tensor by torchvision's: `Mixed_5b.branch1x1.conv.weight` is `_mixed_5b.branch1x1.conv.weight`. */
export function inceptionName(torchvision: string): string {
  return torchvision.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

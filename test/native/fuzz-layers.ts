// Calls of layers whose arguments fit each other, as a network's do: an image of C channels meets weights, biases and running
// statistics of C, groups that divide it, a kernel that it is large enough for. Arguments drawn apart seldom get that far.
// Shapes, layouts and which argument needs a gradient are still anything.

import type { NativeAddon } from '../../src/native/interface';
import type { DType, Handle } from '../../src/native/types';
import type { Dice } from './fuzz-values';

/** Arguments of a call by the names of its parameters; the rest is drawn as ever. */
export type Fitting = Readonly<Record<string, unknown>>;

type Shape = readonly number[];

/** Draws layers' arguments, and keeps what tensors it made for them. */
export class Layers {
  readonly #made: Handle[] = [];
  /** What most tensors of one call are. */
  #dtype: DType = 'float32';

  constructor(
    readonly addon: NativeAddon,
    readonly dice: Dice,
  ) {}

  /** Arguments of the function `name`. */
  draw(name: string): Fitting {
    this.#dtype = this.dice.chance(0.75) ? 'float32' : this.dice.pick(['float64', 'bfloat16', 'float16']);
    return LAYERS[name](this);
  }

  /** The gradient that a result like `like` is given: of its shape, and in memory as it likes. */
  gradientLike(like: Handle): Handle {
    this.#dtype = this.addon.dtype(like) as DType;
    return this.tensor(this.addon.shape(like), 0);
  }

  /** Gives back the tensors made for the last call. */
  release(): void {
    this.addon.release(this.#made.splice(0));
  }

  /** A leaf of this shape, laid out anyhow, that needs a gradient with the probability `needsGradient`. */
  tensor(shape: Shape, needsGradient = 0.6): Handle {
    const { addon, dice } = this;
    const dtype = dice.chance(0.97) ? this.#dtype : dice.pick(['float32', 'float64', 'bfloat16'] as const);
    const view = this.#laidOut(shape, dtype);
    const leaf = this.#keep(addon.ops.detach(view));
    if (dice.chance(needsGradient)) addon.setRequiresGrad([leaf], true);
    return leaf;
  }

  /** Such a tensor, or none. */
  optional(shape: Shape, needsGradient?: number): Handle | null {
    return this.dice.chance(0.7) ? this.tensor(shape, needsGradient) : null;
  }

  /** Sizes of batches: none and one among them. */
  batch(): number {
    return this.dice.pick([0, 1, 2, 2, 3, 5]);
  }

  /** Sizes of an image, square or not, none and one pixel among them. */
  sizes(dimensions = 2): number[] {
    const { dice } = this;
    const size = dice.pick([0, 1, 2, 3, 4, 4, 7, 8]);
    return dice.list(dimensions, () => (dice.chance(0.8) ? size : dice.pick([0, 1, 2, 5])));
  }

  /** Channels, most of them many times divisible, and a number of groups that divides them. */
  channels(): { channels: number; groups: number } {
    const { dice } = this;
    const channels = dice.pick([0, 1, 2, 3, 4, 6, 8, 8, 32, 64]);
    const divisors = [1, 2, 3, 4, 8, 32].filter((groups) => channels % groups === 0);
    return { channels, groups: dice.chance(0.97) ? dice.pick(divisors) : dice.pick([0, -1, 5, 2 ** 40]) };
  }

  /** The shape of images of so many channels; now and then of sequences, volumes or vectors. */
  images(channels: number): number[] {
    const { dice } = this;
    return [this.batch(), channels, ...this.sizes(dice.chance(0.8) ? 2 : dice.pick([0, 1, 3]))];
  }

  #keep(handle: Handle): Handle {
    this.#made.push(handle);
    return handle;
  }

  #laidOut(shape: Shape, dtype: DType): Handle {
    const { addon, dice } = this;
    const { ops } = addon;
    const dense = (of: Shape): Handle =>
      this.#keep(
        ops.to_dtype(
          this.#keep(ops.randn_generator(of, null, 'float32', null, null, null)),
          dtype,
          false,
          false,
          null,
        ),
      );
    const last = shape.length - 1;
    switch (dice.below(9)) {
      case 0:
      case 1:
      case 2:
        return shape.length === 4 ? this.#keep(ops.clone(dense(shape), 'channels_last')) : dense(shape);
      case 3: {
        const order = shuffled(dice, shape.length);
        const turned = dense(order.map((at) => shape[at]));
        return this.#keep(
          ops.permute(
            turned,
            order.map((_, at) => order.indexOf(at)),
          ),
        );
      }
      case 4: {
        if (last < 0) return dense(shape);
        const wide = shape.map((size, at) => (at === last ? 2 * size : size));
        return this.#keep(ops.slice_Tensor(dense(wide), last, null, null, 2));
      }
      case 5: {
        if (last < 0) return dense(shape);
        const at = dice.below(shape.length);
        const long = shape.map((size, i) => (i === at ? size + 1 : size));
        return this.#keep(ops.slice_Tensor(dense(long), at, 1, null, 1));
      }
      case 6: {
        if (last < 0) return dense(shape);
        const at = dice.below(shape.length);
        return this.#keep(
          ops.expand(dense(shape.map((size, i) => (i === at ? Math.min(size, 1) : size))), shape, false),
        );
      }
      default:
        return dense(shape);
    }
  }
}

function shuffled(dice: Dice, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

type Layer = (make: Layers) => Fitting;

/** Batch and instance norm: weight, bias and both running statistics, each there or not. */
const withStatistics: Layer = (make) => {
  const { channels } = make.channels();
  const vector = [channels];
  const running = make.dice.chance(0.7);
  return {
    input: make.tensor(make.images(channels)),
    weight: make.optional(vector),
    bias: make.optional(vector),
    runningMean: running ? make.tensor(vector, 0.03) : null,
    runningVar: running ? make.tensor(vector, 0.03) : null,
    training: make.dice.chance(0.6),
    useInputStats: make.dice.chance(0.6),
    momentum: 0.1,
    eps: 1e-5,
    slope: make.dice.pick([0, 0.2, 0.2, 1, -0.5]),
  };
};

/** Layer and RMS norm over the last dimensions. */
const overLast: Layer = (make) => {
  const { dice } = make;
  const normalizedShape = dice.list(dice.pick([1, 1, 2]), () => dice.pick([0, 1, 2, 3, 8, 32]));
  return {
    input: make.tensor([...dice.list(dice.below(3), () => make.batch()), ...normalizedShape]),
    normalizedShape,
    weight: make.optional(normalizedShape),
    bias: make.optional(normalizedShape),
    eps: 1e-5,
  };
};

/** A convolution or its transpose of `dimensions` dimensions, of any geometry that fits. */
function convolution(dimensions: number, transposed: boolean): Layer {
  return (make) => {
    const { dice } = make;
    const { channels, groups } = make.channels();
    const out = dice.pick([0, 1, 2, 3]) * Math.max(1, Math.min(groups, 64));
    const kernel = dice.list(dimensions, () => dice.pick([1, 1, 2, 3, 3, 4]));
    const group = Math.floor(channels / Math.max(1, Math.min(groups, 64)));
    const outOfGroup = Math.floor(out / Math.max(1, Math.min(groups, 64)));
    const weight = transposed ? [channels, outOfGroup, ...kernel] : [out, group, ...kernel];
    const sizes = dice.chance(0.15) ? kernel : make.sizes(dimensions);
    return {
      input: make.tensor([make.batch(), channels, ...sizes]),
      weight: make.tensor(weight),
      bias: make.optional([out]),
      stride: dice.list(dice.pick([1, dimensions]), () => dice.pick([1, 1, 2, 3])),
      padding: dice.list(dice.pick([1, dimensions]), () => dice.pick([0, 1, 2])),
      outputPadding: dice.list(dice.pick([1, dimensions]), () => dice.pick([0, 0, 0, 1])),
      dilation: dice.list(dice.pick([1, dimensions]), () => dice.pick([1, 1, 1, 2])),
      groups,
    };
  };
}

/** The 4×4 convolution of stride 2 that halves an image, or its transpose, on both sides of every limit of our own kernels. */
function halving(transposed: boolean): Layer {
  return (make) => {
    const { dice } = make;
    const small = dice.pick([0, 1, 32, 32, 32, 33, 64]);
    const large = dice.pick([0, 1, 2, 3, 4, 5, 32]);
    const n = dice.pick([0, 1, 2, 2, 3, 4, 8]);
    const batch = large === 32 ? dice.pick([0, 1, 8, 33]) : make.batch();
    const image = transposed ? [batch, small, n, n] : [batch, large, 2 * n, 2 * n];
    return {
      input: make.tensor(image),
      weight: make.tensor([small, large, 4, 4]),
      bias: make.optional([transposed ? large : small]),
      stride: dice.pick([[2], [2, 2]]),
      padding: dice.pick([[1], [1, 1]]),
      outputPadding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    };
  };
}

/** The 3×3 convolution of stride 1, on both sides of every limit of our own kernels. */
const keeping: Layer = (make) => {
  const { dice } = make;
  const [inputs, outputs] = dice.list(2, () => dice.pick([0, 1, 15, 16, 16, 32, 32, 48, 64, 256]));
  const padding = dice.list(dice.pick([1, 2]), () => dice.pick([0, 1, 1, 1, 2]));
  const groups = dice.pick([1, 1, 1, 2, 3]);
  return {
    input: make.tensor([make.batch(), groups * inputs, ...make.sizes()]),
    weight: make.tensor([groups * outputs, inputs, 3, 3]),
    bias: make.optional([groups * outputs]),
    stride: dice.pick([[1], [1, 1]]),
    padding,
    dilation: [1, 1],
    groups,
  };
};

const either =
  (first: Layer, second: Layer): Layer =>
  (make) =>
    make.dice.chance(0.5) ? first(make) : second(make);

/** A function of images, with its window if it has one. */
const window: Layer = (make) => {
  const { dice } = make;
  const size = () => dice.pick([1, 1, 2, 2, 3]);
  const image = make.tensor(make.images(make.channels().channels));
  const outputSize = dice.list(2, () => dice.pick([0, 1, 2, 4, 5]));
  const byFactor = dice.chance(0.4);
  return {
    self: image,
    input: image,
    kernelSize: [size(), size()],
    stride: [size(), size()],
    dilation: [1, 1],
    outputSize: byFactor ? null : outputSize,
    scaleFactors: byFactor ? dice.list(2, () => dice.pick([0, 0.5, 1, 2, 1.7])) : null,
    alignCorners: dice.chance(0.5),
  };
};

const plain: Layer = (make) => {
  const input = make.tensor(make.images(make.channels().channels));
  return { self: input, input, p: make.dice.pick([0, 0.3, 0.5, 1]), train: make.dice.chance(0.7) };
};

/** Every layer with arguments that must fit, by the name of its function. */
const LAYERS: Readonly<Record<string, Layer>> = {
  group_norm: (make) => {
    const { channels, groups } = make.channels();
    const vector = [channels];
    return {
      input: make.tensor(make.images(channels)),
      numGroups: groups,
      weight: make.optional(vector),
      bias: make.optional(vector),
      eps: 1e-5,
    };
  },
  batch_norm: withStatistics,
  batchNormLeakyRelu: withStatistics,
  instance_norm: withStatistics,
  instanceNormLeakyRelu: withStatistics,
  layer_norm: overLast,
  rms_norm: overLast,
  linear: (make) => {
    const { dice } = make;
    const dense = dice.chance(0.3);
    const [inputs, outputs] = dense ? [256, 256] : dice.list(2, () => dice.pick([0, 1, 2, 3, 8]));
    const rows = dense ? [dice.pick([0, 15, 16, 17, 33])] : dice.list(dice.below(3), () => make.batch());
    return {
      input: make.tensor([...rows, inputs]),
      weight: make.tensor([outputs, inputs]),
      bias: make.optional([outputs]),
    };
  },
  upFirDown: (make) => {
    const { dice } = make;
    const factor = () => dice.pick([1, 1, 2, 2, 3, 4]);
    return {
      input: make.tensor(make.images(make.channels().channels)),
      kernel: dice.list(dice.pick([1, 2, 3, 4, 4, 6, 9]), () => dice.pick([1, 3, 0.5, -1])),
      up: factor(),
      down: factor(),
      padding: dice.list(4, () => dice.pick([0, 1, 2, 2, 3, 5, -1, -2])),
    };
  },
  conv1d: convolution(1, false),
  conv2d: either(either(halving(false), keeping), convolution(2, false)),
  conv2d_padding: (make) => ({
    ...convolution(2, false)(make),
    padding: make.dice.pick(['same', 'valid']),
  }),
  conv3d: convolution(3, false),
  conv_transpose1d: convolution(1, true),
  conv_transpose2d_input: either(halving(true), convolution(2, true)),
  prelu: (make) => {
    const { channels } = make.channels();
    return {
      self: make.tensor(make.images(channels)),
      weight: make.tensor([make.dice.pick([1, channels])]),
    };
  },
  relu: plain,
  leaky_relu: plain,
  dropout: plain,
  feature_dropout: plain,
  max_pool2d: window,
  avg_pool2d: window,
  adaptive_avg_pool2d: window,
  adaptive_max_pool2d: window,
  im2col: window,
  pixel_shuffle: window,
  pixel_unshuffle: window,
  upsample_nearest2d_vec: window,
  _upsample_nearest_exact2d_vec: window,
  upsample_bilinear2d_vec: window,
  _upsample_bilinear2d_aa_vec: window,
  upsample_bicubic2d_vec: window,
  _upsample_bicubic2d_aa_vec: window,
  reflection_pad2d: window,
  replication_pad2d: window,
  grid_sampler_2d: (make) => {
    const { dice } = make;
    const [batch, height, width] = [make.batch(), ...make.sizes()];
    return {
      input: make.tensor([batch, make.channels().channels, ...make.sizes()]),
      grid: make.tensor([batch, height, width, 2]),
      interpolationMode: dice.below(3),
      paddingMode: dice.below(3),
      alignCorners: dice.chance(0.5),
    };
  },
  scaled_dot_product_attention: (make) => {
    const { dice } = make;
    const [batch, heads, width] = [make.batch(), dice.pick([0, 1, 2]), dice.pick([0, 1, 4, 16])];
    const keys = [batch, heads, dice.pick([0, 1, 5, 16]), width];
    return {
      query: make.tensor([batch, heads, dice.pick([0, 1, 5, 16]), width]),
      key: make.tensor(keys),
      value: make.tensor(keys),
      attnMask: null,
      dropoutP: 0,
    };
  },
};

/** The functions that `Layers` draws arguments for. */
export const LAYER_NAMES: readonly string[] = Object.keys(LAYERS);

// Calls of layers whose arguments fit each other, as a network's do: an image of C channels meets weights, biases and running
// statistics of C, groups that divide it, a kernel that it is large enough for. Arguments drawn apart seldom get that far.
// Shapes, layouts and which argument needs a gradient are still anything.

import type { LaidOut } from './fuzz-tensors';

/** Arguments of a call by the names of its parameters; the rest is drawn as ever. */
export type Fitting = Readonly<Record<string, unknown>>;

type Layer = (make: LaidOut) => Fitting;

/** Batch and instance norm: weight, bias and both running statistics, each there or not. */
const withStatistics: Layer = (make) => {
  const { channels } = make.channels();
  const vector = [channels];
  const running = make.dice.chance(0.7);
  return {
    input: make.tensor(make.images(channels)),
    weight: make.optional(vector),
    bias: make.optional(vector),
    runningMean: running ? make.weight(vector, 0.03) : null,
    runningVar: running ? make.weight(vector, 0.03) : null,
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
      weight: make.weight(weight),
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
      weight: make.weight([small, large, 4, 4]),
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
  const [inputs, outputs] = dice.list(2, () => dice.pick([0, 1, 3, 15, 16, 16, 17, 32, 32, 48, 64, 256]));
  const padding = dice.list(dice.pick([1, 2]), () => dice.pick([0, 1, 1, 1, 2]));
  const groups = dice.pick([1, 1, 1, 2, 3]);
  return {
    input: make.tensor([make.batch(), groups * inputs, ...make.sizes()]),
    weight: make.weight([groups * outputs, inputs, 3, 3]),
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
  const { dice } = make;
  const input = make.tensor(make.images(make.channels().channels));
  return {
    self: input,
    input,
    p: dice.pick([0, 0.3, 0.5, 1]),
    train: dice.chance(0.7),
    negativeSlope: dice.pick([0.2, 0.2, 0, 1, -0.5, 1e-30]),
  };
};

/** The pooling that halves an image, on both sides of the limits of our own. */
const halvingPool: Layer = (make) => {
  const { dice } = make;
  const [height, width] = dice.list(2, () => dice.pick([1, 2, 2, 4, 4, 6, 7]));
  return {
    self: make.tensor([make.batch(), dice.pick([1, 8, 16, 16, 32, 48]), height, width]),
    kernelSize: dice.pick([[2], [2, 2]]),
    stride: dice.pick([[], [2], [2, 2]]),
    padding: [0],
    ceilMode: dice.chance(0.2),
    countIncludePad: dice.chance(0.5),
    divisorOverride: null,
  };
};

/** Channels to pixels, on both sides of the limits of our own. */
const shuffling: Layer = (make) => {
  const { dice } = make;
  const upscaleFactor = dice.pick([2, 2, 2, 1, 3]);
  const channels = dice.pick([0, 1, 4, 12, 16, 16, 32, 32, 33]) * upscaleFactor ** 2;
  return { self: make.tensor([make.batch(), channels, ...make.sizes()]), upscaleFactor };
};

/** Rows of a dense layer, on both sides of the limits of our own. */
const dense: Layer = (make) => {
  const { dice } = make;
  const [inputs, outputs] = dice.pick([
    [256, 256],
    [64, 1024],
    [1030, 65],
    dice.list(2, () => dice.pick([15, 16, 17, 31, 48, 64, 65, 100, 257])),
  ]);
  return {
    input: make.tensor([dice.pick([0, 15, 16, 17, 33, 100, 256, 257]), inputs]),
    weight: make.weight([outputs, inputs]),
    bias: make.optional([outputs]),
  };
};

/** A dense layer of a few numbers, of any batch. */
const affine: Layer = (make) => {
  const { dice } = make;
  const [inputs, outputs] = dice.list(2, () => dice.pick([0, 1, 2, 3, 8]));
  return {
    input: make.tensor([...dice.list(dice.below(3), () => make.batch()), inputs]),
    weight: make.weight([outputs, inputs]),
    bias: make.optional([outputs]),
  };
};

/** Tensors of one shape. */
function alike(...names: readonly string[]): Layer {
  return (make) => {
    const shape = make.images(make.channels().channels);
    return Object.fromEntries(names.map((name) => [name, make.weight(shape)]));
  };
}

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
  linear: either(dense, affine),
  linearRelu: either(dense, affine),
  linearPair: (make) => {
    const { dice } = make;
    const inputs = dice.pick([0, 1, 15, 16, 17, 64, 257]);
    const [units, others] = dice.list(2, () => dice.pick([0, 1, 8, 16, 20, 65]));
    return {
      input: make.tensor([dice.pick([0, 15, 16, 33, 128, 257]), inputs]),
      weight: make.weight([units, inputs]),
      bias: make.tensor([units]),
      otherWeight: make.weight([others, inputs]),
      otherBias: make.tensor([others]),
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
  spectralNorm: (make) => {
    const { dice } = make;
    const rows = dice.pick([1, 2, 5, 16]);
    const rest = dice.pick([[3], [16], [40], [2, 3, 3], [16, 3, 3], [3, 1, 1], [2, 3, 3, 3]]);
    return {
      weight: make.tensor([rows, ...rest]),
      u: make.tensor([rows]),
      v: make.tensor([rest.reduce((product, size) => product * size, 1)]),
      iterations: dice.pick([0, 1, 2, -1]),
      eps: dice.pick([1e-12, 0]),
    };
  },
  bernoulliNll: (make) => {
    const shape = make.images(make.channels().channels);
    return { logits: make.tensor(shape), images: make.weight(shape, 0.2) };
  },
  gaussianKl: alike('mean', 'logVariance'),
  gaussianDraw: alike('mean', 'logVariance', 'noise'),
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
  avg_pool2d: either(halvingPool, window),
  adaptive_avg_pool2d: window,
  adaptive_max_pool2d: window,
  im2col: window,
  pixel_shuffle: either(shuffling, window),
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

/** Arguments of the function `name`, one of `LAYER_NAMES`. */
export function drawLayer(name: string, make: LaidOut): Fitting {
  make.begin();
  return LAYERS[name](make);
}

/** The functions that there are such arguments for. */
export const LAYER_NAMES: readonly string[] = Object.keys(LAYERS);

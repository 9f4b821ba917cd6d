import { uniforms } from '../../src/export/web/browser/random';
import * as nn from '../../src/nn';
import type { Module } from '../../src/nn/module';

/** What the next layer of a network finds. */
interface Place {
  readonly channels: number;
  /** How many times as many pixels a side has as the images that go in. */
  readonly scale: number;
}

/** Layers with what comes out of them. */
interface Part extends Place {
  readonly layers: readonly Module[];
}

/** Numbers that a seed decides. */
class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = uniforms(seed);
  }

  of<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#next() * choices.length)];
  }
}

type Draw = (place: Place, dice: Dice) => Part | null;

const same = (make: (channels: number, dice: Dice) => Module): Draw => {
  return (place, dice) => ({ ...place, layers: [make(place.channels, dice)] });
};

/** Widths of convolutions: all are multiples of 4, for groups and for blocks of pixels. */
const WIDTHS = [4, 8, 12];

const convolution: Draw = ({ channels, scale }, dice) => {
  const [size, dilation, width] = [dice.of([1, 3, 5]), dice.of([1, 2]), dice.of(WIDTHS)];
  const options = {
    ...{ kernelSize: [size, 3] as const, dilation: [dilation, 1] as const, bias: dice.of([true, false]) },
    padding: [(dilation * (size - 1)) / 2, 1] as const,
    groups: dice.of([1, 2, 4]),
  };
  return { channels: width, scale, layers: [nn.conv2d(channels, width, options)] };
};

const kinds: readonly Draw[] = [
  convolution,
  convolution,
  ({ channels, scale }, dice) => {
    if (scale <= 1) return null;
    const width = dice.of(WIDTHS);
    const layer = nn.conv2d(channels, width, { kernelSize: 4, stride: 2, padding: 1 });
    return { channels: width, scale: scale / 2, layers: [layer] };
  },
  ({ channels, scale }, dice) => {
    if (scale >= 4) return null;
    const [width, odd] = [dice.of(WIDTHS), dice.of([0, 1])];
    const options = {
      kernelSize: 4 - odd,
      stride: 2,
      padding: 1,
      outputPadding: odd,
      groups: dice.of([1, 2]),
    };
    return { channels: width, scale: scale * 2, layers: [nn.convTranspose2d(channels, width, options)] };
  },
  ({ channels, scale }, dice) => {
    const border = dice.of([nn.reflectionPad2d, nn.replicationPad2d, nn.zeroPad2d]);
    return {
      channels,
      scale,
      layers: [border([1, 1, 2, 0]), nn.conv2d(channels, channels, { kernelSize: 3 })],
    };
  },
  ({ channels, scale }, dice) => {
    if (scale >= 4) return null;
    const layer = dice.of([
      () => nn.upsample({ scaleFactor: 2 }),
      () => nn.upsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: dice.of([true, false]) }),
      () =>
        nn.upsample2d({
          kernel: dice.of([
            [1, 2, 1],
            [1, 3, 3, 1],
            [1, 1],
          ]),
        }),
    ])();
    return { channels, scale: scale * 2, layers: [layer] };
  },
  ({ channels, scale }, dice) => {
    if (scale <= 1) return null;
    const layer = dice.of([
      () => nn.maxPool2d(2),
      () => nn.maxPool2d(3, { stride: 2, padding: 1 }),
      () => nn.avgPool2d(2),
      () => nn.downsample2d({ kernel: [1, 3, 3, 1] }),
    ])();
    return { channels, scale: scale / 2, layers: [layer] };
  },
  ({ channels, scale }) =>
    scale <= 2 && channels === 8
      ? { channels: 4, scale: scale * 2, layers: [nn.conv2d(8, 16, { kernelSize: 1 }), nn.pixelShuffle(2)] }
      : null,
  ({ channels, scale }) =>
    scale >= 2 && channels === 4
      ? { channels: 8, scale: scale / 2, layers: [nn.pixelUnshuffle(2), nn.conv2d(16, 8, { kernelSize: 1 })] }
      : null,
  same((channels, dice) =>
    dice.of<() => Module>([
      nn.relu,
      nn.leakyRelu,
      nn.tanh,
      nn.sigmoid,
      nn.silu,
      nn.selu,
      () => nn.gelu({ approximate: dice.of(['none', 'tanh']) }),
      () => nn.elu(0.5),
      () => nn.softplus({ beta: 2, threshold: 1 }),
      () => nn.prelu({ numParameters: channels }),
      () => nn.softmax(1),
    ])(),
  ),
  same((channels, dice) =>
    dice.of<() => Module>([
      () => nn.batchNorm2d(channels),
      () => nn.batchNorm2d(channels, { affine: false }),
      () => nn.groupNorm(dice.of([1, 2, 4]), channels),
      () => nn.instanceNorm2d(channels, { affine: dice.of([true, false]) }),
      () => nn.pixelNorm(),
      () => nn.dropout(0.3),
    ])(),
  ),
  same((channels, dice) =>
    dice.of<() => Module>([
      () => nn.equalizedConv2d(channels, channels, { kernelSize: 3, padding: 1 }),
      () => nn.spectralNorm(nn.conv2d(channels, channels, { kernelSize: 3, padding: 1 })),
      () => nn.gatedConv2d(channels, channels, { kernelSize: 3, padding: 1 }),
      () => nn.selfAttention2d(channels),
    ])(),
  ),
];

/** A network of a seed, of the library's own layers: images [N, 4, H, W] of sides that 4 divides, to some in [−1, 1]. */
export function randomNetwork(seed: number, depth: number): nn.Sequential {
  const dice = new Dice(seed);
  const layers: Module[] = [];
  let place: Place = { channels: 4, scale: 1 };
  while (layers.length < depth) {
    const part = dice.of(kinds)(place, dice);
    if (!part) continue;
    layers.push(...part.layers);
    place = { channels: part.channels, scale: part.scale };
  }
  return nn.sequential(...layers, nn.tanh());
}

import { convolution, dense, type Layer, learned, type Networks } from './layers';
import type { ModernSizes, ResidualSizes } from './task';

const FIRST = 4;
/** Blocks of SNGAN's discriminator for 32 × 32 pixels, and how many of them halve the maps. */
const BLOCKS = 4;
const HALVINGS = 2;

/** SNGAN's residual networks. Convolutions of single pixels have the smaller map of both: before upsampling, after pooling. */
export function residual({
  model,
  channels,
  resolution,
  width,
  growth,
  latentSize,
  classes,
}: ResidualSizes): Networks {
  const conditional = model === 'projection';
  const maps = (count: number) => Array.from({ length: count }, (_, i) => width * Math.min(growth, 2 ** i));
  const [deepest, ...others] = maps(Math.log2(resolution / FIRST) + 1).reverse();
  // A scale and an offset a channel, and a class.
  const norm = (size: number) => 2 * size * (conditional ? classes : 1);
  const generator = [
    dense(latentSize, deepest * FIRST ** 2),
    ...others.flatMap((to, i) => {
      const from = i === 0 ? deepest : others[i - 1];
      const side = FIRST * 2 ** i;
      return [
        convolution(from, to, { kernel: 3, side: 2 * side, extra: norm(from) + norm(to) }),
        convolution(to, to, { kernel: 3, side: 2 * side, extra: to }),
        convolution(from, to, { kernel: 1, side, extra: to }),
      ];
    }),
    convolution(width, channels, { kernel: 3, side: resolution, extra: channels + 2 * width }),
  ];
  const widths = maps(BLOCKS);
  const last = widths[BLOCKS - 1];
  const discriminator = [
    ...widths.flatMap((to, i) => judging(i === 0 ? channels : widths[i - 1], to, { resolution, index: i })),
    ...(conditional ? [learned(classes * last)] : []),
    dense(last, 1),
  ];
  return { generator, discriminator };
}

/** A block of the discriminator: between its convolutions the channels of its input, in the first one those of its output. */
function judging(
  from: number,
  to: number,
  { resolution, index }: { readonly resolution: number; readonly index: number },
): Layer[] {
  const first = index === 0;
  const inner = first ? to : from;
  const side = resolution / 2 ** Math.min(index, HALVINGS);
  const after = resolution / 2 ** Math.min(index + 1, HALVINGS);
  const projects = index < HALVINGS || from !== to;
  return [
    convolution(from, inner, { kernel: 3, side, extra: inner, first }),
    convolution(inner, to, { kernel: 3, side, extra: to }),
    ...(projects ? [convolution(from, to, { kernel: 1, side: after, extra: to, first })] : []),
  ];
}

/** Residual blocks in groups, one for each size of the maps. Convolutions of single pixels have the smaller map of two. */
export function modern({
  channels,
  resolution,
  width,
  maxWidth,
  latentSize,
  expansion,
  groupSize,
}: ModernSizes): Networks {
  const sides = Array.from({ length: Math.log2(resolution / FIRST) + 1 }, (_, i) => FIRST * 2 ** i);
  const maps = sides.map((side) => Math.min(maxWidth, (width * resolution) / side));
  const [deepest] = maps;
  const pointwise = (from: number, to: number, side: number, extra = 0) =>
    convolution(from, to, { kernel: 1, side, extra });
  const block = (i: number): Layer[] => {
    const [size, side] = [maps[i], sides[i]];
    const inner = size * expansion;
    const seen = Math.min(inner, groupSize);
    return [
      pointwise(size, inner, side, inner),
      convolution(seen, inner, { kernel: 3, side, extra: inner }),
      pointwise(inner, size, side),
    ];
  };
  const between = (i: number): Layer[] =>
    maps[i] === maps[i + 1] ? [] : [pointwise(maps[i], maps[i + 1], sides[i])];
  const inwards = sides.map((_, i) => sides.length - 1 - i);
  return {
    generator: [
      dense(latentSize, deepest),
      learned(deepest * FIRST ** 2),
      ...sides.flatMap((_, i) => [...(i > 0 ? between(i - 1) : []), ...block(i)]),
      pointwise(width, channels, resolution, channels),
    ],
    discriminator: [
      pointwise(channels, width, resolution, width),
      ...inwards.flatMap((i) => [...block(i), ...(i > 0 ? between(i - 1) : [])]),
      convolution(1, deepest, { kernel: FIRST, side: 1, extra: 0 }),
      dense(deepest, 1),
    ],
  };
}

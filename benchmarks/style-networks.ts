import { convolution, dense, type Layer, learned, type Networks } from './layers';
import type { StyleSizes } from './task';

const FIRST = 4;

/** StyleGAN2's networks: dense layers beside the convolutions turn w into scales; noise has one strength a layer, and 4 × 4 maps are learned. */
export function stylegan2({
  channels,
  resolution,
  width,
  maxWidth,
  latentSize,
  mapping,
}: StyleSizes): Networks {
  const sides = Array.from({ length: Math.log2(resolution / FIRST) + 1 }, (_, i) => FIRST * 2 ** i);
  const maps = sides.map((side) => Math.min(maxWidth, (width * resolution) / side));
  const [deepest] = maps;
  const styled = (from: number, to: number, side: number): Layer[] => [
    dense(latentSize, from),
    convolution(from, to, { kernel: 3, side, extra: to + 1 }),
  ];
  const generator = [
    ...Array.from({ length: mapping }, () => dense(latentSize, latentSize)),
    learned(deepest * FIRST ** 2),
    ...sides.flatMap((side, i) => [
      ...(i > 0 ? styled(maps[i - 1], maps[i], side / 2) : []),
      ...styled(maps[i], maps[i], side),
      dense(latentSize, maps[i]),
      convolution(maps[i], channels, { kernel: 1, side, extra: channels }),
    ]),
  ];
  const halving = (i: number): Layer[] => {
    const [side, from, to] = [sides[i], maps[i], maps[i - 1]];
    return [
      convolution(from, from, { kernel: 3, side, extra: from }),
      convolution(from, to, { kernel: 3, side: side / 2, extra: to }),
      convolution(from, to, { kernel: 1, side: side / 2, extra: 0 }),
    ];
  };
  const last = sides.length - 1;
  const discriminator = [
    convolution(channels, maps[last], { kernel: 1, side: resolution, extra: maps[last] }),
    ...Array.from({ length: last }, (_, i) => halving(last - i)).flat(),
    convolution(deepest + 1, deepest, { kernel: 3, side: FIRST, extra: deepest }),
    dense(deepest * FIRST ** 2, deepest),
    dense(deepest, 1),
  ];
  return { generator, discriminator };
}

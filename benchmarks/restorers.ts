import { convolution, type Layer, type Networks } from './layers';
import type { DenoiseSizes, SuperResolutionSizes } from './task';

/** 3 × 3 convolutions with biases: one, the blocks' two each and one at the size of the input, sub-pixel ones, and one at the size of the output. */
export function superResolution({
  channels,
  resolution,
  scale,
  width,
  blocks,
}: SuperResolutionSizes): Networks {
  const layer = (from: number, to: number, side: number): Layer =>
    convolution(from, to, { kernel: 3, side, extra: to });
  const small = resolution / scale;
  const factors = scale === 4 ? [2, 2] : [scale];
  const generator = [
    layer(channels, width, small),
    ...Array.from({ length: 2 * blocks + 1 }, () => layer(width, width, small)),
    ...factors.map((factor, i) => layer(width, width * factor ** 2, small * factor ** i)),
    layer(width, channels, resolution),
  ];
  return { generator };
}

/** 3 × 3 convolutions, all but the first and the last with batch norm in place of biases. */
export function denoise({ channels, resolution, width, depth }: DenoiseSizes): Networks {
  const layer = (from: number, to: number, extra: number): Layer =>
    convolution(from, to, { kernel: 3, side: resolution, extra });
  const denoiser = [
    layer(channels, width, width),
    ...Array.from({ length: depth - 2 }, () => layer(width, width, 2 * width)),
    layer(width, channels, channels),
  ];
  return { denoiser };
}

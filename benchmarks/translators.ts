import { convolution, type Layer, type Networks } from './layers';
import type { CycleganSizes, Pix2pixSizes } from './task';

/** A batch norm's scale and offset a channel, or an instance norm, which learns nothing behind a convolution with biases. */
type Norm = 'batch' | 'instance';

/** A U-Net and a discriminator of patches, both with batch norm: biases only where none follows. */
export function pix2pix({ channels, resolution, width }: Pix2pixSizes): Networks {
  return {
    generator: unet({ channels, resolution, width }),
    discriminator: patches({ channels: 2 * channels, resolution, width, norm: 'batch' }),
  };
}

/** Two residual translators and two discriminators of patches, with instance norm. */
export function cyclegan({ channels, resolution, width, blocks }: CycleganSizes): Networks {
  const translator = residual({ channels, resolution, width, blocks });
  const judge = patches({ channels, resolution, width, norm: 'instance' });
  return { ab: translator, ba: translator, judgeA: judge, judgeB: judge };
}

interface Images {
  readonly channels: number;
  readonly resolution: number;
  readonly width: number;
}

/** How often the maps are halved at most. */
const DEEPEST = 8;

/** 4 × 4 convolutions that halve the maps down to an odd side, and transposed ones back, which see the map of their size too. */
function unet({ channels, resolution, width }: Images): Layer[] {
  const halvings = Array.from({ length: DEEPEST }, (_, level) => resolution / 2 ** (level + 1));
  const sides = halvings.filter(Number.isInteger);
  const maps = sides.map((_, level) => width * Math.min(2 ** level, 8));
  const last = sides.length - 1;
  const down = sides.map((side, level) => {
    const extra = level === 0 || level === last ? 0 : 2 * maps[level];
    return convolution(level === 0 ? channels : maps[level - 1], maps[level], { kernel: 4, side, extra });
  });
  const up = sides.map((side, level) => {
    const from = level === last ? maps[level] : 2 * maps[level];
    const to = level === 0 ? channels : maps[level - 1];
    return convolution(from, to, { kernel: 4, side, extra: level === 0 ? to : 2 * to });
  });
  return [...down, ...up.reverse()];
}

/** Patches of 70 pixels: three 4 × 4 convolutions of stride 2, two of stride 1. */
function patches({ channels, resolution, width, norm }: Images & { readonly norm: Norm }): Layer[] {
  const maps = [channels, width, 2 * width, 4 * width, 8 * width, 1];
  const sides = [resolution / 2, resolution / 4, resolution / 8, resolution / 8 - 1, resolution / 8 - 2];
  return sides.map((side, i) => {
    const to = maps[i + 1];
    const normed = i > 0 && i < sides.length - 1;
    return convolution(maps[i], to, { kernel: 4, side, extra: normed && norm === 'batch' ? 2 * to : to });
  });
}

/** Biases everywhere. */
function residual({ channels, resolution, width, blocks }: Images & { readonly blocks: number }): Layer[] {
  const layer = (from: number, to: number, { kernel = 3, side }: { kernel?: number; side: number }) =>
    convolution(from, to, { kernel, side, extra: to });
  const whole = { kernel: 7, side: resolution };
  const [half, quarter] = [{ side: resolution / 2 }, { side: resolution / 4 }];
  return [
    layer(channels, width, whole),
    layer(width, 2 * width, half),
    layer(2 * width, 4 * width, quarter),
    ...Array.from({ length: 2 * blocks }, () => layer(4 * width, 4 * width, quarter)),
    layer(4 * width, 2 * width, quarter),
    layer(2 * width, width, half),
    layer(width, channels, whole),
  ];
}

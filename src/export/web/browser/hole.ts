import { hasAlpha } from './channels';
import type { Numbers } from './facts';

/** A square hole: places and size are shares of the picture. */
export interface Hole {
  x: number;
  y: number;
  size: number;
}

/** 1 in the hole, 0 elsewhere: [1, 1, H, W]. */
export function maskOf({ x, y, size }: Hole, { dims: [, , height, width] }: Numbers): Numbers {
  const half = (size * Math.min(height, width)) / 2;
  const data = new Float32Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      if (Math.abs(row - y * height) < half && Math.abs(column - x * width) < half)
        data[row * width + column] = 1;
  return { data, dims: [1, 1, height, width] };
}

/** An image [1, C, H, W] that is black in the hole, and as transparent as before. */
export function without({ data, dims }: Numbers, mask: Numbers): Numbers {
  const plane = mask.data.length;
  const [, channels] = dims;
  const coloured = hasAlpha(channels) ? (channels - 1) * plane : data.length;
  return {
    data: data.map((value, i) => (i < coloured && mask.data[i % plane] === 1 ? -1 : value)),
    dims,
  };
}

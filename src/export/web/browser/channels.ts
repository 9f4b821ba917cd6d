import type { Numbers } from './facts';

/** What a canvas has of a picture: RGBA, row by row. */
interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Whether the last of so many channels is alpha: 2 are grey and alpha, 4 are RGBA. */
export function hasAlpha(channels: number): boolean {
  return channels === 2 || channels === 4;
}

/** The n-th of images [N, C, H, W] in [−1, 1] as RGBA, row by row. */
export function rgbaOf({ data, dims }: Numbers, index: number): Uint8ClampedArray {
  const [, channels, height, width] = dims;
  const plane = height * width;
  const colours = channels < 3 ? 1 : 3;
  const rgba = new Uint8ClampedArray(4 * plane).fill(255);
  for (let channel = 0; channel < (hasAlpha(channels) ? 4 : 3); channel++) {
    const from = index * channels + (channel === 3 ? channels - 1 : Math.min(channel, colours - 1));
    for (let i = 0; i < plane; i++)
      rgba[4 * i + channel] = Math.floor(127.5 * (data[from * plane + i] + 1) + 0.5);
  }
  return rgba;
}

/** A picture’s numbers in [−1, 1], grey (Rec. 601) where a model takes no colours. */
export function numbersOf({ data, width, height }: Pixels, channels: number): Numbers {
  const plane = width * height;
  const numbers = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [red, green, blue, alpha] = data.subarray(4 * i, 4 * i + 4);
    const values = channels < 3 ? [0.299 * red + 0.587 * green + 0.114 * blue] : [red, green, blue];
    if (hasAlpha(channels)) values.push(alpha);
    for (const [channel, value] of values.entries()) numbers[channel * plane + i] = value / 127.5 - 1;
  }
  return { data: numbers, dims: [1, channels, height, width] };
}

import type { Numbers } from './facts';

/** Draws the n-th of images [N, C, H, W] in [−1, 1], and makes the canvas of their size. */
export function draw(canvas: HTMLCanvasElement, { data, dims }: Numbers, index = 0): void {
  const [, channels, height, width] = dims;
  const plane = height * width;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < plane; i++)
    for (let channel = 0; channel < 4; channel++) {
      const from = (index * channels + Math.min(channel, channels - 1)) * plane + i;
      pixels.data[4 * i + channel] = channel === 3 ? 255 : Math.floor(127.5 * (data[from] + 1) + 0.5);
    }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

/** A picture’s numbers in [−1, 1], grey (Rec. 601) where a model takes one channel. */
export function numbersOf({ data, width, height }: ImageData, channels: number): Numbers {
  const plane = width * height;
  const numbers = new Float32Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const [red, green, blue] = data.subarray(4 * i, 4 * i + 3);
    const colours = channels === 1 ? [0.299 * red + 0.587 * green + 0.114 * blue] : [red, green, blue];
    for (const [channel, colour] of colours.entries()) numbers[channel * plane + i] = colour / 127.5 - 1;
  }
  return { data: numbers, dims: [1, channels, height, width] };
}

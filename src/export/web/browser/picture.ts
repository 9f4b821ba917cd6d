import { rgbaOf } from './channels';
import type { Numbers } from './facts';

/** Draws the n-th of images [N, C, H, W] in [−1, 1], and makes the canvas of their size. */
export function draw(canvas: HTMLCanvasElement, images: Numbers, index = 0): void {
  const [, , height, width] = images.dims;
  const pixels = new ImageData(width, height);
  pixels.data.set(rgbaOf(images, index));
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
}

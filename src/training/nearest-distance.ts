import { noGrad } from '../tensor/autograd';
import { eye } from '../tensor/create';
import { adaptiveAvgPool2d } from '../tensor/functional';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Pixels a side that images are averaged to: what is finer is noise, and tells nothing of what they show. */
const SIDE = 16;

/**
 * The mean distance of images [N, C, H, W] from the one most like each, of the means of pixels in 16 × 16 places at most: near 0 where many show the same.
 * The host waits for it. Two images at least.
 */
export function nearestDistance(images: Tensor): number {
  return noGrad(() =>
    scope(() => {
      const [count, , height, width] = images.shape;
      const size: [number, number] = [Math.min(SIDE, height), Math.min(SIDE, width)];
      const vectors = adaptiveAvgPool2d(images.detach().float(), size).flatten({ startDim: 1 }).double();
      const squares = vectors.square().sum(1);
      const distances = vectors.matmul(vectors.t()).mul(-2).add(squares).add(squares.unsqueeze(1));
      // Nobody is the one most like itself.
      const others = distances.add(eye(count, { dtype: 'float64', device: images.device }).mul(1e30));
      return others.amin(1).clamp({ min: 0 }).sqrt().mean().item();
    }),
  );
}

import { enableGrad, grad, withoutAutocast } from '../tensor/autograd';
import { inFull } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';

/**
 * What a penalty asks for logits: a network, or a function of images [N, C, H, W] for one that wants more, e.g.
 * `(x) => D.forward(x, labels)`.
 */
export type Critic =
  | ((images: Tensor) => Tensor)
  | {
      /** A logit for each image [N, C, H, W]. */
      forward(images: Tensor): Tensor;
    };

/**
 * The images as a leaf of autograd, cut off from whatever made them: logits of it can be differentiated by the pixels. What autocast
 * made is float32 again.
 */
export function differentiable(images: Tensor): Tensor {
  const leaf = inFull(images).detach();
  leaf.requiresGrad = true;
  return leaf;
}

/** ∂ΣD/∂x at each of the images, recorded for another derivative, in full precision also inside autocast. */
export function gradientAt(critic: Critic, images: Tensor): Tensor {
  const points = differentiable(images);
  return withoutAutocast(points.device, () =>
    enableGrad(() => {
      const logits = typeof critic === 'function' ? critic(points) : critic.forward(points);
      return gradientOf(logits, points);
    }),
  );
}

/** ∂Σlogits/∂images, recorded for another derivative. */
export function gradientOf(logits: Tensor, images: Tensor): Tensor {
  const [gradient] = grad([logits.sum()], [images], { createGraph: true });
  return gradient;
}

/** The dimensions of one image in a batch: [1, 2, 3] of [N, C, H, W]. */
export function imageDims({ shape }: Tensor): number[] {
  return shape.slice(1).map((_, i) => i + 1);
}

import { numberBetween } from '../check';
import { UsageError } from '../errors';
import { noGrad, withoutAutocast } from '../tensor/autograd';
import { rand, randn } from '../tensor/create';
import { inFull, isShort } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';
import { type Critic, gradientAt, gradientOf, imageDims } from './critic';
import { sameShape } from './per-image';

/** What {@link gradientPenalty} works on. */
export interface GradientPenaltyOptions {
  /** Real images [N, C, H, W]. */
  readonly real: Tensor;
  /** As many fakes; no gradient reaches their generator. */
  readonly fake: Tensor;
  /** The norm that gradients are drawn to (1). */
  readonly center?: number;
  /** Punishes only norms above `center` (WGAN-LP, Petzka et al. 2018) (false). */
  readonly oneSided?: boolean;
  /** Where between fake (0) and real (1) each pair is judged, [N, 1, 1, 1]; drawn uniformly where absent. */
  readonly epsilon?: Tensor;
}

/** What {@link dragan} works on. */
export interface DraganOptions {
  /** Real images [N, C, H, W]. */
  readonly real: Tensor;
  /** The norm that gradients are drawn to (1). */
  readonly center?: number;
  /** The noise's standard deviation, in standard deviations of the batch's pixels (0.5). */
  readonly scale?: number;
  /** Standard normal noise of the images' shape; drawn where absent. */
  readonly noise?: Tensor;
}

/**
 * The gradient penalty of WGAN-GP (Gulrajani et al. 2017): E[(‖∇D(x̂)‖₂ − center)²] at x̂ = ε · real + (1 − ε) · fake with
 * ε ~ U[0, 1) for each pair, the norm over all of C·H·W; weighted by λ = 10 in the critic's own loss. ε comes from the default
 * generator. In float32, also inside autocast.
 *
 * @throws TorchError for real and fake images of different shapes
 */
export function gradientPenalty(
  critic: Critic,
  { real, fake, epsilon, center = 1, oneSided = false }: GradientPenaltyOptions,
): Tensor {
  numberBetween('gradientPenalty', 'center', center, { min: 0 });
  sameShape('gradientPenalty', { real, fake });
  const between = noGrad(() => {
    const [x, y] = [inFull(real), inFull(fake)];
    return y.lerp(x, epsilon ?? rand([x.shape[0], ...imageDims(x).map(() => 1)], like(x)));
  });
  return distances(gradientAt(critic, between), { center, oneSided });
}

/**
 * DRAGAN's penalty (Kodali et al. 2017): E[(‖∇D(x + δ)‖₂ − center)²] around the real images only, δ ~ N(0, (scale · std(x))²) with the
 * standard deviation of the batch's pixels, as the paper's code scales it; weighted by λ = 10. δ comes from the default generator. In
 * float32, also inside autocast.
 */
export function dragan(critic: Critic, { real, noise, center = 1, scale = 0.5 }: DraganOptions): Tensor {
  numberBetween('dragan', 'center', center, { min: 0 });
  numberBetween('dragan', 'scale', scale, { min: 0 });
  const around = noGrad(() => {
    const x = inFull(real);
    const delta = noise ?? randn(x.shape, like(x));
    return x.add(delta.mul(x.std().mul(scale)));
  });
  return distances(gradientAt(critic, around), { center, oneSided: false });
}

/**
 * R1 (Mescheder et al. 2018): ½ E‖∇D(x)‖² on real images, the sum over C·H·W, the mean over the batch; γ is its weight. In float32,
 * also inside autocast.
 */
export function r1(critic: Critic, real: Tensor): Tensor {
  return halfSquares(gradientAt(critic, real));
}

/** R2 (Mescheder et al. 2018): {@link r1} on fakes; no gradient reaches their generator. */
export function r2(critic: Critic, fake: Tensor): Tensor {
  return halfSquares(gradientAt(critic, fake));
}

/**
 * {@link r1} or {@link r2} of logits that are there already, which saves the critic's pass: `images` is a leaf that was made by
 * `differentiable(…)` before the critic saw it.
 *
 * @throws UsageError for logits of autocast: a penalty needs float32, so judge the images inside `withoutAutocast`
 * @throws TorchError where the logits do not depend on the images
 */
export function gradientSquares(logits: Tensor, images: Tensor): Tensor {
  if (isShort(logits) || isShort(images))
    throw new UsageError(
      `gradientSquares expected logits in float32 but received ${logits.dtype} of ${images.dtype} images: judge them inside withoutAutocast()`,
    );
  return withoutAutocast(images.device, () => halfSquares(gradientOf(logits, images)));
}

function halfSquares(gradient: Tensor): Tensor {
  return gradient.square().sum(imageDims(gradient)).mean().mul(0.5);
}

function distances(
  gradient: Tensor,
  { center, oneSided }: { readonly center: number; readonly oneSided: boolean },
): Tensor {
  const beyond = gradient.norm({ dim: imageDims(gradient) }).sub(center);
  return (oneSided ? beyond.relu() : beyond).square().mean();
}

function like({ dtype, device }: Tensor) {
  return { dtype, device };
}

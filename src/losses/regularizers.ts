import { numberBetween, positiveInteger } from '../check';
import type { Module } from '../nn/module';
import type { AdamOptions } from '../optim/adam';
import { clampParameters } from '../optim/clip';
import { meanOfAll } from '../parallel/shared-statistics';
import { enableGrad, grad, noGrad, withoutAutocast } from '../tensor/autograd';
import { randn } from '../tensor/create';
import { inFull } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';
import { differentiable } from './critic';
import { perImage, sameShape } from './per-image';

/**
 * Clips a critic's weights to [−limit, limit], as the first Wasserstein GAN does (Arjovsky et al. 2017): in a phase's
 * `before`, ahead of each of the critic's steps: `before: ({ critic }) => clipWeights(critic)`. Parameters only; batch statistics are
 * buffers and stay.
 *
 * @throws UsageError for a negative limit
 */
export function clipWeights(critic: Module, limit = 0.01): void {
  clampParameters(critic.parameters(), limit);
}

/** The drift term of progressive growing (Karras et al. 2018): E[D(x)²], weighted by 0.001, keeps a critic's logits near 0. */
export function drift(logits: Tensor): Tensor {
  return logits.square().mean();
}

/**
 * Consistency (CR-GAN, Zhang et al. 2020): E‖D(x) − D(T(x))‖² of the logits on images and on the same images augmented, the sum over an
 * image's logits, the mean over the batch. For real images, weighted by 10; balanced (bCR, Zhao et al. 2021) for fakes, too.
 *
 * @throws TorchError for logits of different shapes
 */
export function consistency(logits: Tensor, augmented: Tensor): Tensor {
  sameShape('consistency', { logits, augmented });
  return perImage(logits.sub(augmented).square()).mean();
}

/** What {@link pathLength} works on. */
export interface PathLengthOptions {
  /** Latents [N, d], or one a layer [N, L, d]: in StyleGAN2 those of its w space. */
  readonly latents: Tensor;
  /** The running mean a of the lengths, one number; moved in place. The caller's: register it as a buffer, so that it is saved. */
  readonly mean: Tensor;
  /** How far a moves to the batch's mean each time (0.01). */
  readonly decay?: number;
  /** Standard normal noise of the images' shape; drawn where absent. */
  readonly noise?: Tensor;
}

/**
 * Path length regularisation (StyleGAN2, Karras et al. 2020): E[(‖Jᵀy‖₂ − a)²], J = ∂g(w)/∂w, y ~ N(0, 1) / √(H·W), a the running mean of
 * the lengths; of latents [N, L, d] the root mean square over the layers. Weighted by 2, lazily every 4 steps. In float32, also
 * inside autocast; y comes from the default generator.
 *
 * @throws UsageError for a decay that is no share
 */
export function pathLength(
  generate: (latents: Tensor) => Tensor,
  { latents, mean, decay = 0.01, noise }: PathLengthOptions,
): Tensor {
  numberBetween('pathLength', 'decay', decay, { min: 0, max: 1 });
  return withoutAutocast(latents.device, () =>
    enableGrad(() => {
      const w = latents.requiresGrad ? inFull(latents) : differentiable(latents);
      const images = generate(w);
      const { shape, dtype, device } = images;
      const pixels = shape.slice(2).reduce((product, size) => product * size, 1);
      const direction = (noise ?? randn(shape, { dtype, device })).mul(1 / Math.sqrt(pixels));
      const [gradient] = grad([images.mul(direction).sum()], [w], { createGraph: true });
      const squares = gradient.square().sum(-1);
      const lengths = (squares.dim > 1 ? squares.mean(1) : squares).sqrt();
      noGrad(() => mean.lerp_(meanOfAll(lengths.mean()), decay));
      return lengths.sub(mean).square().mean();
    }),
  );
}

/** How a penalty runs in every k-th step only. */
export interface Lazy {
  /** k: the phase's `every`. */
  readonly every: number;
  /** What multiplies the penalty's weight: k. */
  readonly weight: number;
  /** Adam's options for the phase and for the one it belongs to: lr · c, betas^c with c = k / (k + 1). Schedules count the steps of both. */
  adam(options: AdamOptions): AdamOptions;
}

/**
 * Lazy regularisation (StyleGAN2, Karras et al. 2020): a penalty in a phase of its own, every k-th step and k times as heavy. The two phases
 * together take k + 1 steps where there were k, so the optimizer they share is slowed down by c = k / (k + 1):
 *
 * ```ts
 * const lazy = lazily(16);
 * const optimizer = adam(lazy.adam({ lr: 2e-3, betas: [0, 0.99] }));
 * const phases = [
 *   { name: 'D', trains: 'discriminator', optimizer, loss: … },
 *   { name: 'Dreg', trains: 'discriminator', optimizer, every: lazy.every,
 *     loss: ({ batch, networks: { discriminator } }) => r1(discriminator, batch.images).mul(lazy.weight * gamma) },
 * ];
 * ```
 *
 * @throws UsageError unless `every` is a positive integer
 */
export function lazily(every: number): Lazy {
  positiveInteger('lazily', 'every', every);
  const c = every / (every + 1);
  return {
    every,
    weight: every,
    adam: ({ lr = 1e-3, betas = [0.9, 0.999], betaSchedule, ...others }) => {
      const slowed = ([beta1, beta2]: readonly [number, number]): [number, number] => [
        beta1 ** c,
        beta2 ** c,
      ];
      return {
        ...others,
        lr: lr * c,
        betas: slowed(betas),
        ...(betaSchedule && { betaSchedule: (step) => slowed(betaSchedule(step)) }),
      };
    },
  };
}

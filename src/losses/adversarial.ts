import { numberBetween } from '../check';
import { logSigmoid } from '../tensor/activations';
import { full } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import { binaryCrossEntropyWithLogits } from './reconstruction';

/** What a discriminator's loss is at best and without any knowledge. */
export interface LossEnds {
  /** Where it cannot tell real from fake, and knows that. */
  readonly guessing: number;
  /** Where it is sure of every image, and right. */
  readonly knowing: number;
}

/** The two sides of an adversarial game, both to be minimised; logits of any shape, the mean over all of them. */
export interface AdversarialLoss {
  /** What it is called in settings: what is known to fail with it is told by this (a loss of the user's own needs none). */
  readonly name?: string;
  /** By how much the target of real images is lowered (0). */
  readonly labelSmoothing?: number;
  /** Between what the discriminator's loss lies; absent for a critic's, which has no ends. */
  readonly ends?: LossEnds;
  /** The discriminator's loss from its logits on real and on fake images. */
  discriminator(real: Tensor, fake: Tensor): Tensor;
  /**
   * The generator's loss from the discriminator's logits on fake images.
   *
   * @param real gives its logits on real images: called by losses that compare the two (`relativistic`), so that no other pays
   * for them
   */
  generator(fake: Tensor, real: () => Tensor): Tensor;
}

/** A loss that judges real and fake images each for themselves: its generator's side needs no real ones. */
export interface UnpairedLoss extends AdversarialLoss {
  /** The generator's loss from the discriminator's logits on fake images. */
  generator(fake: Tensor): Tensor;
}

/** Options of the losses whose real images have a target. */
export interface SmoothingOptions {
  /**
   * One-sided label smoothing (Salimans et al. 2016): the target of real images, in the discriminator's loss only, is
   * 1 − labelSmoothing (0).
   */
  readonly labelSmoothing?: number;
}

/**
 * The non-saturating loss (Goodfellow et al. 2014), the usual choice: with σ the logistic function,
 * L_D = −E[log σ(D(x))] − E[log(1 − σ(D(G(z))))] and L_G = −E[log σ(D(G(z)))].
 *
 * @throws UsageError unless 0 ≤ labelSmoothing ≤ 1
 */
export function nonSaturating(options: SmoothingOptions = {}): UnpairedLoss {
  return {
    name: 'non-saturating',
    labelSmoothing: options.labelSmoothing,
    ends: logisticEnds(options),
    discriminator: logisticDiscriminator('nonSaturating', options),
    generator: (fake) => crossEntropyTo(fake, 1),
  };
}

/**
 * The minimax loss (Goodfellow et al. 2014): L_D as in {@link nonSaturating}, and L_G = E[log(1 − σ(D(G(z))))], whose
 * gradient fades while the discriminator wins.
 *
 * @throws UsageError unless 0 ≤ labelSmoothing ≤ 1
 */
export function minimax(options: SmoothingOptions = {}): UnpairedLoss {
  return {
    name: 'minimax',
    labelSmoothing: options.labelSmoothing,
    ends: logisticEnds(options),
    discriminator: logisticDiscriminator('minimax', options),
    generator: (fake) => crossEntropyTo(fake, 0).neg(),
  };
}

/**
 * The logistic loss in softplus form, as in StyleGAN (Karras et al. 2019): with f(t) = ln(1 + e^−t), L_D = E[f(D(x))] +
 * E[f(−D(G(z)))] and L_G = E[f(D(G(z)))]. The same numbers as {@link nonSaturating} without smoothing.
 */
export function logistic(): UnpairedLoss {
  return {
    name: 'logistic',
    ends: logisticEnds(),
    discriminator: (real, fake) => logisticMargin(real).mean().add(logisticMargin(fake.neg()).mean()),
    generator: (fake) => logisticMargin(fake).mean(),
  };
}

/**
 * The least-squares loss (LSGAN, Mao et al. 2017) with targets 0 and 1: L_D = ½ E[(D(x) − 1)²] + ½ E[D(G(z))²] and
 * L_G = ½ E[(D(G(z)) − 1)²].
 *
 * @throws UsageError unless 0 ≤ labelSmoothing ≤ 1
 */
export function leastSquares(options: SmoothingOptions = {}): UnpairedLoss {
  const target = realTarget('leastSquares', options);
  return {
    name: 'least-squares',
    labelSmoothing: options.labelSmoothing,
    ends: { guessing: target ** 2 / 4, knowing: 0 },
    discriminator: (real, fake) => halfSquare(real.sub(target)).add(halfSquare(fake)),
    generator: (fake) => halfSquare(fake.sub(1)),
  };
}

/**
 * The Wasserstein loss (Arjovsky et al. 2017) of a critic: L_D = E[D(G(z))] − E[D(x)] and L_G = −E[D(G(z))]. The critic
 * must be kept Lipschitz: clip its weights (`clipWeights`) or penalise its gradient (`gradientPenalty`).
 */
export function wasserstein(): UnpairedLoss {
  return {
    name: 'wasserstein',
    discriminator: (real, fake) => fake.mean().sub(real.mean()),
    generator: (fake) => fake.mean().neg(),
  };
}

/**
 * The hinge loss (Lim & Ye 2017; Miyato et al. 2018): L_D = E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))] and
 * L_G = −E[D(G(z))].
 */
export function hinge(): UnpairedLoss {
  return {
    name: 'hinge',
    ends: { guessing: 2, knowing: 0 },
    discriminator: (real, fake) => real.neg().add(1).relu().mean().add(fake.add(1).relu().mean()),
    generator: (fake) => fake.mean().neg(),
  };
}

/** f(t) = ln(1 + e^−t) = −ln σ(t); LibTorch's softplus cuts its tail off above 20, and with it the gradient's. */
export function logisticMargin(t: Tensor): Tensor {
  return logSigmoid(t).neg();
}

function realTarget(owner: string, { labelSmoothing = 0 }: SmoothingOptions): number {
  return 1 - numberBetween(owner, 'labelSmoothing', labelSmoothing, { min: 0, max: 1 });
}

function logisticDiscriminator(owner: string, options: SmoothingOptions): AdversarialLoss['discriminator'] {
  const target = realTarget(owner, options);
  return (real, fake) => crossEntropyTo(real, target).add(crossEntropyTo(fake, 0));
}

/** With smoothing nobody is surer of a real image than its target, and who cannot tell gives every image half of that. */
function logisticEnds({ labelSmoothing = 0 }: SmoothingOptions = {}): LossEnds {
  const entropy = (p: number): number =>
    p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  const target = 1 - labelSmoothing;
  return { guessing: 2 * entropy(target / 2), knowing: entropy(target) };
}

function crossEntropyTo(logits: Tensor, target: number): Tensor {
  const targets = full(logits.shape, target, { dtype: logits.dtype, device: logits.device });
  return binaryCrossEntropyWithLogits(logits, targets);
}

function halfSquare(residual: Tensor): Tensor {
  return residual.square().mean().mul(0.5);
}

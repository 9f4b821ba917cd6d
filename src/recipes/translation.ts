import { type ImageSize, sizeText } from '../data/image-size';
import { UsageError } from '../errors';
import { type AdversarialLoss, hinge, leastSquares, nonSaturating } from '../losses/adversarial';
import { leastPatchedSize, type PatchSize } from '../models/patch-discriminator';
import { type AdamOptions, adam } from '../optim/adam';
import type { OptimizerFactory } from '../optim/optimizer';
import { constant, linear, sequence } from '../optim/schedule';
import { choice, number } from './config';
import type { TrainingLength } from './recipe';

/** Losses that `--set loss=…` can name for patches. */
const PATCH_LOSSES = ['least-squares', 'non-saturating', 'hinge'] as const;

/** Pixels a side of the patches that a discriminator can judge, the smallest first. */
const PATCHES = ['1', '16', '34', '70', '142', '286'] as const;

/** Whether a value is one of `--set patch=…`. */
export function isPatch(value: unknown): value is (typeof PATCHES)[number] {
  return PATCHES.some((patch) => patch === value);
}

/** What `--set` reaches of the discriminators and the optimizers of models that make images of images. */
export function translationFields(loss: (typeof PATCH_LOSSES)[number]) {
  return {
    loss: choice(loss, PATCH_LOSSES, { help: 'the adversarial loss, over patches' }),
    patch: choice('70', PATCHES, {
      help: 'pixels a side of the patches that D judges',
    }),
    lr: number(2e-4, {
      resumable: true,
      min: 0,
      help: 'learning rate, constant for half of the training, then falling to 0',
    }),
    beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  };
}

/**
 * The loss of that name with the weights of Isola et al. 2017 and Zhu et al. 2017: D's half as heavy as the sum over real images and fakes,
 * which slows D down relative to G; G's without a factor, E[(D(G(x)) − 1)²] for least squares.
 */
export function patchLoss(name: (typeof PATCH_LOSSES)[number]): AdversarialLoss {
  // ½ E[(D(x) − 1)²] + ½ E[D(G(z))²] has the half already.
  if (name === 'least-squares') {
    const squares = leastSquares();
    return { ...squares, generator: (fake) => squares.generator(fake).mul(2) };
  }
  const loss = name === 'hinge' ? hinge() : nonSaturating();
  const { ends } = loss;
  return {
    ...loss,
    ...(ends && { ends: { guessing: ends.guessing / 2, knowing: ends.knowing / 2 } }),
    discriminator: (real, fake) => loss.discriminator(real, fake).mul(0.5),
  };
}

/** The receptive field that `--set patch=…` names. @throws UsageError for images without a whole patch, with the largest that fits */
export function patchSize(text: (typeof PATCHES)[number], images: ImageSize): PatchSize {
  const fitting = fittingPatch(text, images);
  if (fitting === text) return Number(text) as PatchSize;
  const least = leastPatchedSize(Number(text) as PatchSize);
  throw new UsageError(
    `patch=${text} expects images of at least ${least}×${least} pixels but they are of ${sizeText(images)}: try --set patch=${fitting}`,
  );
}

/** That value of `--set patch=…`, or the largest of which images have a whole patch. */
export function fittingPatch(
  wanted: (typeof PATCHES)[number],
  { height, width }: ImageSize,
): (typeof PATCHES)[number] {
  const fits = (patch: (typeof PATCHES)[number]) =>
    leastPatchedSize(Number(patch) as PatchSize) <= Math.min(height, width);
  return fits(wanted) ? wanted : (PATCHES.findLast(fits) ?? PATCHES[0]);
}

/** Adam at a rate that is constant for half of the training and falls to 0 over the other. */
export function decayingAdam(
  { lr, beta1 }: { readonly lr: number; readonly beta1: number },
  { steps }: TrainingLength,
): OptimizerFactory {
  const half = Math.max(1, Math.floor(steps / 2));
  const schedule = sequence(
    [{ schedule: constant(), steps: half }],
    linear({ steps: Math.max(1, steps - half) }),
  );
  const options: AdamOptions = { lr, betas: [beta1, 0.999], schedule };
  return adam(options);
}

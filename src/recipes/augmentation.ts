import { ada } from '../data/augment/ada';
import { diffAugment } from '../data/augment/diff-augment';
import type { AdversarialLoss } from '../losses/adversarial';
import type { Module } from '../nn/module';
import type { Tensor } from '../tensor/tensor';
import { choice } from './config';

/** A value of `--set augment=…`: how D's images can be changed. */
export type AugmentationName = 'none' | 'diffaugment' | 'ada';

/** All of them. */
export const AUGMENTATIONS: readonly AugmentationName[] = ['none', 'diffaugment', 'ada'];

/** `--set augment=…`: how every image is changed before D sees it, against overfitting on few images. */
export const augment = choice('none', AUGMENTATIONS, {
  help: 'changes all that D sees, real and fake: for few images',
});

/** How D sees images: real ones and fakes alike, in the phases of both networks. */
export interface Augmentation {
  /** To be among the model's: what it knows is saved with them. */
  readonly networks: Readonly<Record<string, Module>>;
  /** Images [N, C, H, W] as D sees them. Gradients of every order go through. */
  readonly augment: (images: Tensor) => Tensor;
  /** Takes note of D's logits in its own phase. */
  readonly observe: (onReal: Tensor, onFake: Tensor) => void;
}

/** Losses of the differences D(x) − D(G(z)) alone: zero is no boundary for their logits. */
const OF_DIFFERENCES: readonly string[] = ['relativistic', 'relativistic-average', 'wasserstein'];

/**
 * The augmentation of that name, as `--set augment=…` has it: none; DiffAugment (Zhao et al. 2020); or ADA (Karras et al. 2020), a network `ada`
 * without parameters whose probability p follows E[sign D(x)] on real images; of least squares, whose targets are 0 and 1, that of D(x) less
 * the middle between them. Where the loss knows only differences of logits, a sign says nothing, and p follows E[sign(D(x) − D(G(z)))]
 * instead: how surely D tells the two of a pair apart.
 *
 * @param loss the adversarial loss that D has
 */
export function augmentation(name: AugmentationName, loss: AdversarialLoss): Augmentation {
  if (name === 'diffaugment') {
    const change = diffAugment();
    return { networks: {}, augment: (images) => change(images), observe: () => {} };
  }
  if (name === 'ada') {
    const adaptive = ada();
    const ofPairs = OF_DIFFERENCES.includes(loss.name ?? '');
    return {
      networks: { ada: adaptive },
      augment: (images) => adaptive.forward(images),
      observe: (onReal, onFake) => adaptive.observe(ofPairs ? onReal.sub(onFake) : beyond(onReal, loss)),
    };
  }
  return { networks: {}, augment: (images) => images, observe: () => {} };
}

/** D's logits less what it gives where it cannot tell real from fake. */
function beyond(logits: Tensor, { name, labelSmoothing = 0 }: AdversarialLoss): Tensor {
  return name === 'least-squares' ? logits.sub((1 - labelSmoothing) / 2) : logits;
}

import { numberBetween } from '../check';
import { native } from '../native/addon';
import { TorchError } from '../native/torch-error';
import { withoutAutocast } from '../tensor/autograd';
import { inFull } from '../tensor/full-precision';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import { type PerImageOptions, perImage, reduced, sameShape } from './per-image';
import { crossEntropy } from './reconstruction';

/** What a probability is at least, in its logarithm. */
const LEAST = 1e-12;

/**
 * The class head's loss of an AC-GAN (Odena et al. 2017): −E[ln softmax(logits)[label]], logits [N, K], labels [N] (int64).
 * Added to D's loss for real images with their labels and for fakes with the labels they were made with, and to G's for the
 * fakes. Takes logits: no softmax before it.
 *
 * @throws TorchError for shapes that do not fit, or a class that does not exist
 */
export function auxiliaryClassification(logits: Tensor, labels: Tensor): Tensor {
  sameBatch('auxiliaryClassification', { logits, labels });
  return crossEntropy(logits, labels);
}

/**
 * The information term of a categorical code (InfoGAN, Chen et al. 2016): −E[ln Q(c | x)], which is H(c) minus the lower bound of the
 * mutual information, in nats. Belongs to D's loss and to G's, with the weight λ.
 *
 * @param logits what Q says of the images, [N, K]
 * @param code the codes they were made with: classes [N] (int64), or one-hot [N, K]
 * @throws TorchError for shapes that do not fit
 */
export function categoricalInformation(logits: Tensor, code: Tensor): Tensor {
  sameBatch('categoricalInformation', { logits, code });
  return crossEntropy(logits, code);
}

/**
 * What a classifier of K classes that nobody names says of images and of other views of them, as one number to minimise: the
 * cross-entropy −E[Σ p ln q] of its answers p for the images (taken as they are, without a gradient) and q for the views, minus the entropy of
 * the batch's mean p. It is least, −ln K, where every class is equally frequent, and each image and its view surely of the same one
 * (regularised information maximisation, Hu et al. 2017, with random views).
 *
 * @param logits of the images, [N, K]
 * @param views logits of their views, [N, K]
 * @throws TorchError for shapes that differ
 */
export function viewAgreement(logits: Tensor, views: Tensor): Tensor {
  sameShape('viewAgreement', { logits, views });
  return withoutAutocast(logits.device, () => {
    const chosen = inFull(logits).softmax(1);
    const mean = chosen.mean(0);
    const differ = chosen.detach().mul(inFull(views).logSoftmax(1)).sum().div(-logits.shape[0]);
    return differ.add(mean.mul(mean.clamp({ min: LEAST }).log()).sum());
  });
}

/**
 * The information term of continuous codes (InfoGAN, Chen et al. 2016), with Q(c | x) a Gaussian of fixed variance around `mean`:
 * −E[ln Q(c | x)] = E[Σ ½ ((c − mean) / std)² + ln std + ½ ln 2π] in nats, the sum over the codes of an image [N, d].
 *
 * @param options.std Q's standard deviation (1)
 * @throws TorchError for shapes that differ
 * @throws UsageError for a std that is not positive
 */
export function gaussianInformation(
  mean: Tensor,
  code: Tensor,
  { std = 1 }: { readonly std?: number } = {},
): Tensor {
  numberBetween('gaussianInformation', 'std', std, { min: Number.MIN_VALUE });
  sameShape('gaussianInformation', { mean, code });
  const constant = Math.log(std) + 0.5 * Math.log(2 * Math.PI);
  return perImage(
    code
      .sub(mean)
      .square()
      .mul(0.5 / std ** 2)
      .add(constant),
  ).mean();
}

/**
 * The Kullback-Leibler divergence of a VAE's posterior N(mean, e^logVariance) from the prior N(0, 1) (Kingma & Welling 2014):
 * ½ Σ (mean² + e^logVariance − logVariance − 1) in nats, the sum over an image's latents, the mean over the batch. β-VAE weights
 * it by β, a warm-up by a number that grows to 1.
 *
 * @param options.reduction `none` gives each image's own [N] (`mean`)
 * @throws TorchError for shapes that differ
 */
export function gaussianKl(
  { mean, logVariance }: { readonly mean: Tensor; readonly logVariance: Tensor },
  { reduction = 'mean' }: PerImageOptions = {},
): Tensor {
  sameShape('gaussianKl', { mean, logVariance });
  return reduced(wrap(native().gaussianKl(mean.handle, logVariance.handle), 'gaussianKl'), { reduction });
}

function sameBatch(owner: string, tensors: Readonly<Record<string, Tensor>>): void {
  const counts = Object.values(tensors).map(({ shape }) => shape[0] ?? 0);
  if (new Set(counts).size > 1)
    throw new TorchError(
      `expected ${Object.keys(tensors).join(' and ')} of one batch but received ${counts.join(' and ')} of them`,
      'ERR_SHAPE',
      owner,
    );
}

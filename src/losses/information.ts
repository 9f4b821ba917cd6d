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
 * Minus what two views of an image tell of each other, in nats, by what a classifier of K classes that nobody names says of them: −I(z; z′), where
 * P = ½ (M + Mᵀ) of M = E[softmax(first) softmax(second)ᵀ] is how often the classes of the two meet, and I = Σ P ln (P / (p pᵀ)) with p = P’s
 * sums of rows (Ji et al. 2019, "Invariant Information Clustering"). It is least, −ln K, where every class is equally frequent, and both views of an
 * image are surely of the same one. P is of the batch: of fewer images than some K², it sees agreement where there is none. Computed in float32 inside autocast.
 *
 * @param first logits of a view of each image, [N, K]
 * @param second logits of another view of the same images, [N, K]
 * @throws TorchError for shapes that differ
 */
export function invariantInformation(first: Tensor, second: Tensor): Tensor {
  sameShape('invariantInformation', { first, second });
  return withoutAutocast(first.device, () => {
    const [one, other] = [first, second].map((logits) => inFull(logits).softmax(1));
    const met = one.transpose(0, 1).matmul(other);
    const joint = met.add(met.transpose(0, 1)).div(2 * first.shape[0]);
    const alone = joint.sum(1, { keepdim: true });
    const [together, by] = [joint, alone].map((often) => often.clamp({ min: LEAST }).log());
    return joint.mul(by.add(by.transpose(0, 1)).sub(together)).sum();
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
 * @throws UsageError for an unknown reduction
 */
export function gaussianKl(
  { mean, logVariance }: { readonly mean: Tensor; readonly logVariance: Tensor },
  { reduction = 'mean' }: PerImageOptions = {},
): Tensor {
  sameShape('gaussianKl', { mean, logVariance });
  const sums = wrap(native().gaussianKl(mean.handle, logVariance.handle), 'gaussianKl');
  return reduced('gaussianKl', sums, { reduction });
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

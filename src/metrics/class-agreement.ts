import { argumentError, positiveInteger } from '../check';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { bestAssignment } from './assignment';
import { requireFeatures } from './feature-set';
import { errorOfMean, meanOf } from './statistics';

/** How often a classifier finds in images what they were made as. */
export interface LabelAccuracy {
  /** The share of images that are classified as their label. */
  readonly mean: number;
  /** Its standard error. */
  readonly error: number;
  /** The share of each class; null for a class without images. */
  readonly ofClass: readonly (number | null)[];
}

/**
 * Label accuracy (the GAN-test of Shmelkov et al. 2018, with a classifier of real images): the share of images whose largest logit
 * [N, k] is that of the label they were made with.
 *
 * @param labels classes 0 … k − 1, one an image
 * @throws UsageError for another number of labels, a label beyond the classes, or no images
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function labelAccuracy(logits: Tensor, labels: ArrayLike<number>): LabelAccuracy {
  const table = agreement('labelAccuracy', { logits, given: labels, values: logits.shape[1] });
  const { counts, found } = table;
  const hits = found.map((label, i) => (label === labels[i] ? 1 : 0));
  const ofClass = counts.map((row, label) => {
    const images = sum(row);
    return images === 0 ? null : row[label] / images;
  });
  return { mean: meanOf(hits), error: errorOfMean(hits), ofClass };
}

/** How well the values of a code tell classes apart. */
export interface CodePurity {
  /** The share of images that are of the class that is most frequent among those of their code. */
  readonly purity: number;
  /** Its standard error, the classes of the values taken as they are. */
  readonly error: number;
  /** The normalised mutual information of code and class, from 0 to 1. */
  readonly mutualInformation: number;
  /** The most frequent class of each value; null for a value without images. */
  readonly classOfValue: readonly (number | null)[];
  /** The share of that class. */
  readonly purityOfValue: readonly (number | null)[];
  /** The share of images that are of the class of their code, where each value has one class and no class has two. */
  readonly assigned: number;
  /** Its standard error, the assignment taken as it is. */
  readonly assignedError: number;
  /** The class that each value has then; null for a value beyond the number of classes. */
  readonly assignedClassOfValue: readonly (number | null)[];
}

/**
 * What a categorical code found (InfoGAN, Chen et al. 2016): with n_kc images of code k and classified as c, the purity Σ_k max_c n_kc / N
 * the normalised mutual information 2 I(k; c) / (H(k) + H(c)) (Strehl & Ghosh 2002, arithmetic mean), and the accuracy of the best
 * one-to-one assignment, max_π Σ_k n_kπ(k) / N (the accuracy of a clustering, Yang et al. 2010; {@link bestAssignment}). Purity alone says
 * nothing of a class that no value stands for; where code or class takes one value only, the information is 0, and where all images are of one class, the
 * accuracy the share of one value.
 *
 * @param codes.given values 0 … K − 1 of the code, one an image
 * @param codes.values K
 * @throws UsageError for another number of codes, a value beyond K, or no images
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function codePurity(
  logits: Tensor,
  codes: { readonly given: ArrayLike<number>; readonly values: number },
): CodePurity {
  const { counts, found } = agreement('codePurity', { logits, ...codes });
  const classOfValue = counts.map((row) => (sum(row) === 0 ? null : row.indexOf(Math.max(...row))));
  const hits = found.map((label, i) => (label === classOfValue[codes.given[i]] ? 1 : 0));
  const purityOfValue = counts.map((row, value) => {
    const label = classOfValue[value];
    return label === null ? null : row[label] / sum(row);
  });
  const assignedClassOfValue = bestAssignment(counts);
  const assignedHits = found.map((label, i) => (label === assignedClassOfValue[codes.given[i]] ? 1 : 0));
  return {
    purity: meanOf(hits),
    error: errorOfMean(hits),
    mutualInformation: normalisedInformation(counts),
    classOfValue,
    purityOfValue,
    assigned: meanOf(assignedHits),
    assignedError: errorOfMean(assignedHits),
    assignedClassOfValue,
  };
}

interface Agreement {
  /** Images by what they were made as (rows) and what was found in them (columns). */
  readonly counts: readonly (readonly number[])[];
  /** The class of each image by the logits. */
  readonly found: readonly number[];
}

interface Given {
  readonly logits: Tensor;
  readonly given: ArrayLike<number>;
  readonly values: number;
}

function agreement(owner: string, { logits, given, values }: Given): Agreement {
  requireFeatures(owner, logits, { atLeast: 1 });
  positiveInteger(owner, 'values', values);
  const [count, classes] = logits.shape;
  if (given.length !== count) throw argumentError(owner, `a class for each of ${count} images`, given.length);
  const found = scope(() => Array.from(logits.argmax(1).toTypedArray(), Number));
  const counts = Array.from({ length: values }, () => new Array<number>(classes).fill(0));
  for (const [i, label] of found.entries()) {
    const row = counts[given[i]];
    if (!row) throw argumentError(owner, `classes from 0 to ${values - 1}`, given[i]);
    row[label]++;
  }
  return { counts, found };
}

function normalisedInformation(counts: Agreement['counts']): number {
  const ofValues = counts.map(sum);
  const ofClasses = counts[0].map((_, label) => sum(counts.map((row) => row[label])));
  const [values, classes] = [entropy(ofValues), entropy(ofClasses)];
  if (values === 0 || classes === 0) return 0;
  // Rounding leaves some 1e-15 beside 0 and 1.
  return Math.min(1, Math.max(0, (2 * (values + classes - entropy(counts.flat()))) / (values + classes)));
}

/** −Σ p ln p of counts. */
function entropy(counts: readonly number[]): number {
  const total = sum(counts);
  return counts.reduce(
    (bits, count) => (count === 0 ? bits : bits - (count / total) * Math.log(count / total)),
    0,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import { argumentError, positiveInteger } from '../check';
import { UsageError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { tensor } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requirePair } from './feature-set';
import { frechetDistance } from './frechet';
import { frechetError } from './frechet-error';
import { FeatureMoments } from './moments';
import { meanOf } from './statistics';

/** Images by their features and classes. */
export interface LabelledFeatures {
  /** [N, d] */
  readonly features: Tensor;
  /** The class of each, from 0 on. */
  readonly labels: ArrayLike<number>;
}

/** How far the images of each class are from real ones of it. */
export interface ClassFrechet {
  /** The mean over all classes. */
  readonly mean: number;
  /**
   * Its standard error: that of drawing the fake images again, the real ones taken as they are. Null where a class has no more real images than
   * features have dimensions: its covariance is not known then.
   */
  readonly error: number | null;
  /** The distance of each class. */
  readonly ofClass: readonly number[];
}

/**
 * The intra-class Fréchet distance (intra FID, Miyato & Koyama 2018): {@link frechetDistance} between the real and the fake images of a class, and
 * the mean over classes. It sees what the distance of all images does not: a model that obeys no label but is as varied as the whole set, or draws one
 * image for each class. The fewer images a class has, the larger it is: compare figures of equal counts only.
 *
 * @param options.classes - K; labels are from 0 to K − 1
 * @throws UsageError for K that is no positive integer, another number of labels than images, a label beyond the classes, a class of fewer than two real or two fake images,
 *   or features of different lengths
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function classFrechet(
  { real, fake }: { readonly real: LabelledFeatures; readonly fake: LabelledFeatures },
  { classes }: { readonly classes: number },
): ClassFrechet {
  positiveInteger('classFrechet', 'classes', classes);
  requirePair('classFrechet', [real.features, fake.features], 2);
  const [reals, fakes] = [real, fake].map((set) => rowsOfClasses(set, classes));
  const found = reals.map((rows, label) =>
    scope(() => ofOneClass(featuresAt(real, rows), featuresAt(fake, fakes[label]))),
  );
  const errors = found.map(({ error }) => error);
  return {
    mean: meanOf(found.map(({ distance }) => distance)),
    error: errors.includes(null) ? null : Math.hypot(...errors.map(Number)) / classes,
    ofClass: found.map(({ distance }) => distance),
  };
}

function ofOneClass(real: Tensor, fake: Tensor): { distance: number; error: number | null } {
  const [ofReal, ofFake] = [real, fake].map(momentsOf);
  try {
    const [count, dimensions] = real.shape;
    return {
      distance: frechetDistance(ofReal, ofFake),
      error:
        count > dimensions ? frechetError({ moments: ofReal }, { moments: ofFake, features: fake }) : null,
    };
  } finally {
    ofReal.dispose();
    ofFake.dispose();
  }
}

function momentsOf(features: Tensor): FeatureMoments {
  const moments = new FeatureMoments(features.shape[1], { device: features.device });
  moments.add(features);
  return moments;
}

function featuresAt({ features }: LabelledFeatures, rows: Int32Array): Tensor {
  return noGrad(() => features.indexSelect(0, tensor(rows, { device: features.device })));
}

/** The rows of each class. */
function rowsOfClasses({ features, labels }: LabelledFeatures, classes: number): Int32Array[] {
  const count = features.shape[0];
  if (labels.length !== count)
    throw argumentError('classFrechet', `a label for each of ${count} images`, labels.length);
  const rows = Array.from({ length: classes }, (): number[] => []);
  for (let i = 0; i < count; i++) {
    const own = rows[labels[i]];
    if (!own) throw argumentError('classFrechet', `labels from 0 to ${classes - 1}`, labels[i]);
    own.push(i);
  }
  for (const [label, { length }] of rows.entries())
    if (length < 2)
      throw new UsageError(
        `classFrechet expects at least 2 images of each class a set but received ${length} of class ${label}`,
      );
  return rows.map((own) => Int32Array.from(own));
}

import { argumentError, positiveInteger } from '../check';
import { noGrad } from '../tensor/autograd';
import { ones, zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { Distances, type Span } from './distances';
import { requireCount, requirePair } from './feature-set';
import { neighbourDistances } from './nearest-neighbours';

/** How large the neighbourhoods of {@link manifoldMetrics} are. */
export interface ManifoldOptions {
  /** k of precision and recall (3, as in their paper). */
  readonly precisionNeighbours?: number;
  /** k of density and coverage (5, as in their paper). */
  readonly densityNeighbours?: number;
  /** `neighbourDistances(real, { k })` with k the larger of the two: the same real images need it computed once. */
  readonly realDistances?: Tensor;
}

/** What {@link manifoldMetrics} finds, and for each image what it adds to it, for `bootstrapMean`. */
export interface ManifoldMetrics {
  /** The share of fake images that look real, in [0, 1]. */
  readonly precision: number;
  /** The share of real images that the generator could have made, in [0, 1]. */
  readonly recall: number;
  /** How crowded the real neighbourhoods around fake images are; above 1 where fakes gather at the modes. */
  readonly density: number;
  /** The share of real images with a fake one in their neighbourhood, in [0, 1]. */
  readonly coverage: number;
  /** Each figure is the mean of its list: precision and density by fake image, recall and coverage by real image. */
  readonly contributions: Readonly<Record<'precision' | 'recall' | 'density' | 'coverage', Float64Array>>;
}

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of fake images
 * against real ones, by features [M, d] and [N, d].
 *
 * With B_k(x) the closed ball around x that reaches its k-th nearest neighbour in x's own set, and k = 3 for the first two, 5
 * for the others: precision = share of fakes in ∪ B(real); recall = share of reals in ∪ B(fake);
 * density = Σ_fake Σ_real [fake ∈ B(real)] / (k M); coverage = share of reals whose B holds a fake.
 *
 * All four depend on the counts: compare figures of equal counts only. Distances in float64, in tiles of bounded memory; a
 * vector at the rim of a ball, or equal to its centre, counts as inside whatever rounding does.
 *
 * @throws UsageError for fewer than k + 1 images a set, or features of different lengths
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function manifoldMetrics(
  { real, fake }: { readonly real: Tensor; readonly fake: Tensor },
  { precisionNeighbours = 3, densityNeighbours = 5, realDistances }: ManifoldOptions = {},
): ManifoldMetrics {
  const owner = 'manifoldMetrics';
  positiveInteger(owner, 'precisionNeighbours', precisionNeighbours);
  positiveInteger(owner, 'densityNeighbours', densityNeighbours);
  const most = Math.max(precisionNeighbours, densityNeighbours);
  requirePair(owner, [real, fake], 1);
  requireCount(owner, real.shape[0], most + 1);
  requireCount(owner, fake.shape[0], precisionNeighbours + 1);
  if (realDistances && `${realDistances.shape}` !== `${[real.shape[0], most]}`)
    throw argumentError(owner, `realDistances [${real.shape[0]}, ${most}]`, [...realDistances.shape]);
  return noGrad(() =>
    scope(() => {
      const ofReal = realDistances ?? neighbourDistances(real, { k: most });
      const ofFake = neighbourDistances(fake, { k: precisionNeighbours });
      const counts = countInside(new Distances({ rows: real, columns: fake }), {
        precision: ofReal.select(1, precisionNeighbours - 1).square(),
        density: ofReal.select(1, densityNeighbours - 1).square(),
        recall: ofFake.select(1, precisionNeighbours - 1).square(),
      });
      return summary(counts, densityNeighbours);
    }),
  );
}

/** Squared radii of balls: around real images [N] for precision and density, around fake ones [M] for recall. */
interface Radii {
  readonly precision: Tensor;
  readonly density: Tensor;
  readonly recall: Tensor;
}

/** Sums over all tiles, float32 (exact up to 2²⁴): by fake image [M] for precision and density, by real image [N] for the rest. */
type Counts = Readonly<Record<'precision' | 'density' | 'recall' | 'coverage', Tensor>>;

function countInside(distances: Distances, radii: Radii): Counts {
  const [reals, fakes] = [radii.precision.shape, radii.recall.shape];
  const device = radii.precision.device;
  const [precision, density] = [zeros(fakes, { device }), zeros(fakes, { device })];
  const [recall, coverage] = [zeros(reals, { device }), zeros(reals, { device })];
  const slack = distances.slack();
  const reach = (squared: Tensor, span: Span): Tensor => squared.narrow(0, span).add(slack);
  const add = (counts: Tensor, span: Span, found: Tensor): void => void counts.narrow(0, span).add_(found);
  for (const rows of distances.rowSpans)
    for (const columns of distances.columnSpans)
      scope(() => {
        const squared = distances.tile(rows, columns);
        const near = squared.le(reach(radii.density, rows).unsqueeze(1));
        const dense = near.float();
        add(density, columns, ones([1, rows.length], { device }).mm(dense).squeeze(0));
        add(coverage, rows, dense.amax(1));
        add(precision, columns, squared.le(reach(radii.precision, rows).unsqueeze(1)).float().amax(0));
        add(recall, rows, squared.le(reach(radii.recall, columns)).float().amax(1));
      });
  return { precision, density, recall, coverage };
}

function summary(counts: Counts, densityNeighbours: number): ManifoldMetrics {
  const contributions = {
    precision: numbers(counts.precision.clamp({ max: 1 })),
    recall: numbers(counts.recall.clamp({ max: 1 })),
    density: numbers(counts.density.double().div(densityNeighbours)),
    coverage: numbers(counts.coverage.clamp({ max: 1 })),
  };
  const mean = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const { precision, recall, density, coverage } = contributions;
  return {
    precision: mean(precision),
    recall: mean(recall),
    density: mean(density),
    coverage: mean(coverage),
    contributions,
  };
}

function numbers(values: Tensor): Float64Array {
  return Float64Array.from(values.toTypedArray(), Number);
}

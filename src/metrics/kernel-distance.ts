import { argumentError, positiveInteger } from '../check';
import { Prng } from '../data/prng';
import { noGrad } from '../tensor/autograd';
import { ones, tensor } from '../tensor/create';
import { addProduct } from '../tensor/linalg';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { requirePair } from './feature-set';

/** How {@link kernelDistance} draws its blocks. */
export interface KernelDistanceOptions {
  /** How many blocks (100). */
  readonly blocks?: number;
  /** Images of each set a block (1000, or all of the smaller set where it has fewer). */
  readonly size?: number;
  /** Which images a block draws (0). */
  readonly seed?: number;
}

/** A kernel distance with its uncertainty. */
export interface KernelDistance {
  /** The mean over the blocks: the KID. */
  readonly mean: number;
  /** The standard deviation over the blocks, the "±" of published figures. */
  readonly std: number;
  /** The standard error of `mean`: what another draw of both sets would change. */
  readonly error: number;
}

/**
 * The kernel Inception distance (KID, Bińkowski et al. 2018): the squared maximum mean discrepancy of two sets of features
 * [N, d] and [M, d] under the kernel k(x, y) = (x·y / d + 1)³, by its unbiased estimator, which may fall below 0:
 * Σ_{i≠j} k(x_i, x_j) / m(m−1) + Σ_{i≠j} k(y_i, y_j) / m(m−1) − 2 Σ_{ij} k(x_i, y_j) / m².
 *
 * The mean over blocks of m images, drawn from each set without replacement by a generator of its own; where a block is both
 * sets whole there is only one. In float64, since the difference is a thousandth of its terms, and in memory for two matrices of
 * m × m. The blocks overlap, so their spread says little about the error of their mean; that of subsampling does (Politis &
 * Romano 1994): std · √(m / (n − m)) with n images in the smaller set. Where m > n / 2 it is measured on blocks of n / 2.
 *
 * @throws UsageError for fewer than three images, of which nothing could be said about the error, features of different lengths, or a size that is more than the smaller set
 * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the row
 */
export function kernelDistance(
  { real, fake }: { readonly real: Tensor; readonly fake: Tensor },
  { blocks = 100, size, seed = 0 }: KernelDistanceOptions = {},
): KernelDistance {
  positiveInteger('kernelDistance', 'blocks', blocks);
  requirePair('kernelDistance', [real, fake], 3);
  const smaller = Math.min(real.shape[0], fake.shape[0]);
  const chosen = size ?? Math.min(1000, smaller);
  if (!Number.isSafeInteger(chosen) || chosen < 2 || chosen > smaller)
    throw argumentError(
      'kernelDistance',
      `size to be an integer between 2 and ${smaller}, the smaller set`,
      chosen,
    );
  const sets = [real, fake] as const;
  const whole = real.shape[0] === chosen && fake.shape[0] === chosen;
  return noGrad(() => {
    const { mean, std } = spread(
      whole ? [wholeDiscrepancy(sets)] : overBlocks(sets, { blocks, size: chosen, seed }),
    );
    const half = Math.max(2, Math.floor(smaller / 2));
    if (chosen <= half) return { mean, std, error: std * Math.sqrt(chosen / (smaller - chosen)) };
    return { mean, std, error: spread(overBlocks(sets, { blocks, size: half, seed })).std };
  });
}

function wholeDiscrepancy([real, fake]: readonly [Tensor, Tensor]): number {
  return scope(() => discrepancy(real.double(), fake.double()));
}

function overBlocks(
  sets: readonly [Tensor, Tensor],
  { blocks, size, seed }: Required<KernelDistanceOptions>,
): number[] {
  return Array.from({ length: blocks }, (_, block) =>
    scope(() => {
      const [x, y] = sets.map((set, side) => {
        const order = new Prng(seed, block, side).permutation(set.shape[0]);
        return set.indexSelect(0, tensor(order.subarray(0, size), { device: set.device })).double();
      });
      return discrepancy(x, y);
    }),
  );
}

/** The unbiased estimator for m vectors of each kind, float64 [m, d]. */
function discrepancy(x: Tensor, y: Tensor): number {
  const size = x.shape[0];
  const pairs = size * (size - 1);
  const [ofX, ofY] = [x, y].map((set) => kernelSum(set, set) - selfSum(set));
  return (ofX + ofY) / pairs - (2 * kernelSum(x, y)) / size ** 2;
}

/** Σ_{ij} k(x_i, y_j) */
function kernelSum(x: Tensor, y: Tensor): number {
  return scope(() => {
    const one = ones([1], { dtype: 'float64', device: x.device });
    const base = addProduct(one, { a: x, b: y.t(), scale: 1 / x.shape[1] });
    return base.square().mul_(base).sum().item();
  });
}

/** Σ_i k(x_i, x_i) */
function selfSum(x: Tensor): number {
  return scope(() => {
    const base = x.square().sum(1).div(x.shape[1]).add(1);
    return base.pow(3).sum().item();
  });
}

function spread(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}

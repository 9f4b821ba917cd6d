import { argumentError, positiveInteger } from '../check';
import { GanError } from '../errors';
import { noGrad } from '../tensor/autograd';
import { tensor, zeros } from '../tensor/create';
import { defaultDevice } from '../tensor/device';
import { addProduct_ } from '../tensor/linalg';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { spans } from './distances';
import { requireCount, requireFeatures } from './feature-set';

/** Mean and covariance of a set of feature vectors: all that the Fréchet distance asks about it. */
export interface Moments {
  /** N, images seen. */
  readonly count: number;
  /** float64 [d] */
  readonly mean: Tensor;
  /** Σ(x − mean)(x − mean)ᵀ / (N − 1), float64 [d, d]. */
  readonly covariance: Tensor;
}

/** Rows that are converted to float64 at a time. */
const CHUNK = 4096;

/** Dimensions whose covariances are computed at a time. */
const PANEL = 128;

/**
 * Mean and covariance of a stream of feature vectors, in float64 and in memory for d² + d numbers, however many images pass.
 *
 * Batches are merged by the update of Chan, Golub & LeVeque (1979): with δ the difference of two means,
 * S ← S_a + S_b + δδᵀ · n_a n_b / (n_a + n_b). No difference of large sums occurs, so features far from 0 lose nothing.
 */
export class FeatureMoments implements Moments {
  readonly dimensions: number;
  readonly #mean: Tensor;
  /** Σ(x − mean)(x − mean)ᵀ, of which only the lower triangle is kept up. */
  readonly #scatter: Tensor;
  #count = 0;

  /**
   * @param dimensions d, the length of a feature vector
   * @throws UsageError unless it is a positive integer
   */
  constructor(dimensions: number, { device = defaultDevice() }: { readonly device?: string } = {}) {
    this.dimensions = positiveInteger('FeatureMoments', 'dimensions', dimensions);
    this.#mean = keep(zeros([dimensions], { dtype: 'float64', device }));
    this.#scatter = keep(zeros([dimensions, dimensions], { dtype: 'float64', device }));
  }

  /** N, images so far. */
  get count(): number {
    return this.#count;
  }

  /** The mean so far, float64 [d], a copy in the caller's scope. @throws UsageError before the first image */
  get mean(): Tensor {
    requireCount('FeatureMoments.mean', this.#count, 1);
    return this.#mean.clone();
  }

  /** The unbiased covariance so far, float64 [d, d], in the caller's scope. @throws UsageError below two images */
  get covariance(): Tensor {
    requireCount('FeatureMoments.covariance', this.#count, 2);
    return scope(() => {
      const [above, below] = [this.#scatter, this.#scatter.t()].map((matrix) => matrix.triu(1));
      return this.#scatter
        .sub(above)
        .add_(below)
        .div_(this.#count - 1);
    });
  }

  /**
   * Takes in the features [n, d] of a batch, of any floating dtype.
   *
   * @throws UsageError where they have another length
   * @throws GanError `ERR_BAD_FEATURES` for NaN or infinity, naming the image by its place in the stream
   */
  add(features: Tensor): void {
    requireFeatures('FeatureMoments', features, { dimensions: this.dimensions, first: this.#count });
    noGrad(() => {
      for (let start = 0; start < features.shape[0]; start += CHUNK)
        scope(() => this.#addChunk(features.slice(0, { start, end: start + CHUNK })));
    });
  }

  /** Takes in what `other` has seen. @throws UsageError where its features have another length */
  merge(other: FeatureMoments): void {
    if (other.dimensions !== this.dimensions)
      throw argumentError(
        'FeatureMoments.merge',
        `moments of ${this.dimensions} dimensions`,
        other.dimensions,
      );
    scope(() => {
      this.#scatter.add_(other.#scatter);
      this.#shift(other.#mean, other.#count);
    });
  }

  /** Everything to go on from, for a file: `count` int64 [], `mean` [d] and `scatter` [d, d] float64, its lower triangle. */
  stateDict(): Record<string, Tensor> {
    return {
      count: tensor(BigInt64Array.of(BigInt(this.#count)), { shape: [], device: 'cpu' }),
      mean: this.#mean.clone(),
      scatter: this.#scatter.clone(),
    };
  }

  /** Moments from what {@link stateDict} gave. @throws GanError `ERR_BAD_STATE` for anything else */
  static fromState(
    state: Readonly<Record<string, Tensor>>,
    options: { readonly device?: string } = {},
  ): FeatureMoments {
    const { count, mean, scatter } = state;
    const dimensions = mean?.shape[0] ?? 0;
    const whole =
      count?.dtype === 'int64' && count.numel === 1 && mean?.dtype === 'float64' && mean.shape.length === 1;
    const square = scatter?.dtype === 'float64' && `${scatter.shape}` === `${[dimensions, dimensions]}`;
    if (!whole || !square || dimensions === 0)
      throw new GanError(
        'ERR_BAD_STATE',
        'FeatureMoments expects count int64 [], mean float64 [d] and scatter float64 [d, d] but received ' +
          `${
            Object.keys(state)
              .map((name) => `${name} ${state[name]}`)
              .join(', ') || 'nothing'
          }; compute the moments anew`,
      );
    const moments = new FeatureMoments(dimensions, options);
    moments.#mean.copy_(mean);
    moments.#scatter.copy_(scatter);
    moments.#count = count.item();
    return moments;
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#mean.dispose();
    this.#scatter.dispose();
  }

  #addChunk(features: Tensor): void {
    const rows = features.detach().to({ dtype: 'float64', device: this.#mean.device });
    const mean = rows.mean(0);
    const centred = rows.sub(mean);
    addGram_(this.#scatter, centred);
    this.#shift(mean, rows.shape[0]);
  }

  /** Moves the mean for `rows` more vectors around `mean`, and adds what the two means are apart to the scatter. */
  #shift(mean: Tensor, rows: number): void {
    const before = this.#count;
    this.#count += rows;
    if (rows === 0) return;
    const difference = mean.sub(this.#mean).unsqueeze(1);
    this.#mean.add_(difference.squeeze(1), { alpha: rows / this.#count });
    if (before > 0) addProduct_(this.#scatter, difference.mul((before * rows) / this.#count), difference.t());
  }
}

/** Adds rowsᵀ · rows to the lower triangle of `sum` [d, d] in place, in a fifth less time than the whole product. */
function addGram_(sum: Tensor, rows: Tensor): void {
  const right = rows.t();
  for (const panel of spans(sum.shape[0], PANEL)) {
    const left = { start: 0, length: panel.start + panel.length };
    const block = sum.narrow(0, panel).narrow(1, left);
    addProduct_(block, right.narrow(0, panel), rows.narrow(1, left));
  }
}

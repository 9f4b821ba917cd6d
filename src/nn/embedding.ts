import { argumentError, positiveInteger } from '../check';
import { noGrad } from '../tensor/autograd';
import { empty } from '../tensor/create';
import { embedding as embeddingOp } from '../tensor/functional';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { normal_ } from './init';
import { type Parameter, parameter } from './parameter';
import { WeightedLayer, type Weights } from './weighted-layer';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions {
  /** The index whose vector starts as zeros and is never trained; none by default. */
  readonly paddingIdx?: number;
}

/**
 * A table of vectors, looked up by index (int64): [...] → [..., embeddingDim]. `weight` [numEmbeddings, embeddingDim] starts
 * as N(0, 1).
 */
export class Embedding extends WeightedLayer {
  readonly weight: Parameter;
  readonly paddingIdx: number | null;

  /** @throws UsageError for an option out of range, naming it */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    { paddingIdx }: EmbeddingOptions = {},
  ) {
    super();
    positiveInteger('embedding', 'numEmbeddings', numEmbeddings);
    positiveInteger('embedding', 'embeddingDim', embeddingDim);
    this.paddingIdx = paddingIdx ?? null;
    if (
      paddingIdx !== undefined &&
      !(Number.isSafeInteger(paddingIdx) && paddingIdx >= 0 && paddingIdx < numEmbeddings)
    )
      throw argumentError('embedding', `paddingIdx to be an index below ${numEmbeddings}`, paddingIdx);
    this.weight = parameter(empty([numEmbeddings, embeddingDim]));
    normal_(this.weight);
    if (paddingIdx !== undefined) scope(() => void noGrad(() => this.weight.select(0, paddingIdx).zero_()));
  }

  override forwardWith(indices: Tensor, { weight }: Weights): Tensor {
    return embeddingOp(indices, weight, this);
  }

  protected override describe(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** An {@link Embedding} layer. @throws UsageError for an option out of range, naming it */
export function embedding(
  numEmbeddings: number,
  embeddingDim: number,
  options?: EmbeddingOptions,
): Embedding {
  return new Embedding(numEmbeddings, embeddingDim, options);
}

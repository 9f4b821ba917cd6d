import type { Tensor } from '../tensor/tensor';
import type { ProcessGroup } from './group';

let current: ProcessGroup | null = null;
let normalising = false;

/** What of a step is of all members of a group, beside what {@link meanOfAll} and {@link sumOfAll} are told. */
export interface Sharing {
  /** Whether batch norms normalise by the batch of all (false). */
  readonly batchNorm?: boolean;
}

/** Runs `body`, a step of a training: what {@link meanOfAll} and {@link sumOfAll} are told in it is of all members of `group`. */
export function sharingStatistics<T>(
  group: ProcessGroup,
  body: () => T,
  { batchNorm = false }: Sharing = {},
): T {
  if (group.size === 1) return body();
  const before = { current, normalising };
  [current, normalising] = [group, batchNorm];
  try {
    return body();
  } finally {
    ({ current, normalising } = before);
  }
}

/** The group over whose batch a batch norm takes its statistics now; null for that of this process. */
export function normalisedOver(): ProcessGroup | null {
  return normalising ? current : null;
}

/**
 * Statistics of a batch, of the batches of all processes that train together: a mean of theirs. Outside a step of theirs, and in one process,
 * the tensor itself. No gradient goes through; all must come to it, with a tensor of the same shape.
 */
export function meanOfAll(statistic: Tensor): Tensor {
  return reduced(statistic, 'mean');
}

/** The same for sums. */
export function sumOfAll(statistic: Tensor): Tensor {
  return reduced(statistic, 'sum');
}

/** How many processes take part in what {@link meanOfAll} gives. */
export function sharers(): number {
  return current?.size ?? 1;
}

function reduced(statistic: Tensor, operation: 'mean' | 'sum'): Tensor {
  if (current === null) return statistic;
  // What is reduced in place may be a view of what others still use.
  const own = statistic.detach().clone();
  current.allReduce([own], operation);
  return own;
}

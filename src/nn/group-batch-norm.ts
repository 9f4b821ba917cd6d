import type { ProcessGroup } from '../parallel/group';
import { noGrad } from '../tensor/autograd';
import { inFull } from '../tensor/full-precision';
import type { BatchNormOptions } from '../tensor/functional';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Mean and biased variance, [C]. */
interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * {@link batchNorm} in training with the statistics of the batches of all members of a group, which bring as many values each. Its gradients,
 * of every order, are those of one process with the whole batch. Statistics are in float32 at least, also under autocast.
 *
 * Every member must come to it, and to its backward passes, in one order: a sum over all travels in each.
 */
export function groupBatchNorm(input: Tensor, options: BatchNormOptions, group: ProcessGroup): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  const values = inFull(input);
  const moments = momentsOfAll(values, group);
  noGrad(() => move(options, moments, (group.size * values.numel) / values.shape[1]));
  const perChannel = (vector: Tensor) => vector.reshape([-1, ...placesOf(values).map(() => 1)]);
  const reciprocal = moments.variance.add(eps).rsqrt();
  const scale = weight ? reciprocal.mul(weight) : reciprocal;
  const scaled = values.sub(perChannel(moments.mean)).mul(perChannel(scale));
  const output = bias ? scaled.add(perChannel(bias)) : scaled;
  return output.to({ dtype: input.dtype });
}

/** E[x] and E[x²] − E[x]², of the members' moments in float64: what cancels there is far below the last bit of float32. */
function momentsOfAll(values: Tensor, group: ProcessGroup): Moments {
  const { dtype } = values;
  const dims = [0, ...placesOf(values)];
  const mean = values.mean(dims).to({ dtype: 'float64' });
  const variance = values.var(dims, { correction: 0 }).to({ dtype: 'float64' });
  const own = cat([mean, variance.add(mean.square())]);
  const [meanOfAll, square] = group.sum(own).div(group.size).chunk(2);
  return {
    mean: meanOfAll.to({ dtype }),
    variance: square.sub(meanOfAll.square()).clamp({ min: 0 }).to({ dtype }),
  };
}

/** Moves the running statistics towards those of `count` values a channel. */
function move(
  { runningMean, runningVar, momentum = 0.1 }: BatchNormOptions,
  { mean, variance }: Moments,
  count: number,
): void {
  if (!runningMean || !runningVar || momentum === 0) return;
  runningMean.lerp_(mean.to({ dtype: runningMean.dtype }), momentum);
  runningVar.lerp_(variance.mul(count / (count - 1)).to({ dtype: runningVar.dtype }), momentum);
}

/** The dimensions after batch and channels. */
function placesOf({ shape }: Tensor): number[] {
  return shape.slice(2).map((_, index) => index + 2);
}

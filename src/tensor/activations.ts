import { ops } from '../native/ops.generated';
import type { Tensor } from './tensor';
import { optionalHandle, wrap } from './wrap';

/** x where x > 0, else negativeSlope · x */
export function leakyRelu(input: Tensor, negativeSlope = 0.01): Tensor {
  return wrap(ops.leaky_relu(input.handle, negativeSlope), 'leakyRelu');
}

/** x · Φ(x), exact or by tanh (Hendrycks and Gimpel 2016) */
export function gelu(input: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  return wrap(ops.gelu(input.handle, approximate), 'gelu');
}

/** x · sigmoid(x) */
export function silu(input: Tensor): Tensor {
  return wrap(ops.silu(input.handle), 'silu');
}

/** x where x > 0, else alpha · (e^x − 1) */
export function elu(input: Tensor, alpha = 1): Tensor {
  return wrap(ops.elu(input.handle, alpha), 'elu');
}

/** The self-normalising ELU (Klambauer et al. 2017) */
export function selu(input: Tensor): Tensor {
  return wrap(ops.selu(input.handle), 'selu');
}

/** ln(1 + e^(beta·x)) / beta */
export function softplus(input: Tensor, beta = 1): Tensor {
  return wrap(ops.softplus(input.handle, beta), 'softplus');
}

/** ln sigmoid(x), without underflow */
export function logSigmoid(input: Tensor): Tensor {
  return wrap(ops.log_sigmoid(input.handle), 'logSigmoid');
}

/** e^x − 1, exact for small x */
export function expm1(input: Tensor): Tensor {
  return wrap(ops.expm1(input.handle), 'expm1');
}

/** x where x > 0, else weight · x, with a weight for all or one a channel */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  return wrap(ops.prelu(input.handle, weight.handle), 'prelu');
}

/** How a loss over elements becomes one number, or stays one an element. */
export type Reduction = 'mean' | 'sum' | 'none';

/** LibTorch's codes of the reductions. */
const REDUCTION: Readonly<Record<Reduction, number>> = { none: 0, mean: 1, sum: 2 };

/** −[y·ln σ(x) + (1 − y)·ln(1 − σ(x))], stable for any logit x; targets y in [0, 1] of the same shape. */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  targets: Tensor,
  {
    reduction = 'mean',
    weight,
    positiveWeight,
  }: { reduction?: Reduction; weight?: Tensor; positiveWeight?: Tensor } = {},
): Tensor {
  const handle = ops.binary_cross_entropy_with_logits(
    logits.handle,
    targets.handle,
    optionalHandle(weight),
    optionalHandle(positiveWeight),
    REDUCTION[reduction],
  );
  return wrap(handle, 'binaryCrossEntropyWithLogits');
}

/** −ln softmax(logits)[target], for logits [N, C, …] and int64 targets [N, …]. */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  {
    reduction = 'mean',
    weight,
    labelSmoothing = 0,
  }: { reduction?: Reduction; weight?: Tensor; labelSmoothing?: number } = {},
): Tensor {
  const handle = ops.cross_entropy_loss(
    logits.handle,
    targets.handle,
    optionalHandle(weight),
    REDUCTION[reduction],
    -100,
    labelSmoothing,
  );
  return wrap(handle, 'crossEntropy');
}

/** (x − y)² */
export function mseLoss(input: Tensor, target: Tensor, reduction: Reduction = 'mean'): Tensor {
  return wrap(ops.mse_loss(input.handle, target.handle, REDUCTION[reduction]), 'mseLoss');
}

/** |x − y| */
export function l1Loss(input: Tensor, target: Tensor, reduction: Reduction = 'mean'): Tensor {
  return wrap(ops.l1_loss(input.handle, target.handle, REDUCTION[reduction]), 'l1Loss');
}

/** Quadratic up to delta, then linear (Huber 1964) */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean', delta = 1 }: { reduction?: Reduction; delta?: number } = {},
): Tensor {
  return wrap(ops.huber_loss(input.handle, target.handle, REDUCTION[reduction], delta), 'huberLoss');
}

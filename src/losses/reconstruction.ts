import {
  binaryCrossEntropyWithLogits as binaryCrossEntropyWithLogitsOp,
  crossEntropy as crossEntropyOp,
  huberLoss,
  l1Loss,
  mseLoss,
  type Reduction,
} from '../tensor/activations';
import type { Tensor } from '../tensor/tensor';

export type { Reduction } from '../tensor/activations';

/** How a loss becomes one number. */
export interface ReductionOptions {
  /** The mean over all elements, their sum, or each element for itself (`mean`). */
  readonly reduction?: Reduction;
}

/** Options of {@link binaryCrossEntropyWithLogits}. */
export interface LogitsOptions extends ReductionOptions {
  /** Factors of the elements' losses, broadcast. */
  readonly weight?: Tensor;
  /** Factors of the positive targets' part, broadcast: above 1 they raise recall. */
  readonly posWeight?: Tensor;
}

/** Options of {@link crossEntropy}. */
export interface ClassificationOptions extends ReductionOptions {
  /** A factor per class [C]; the mean is then weighted, too. */
  readonly weight?: Tensor;
  /** The share of the target spread evenly over all classes (0). */
  readonly labelSmoothing?: number;
}

/** The absolute error |x − y| of tensors of one shape. @throws TorchError for shapes that do not fit */
export function l1(input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor {
  return l1Loss(input, target, reduction);
}

/** The squared error (x − y)² of tensors of one shape. @throws TorchError for shapes that do not fit */
export function mse(input: Tensor, target: Tensor, { reduction }: ReductionOptions = {}): Tensor {
  return mseLoss(input, target, reduction);
}

/**
 * Huber's loss (1964): ½ (x − y)² where |x − y| ≤ delta, delta · (|x − y| − ½ delta) elsewhere.
 *
 * @throws TorchError for shapes that do not fit, or a delta that is not positive
 */
export function huber(
  input: Tensor,
  target: Tensor,
  { reduction, delta }: ReductionOptions & { readonly delta?: number } = {},
): Tensor {
  return huberLoss(input, target, { reduction, delta });
}

/**
 * The binary cross-entropy −[y · ln σ(x) + (1 − y) · ln(1 − σ(x))] of logits x and targets y in [0, 1] of one shape, stable
 * for every logit.
 *
 * @throws TorchError for shapes that do not fit
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { reduction, weight, posWeight }: LogitsOptions = {},
): Tensor {
  return binaryCrossEntropyWithLogitsOp(logits, target, { reduction, weight, positiveWeight: posWeight });
}

/**
 * The cross-entropy −ln softmax(x)[y] of logits x [N, C, …] and classes y [N, …] (int64), or −Σ y · ln softmax(x) for
 * probabilities y of x's shape. Takes logits: no softmax before it.
 *
 * @throws TorchError for shapes that do not fit, or a class that does not exist
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { reduction, weight, labelSmoothing }: ClassificationOptions = {},
): Tensor {
  return crossEntropyOp(logits, target, { reduction, weight, labelSmoothing });
}

import { oneOf } from '../check';
import { ops } from '../native/ops.generated';
import type { Tensor } from '../tensor/tensor';
import { optionalHandle, wrap } from '../tensor/wrap';
import { sameShape } from './per-image';

/** How a loss over elements becomes one number, or stays one an element. */
export type Reduction = 'mean' | 'sum' | 'none';

/** LibTorch's codes of the reductions. */
const REDUCTION: Readonly<Record<Reduction, number>> = { none: 0, mean: 1, sum: 2 };

const REDUCTIONS: readonly Reduction[] = ['mean', 'sum', 'none'];

/** The class whose elements LibTorch leaves out; PyTorch's default. */
const IGNORE_INDEX = -100;

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

/**
 * The absolute error |x − y| of tensors of one shape.
 *
 * @throws TorchError for shapes that differ
 * @throws UsageError for an unknown reduction
 */
export function l1(input: Tensor, target: Tensor, { reduction = 'mean' }: ReductionOptions = {}): Tensor {
  sameShape('l1', { input, target });
  return wrap(ops.l1_loss(input.handle, target.handle, reductionCode('l1', reduction)), 'l1');
}

/**
 * The mean of |input − target| over what a mask marks: Σ |x − y| · m / (C · Σ m), of images [N, C, H, W] and masks [N, 1, H, W] of 0 and 1, over all
 * images together.
 *
 * @throws TorchError for images and targets whose shapes differ
 */
export function maskedL1(input: Tensor, target: Tensor, mask: Tensor): Tensor {
  sameShape('maskedL1', { input, target });
  const [, channels] = input.shape;
  return input.sub(target).abs().mul(mask).sum().div(mask.sum().mul(channels));
}

/**
 * The squared error (x − y)² of tensors of one shape.
 *
 * @throws TorchError for shapes that differ
 * @throws UsageError for an unknown reduction
 */
export function mse(input: Tensor, target: Tensor, { reduction = 'mean' }: ReductionOptions = {}): Tensor {
  sameShape('mse', { input, target });
  return wrap(ops.mse_loss(input.handle, target.handle, reductionCode('mse', reduction)), 'mse');
}

/**
 * Huber's loss (1964) of tensors of one shape: ½ (x − y)² where |x − y| ≤ delta, delta · (|x − y| − ½ delta) elsewhere.
 *
 * @throws TorchError for shapes that differ, or a delta that is not positive
 * @throws UsageError for an unknown reduction
 */
export function huber(
  input: Tensor,
  target: Tensor,
  { reduction = 'mean', delta = 1 }: ReductionOptions & { readonly delta?: number } = {},
): Tensor {
  sameShape('huber', { input, target });
  return wrap(ops.huber_loss(input.handle, target.handle, reductionCode('huber', reduction), delta), 'huber');
}

/**
 * The binary cross-entropy −[y · ln σ(x) + (1 − y) · ln(1 − σ(x))] of logits x and targets y in [0, 1] of one shape, stable
 * for every logit.
 *
 * @throws TorchError for shapes that differ
 * @throws UsageError for an unknown reduction
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { reduction = 'mean', weight, posWeight }: LogitsOptions = {},
): Tensor {
  sameShape('binaryCrossEntropyWithLogits', { logits, target });
  const handle = ops.binary_cross_entropy_with_logits(
    logits.handle,
    target.handle,
    optionalHandle(weight),
    optionalHandle(posWeight),
    reductionCode('binaryCrossEntropyWithLogits', reduction),
  );
  return wrap(handle, 'binaryCrossEntropyWithLogits');
}

/**
 * The cross-entropy −ln softmax(x)[y] of logits x [N, C, …] and classes y [N, …] (int64), or −Σ y · ln softmax(x) for
 * probabilities y of x's shape. Takes logits: no softmax before it.
 *
 * @throws TorchError for shapes that do not fit, or a class that does not exist
 * @throws UsageError for an unknown reduction
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { reduction = 'mean', weight, labelSmoothing = 0 }: ClassificationOptions = {},
): Tensor {
  const handle = ops.cross_entropy_loss(
    logits.handle,
    target.handle,
    optionalHandle(weight),
    reductionCode('crossEntropy', reduction),
    IGNORE_INDEX,
    labelSmoothing,
  );
  return wrap(handle, 'crossEntropy');
}

/** LibTorch's code; what is none of them reaches it as the mean. @throws UsageError */
function reductionCode(owner: string, reduction: Reduction): number {
  return REDUCTION[oneOf(owner, 'reduction', reduction, REDUCTIONS)];
}

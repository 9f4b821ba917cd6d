import { ops } from '../native/ops.generated';
import type { Tensor } from './tensor';
import { wrap } from './wrap';

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

/** ln(1 + e^(beta·x)) / beta, x itself where beta · x > threshold */
export function softplus(
  input: Tensor,
  { beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {},
): Tensor {
  return wrap(ops.softplus(input.handle, beta, threshold), 'softplus');
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

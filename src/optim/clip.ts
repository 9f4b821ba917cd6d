import { numberBetween } from '../check';
import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { Handle } from '../native/types';
import { noGrad } from '../tensor/autograd';
import { zeros } from '../tensor/create';
import { scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';

/**
 * Scales all gradients by min(1, maxNorm / (‖g‖ + 1e-6)), ‖g‖ the L2 norm of all of them together. Parameters without a
 * gradient are passed over. With a maxNorm of infinity nothing is scaled, and the norm is told.
 *
 * @returns ‖g‖ before clipping, still on the device: nothing waits for it
 * @throws UsageError for a negative norm
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): Tensor {
  if (maxNorm !== Number.POSITIVE_INFINITY) numberBetween('clipGradNorm', 'maxNorm', maxNorm, { min: 0 });
  return withGradients(parameters, (gradients) => {
    if (gradients.length === 0) return zeros([]);
    return scope(() => {
      const norm = stack(wrapAll(ops._foreach_norm_Scalar(gradients, 2), 'clipGradNorm')).norm();
      if (maxNorm === Number.POSITIVE_INFINITY) return norm;
      const factor = norm.add(1e-6).reciprocal().mul(maxNorm).clamp({ max: 1 });
      ops._foreach_mul__Tensor(gradients, factor.handle);
      return norm;
    });
  });
}

/**
 * Limits every element of all gradients to [−limit, limit].
 *
 * @throws UsageError for a negative limit
 */
export function clipGradValue(parameters: readonly Tensor[], limit: number): void {
  numberBetween('clipGradValue', 'limit', limit, { min: 0 });
  withGradients(parameters, (gradients) => clampAll(gradients, limit));
}

/**
 * Limits every element of the parameters themselves to [−limit, limit]: how the first Wasserstein GAN keeps its critic
 * Lipschitz (Arjovsky et al. 2017). Give it parameters, not a state: batch statistics must not be clamped.
 *
 * @throws UsageError for a negative limit
 */
export function clampParameters(parameters: readonly Tensor[], limit: number): void {
  numberBetween('clampParameters', 'limit', limit, { min: 0 });
  noGrad(() => clampAll(handlesOf(parameters), limit));
}

function clampAll(handles: readonly Handle[], limit: number): void {
  if (handles.length === 0) return;
  ops._foreach_clamp_min__Scalar(handles, -limit);
  ops._foreach_clamp_max__Scalar(handles, limit);
}

function withGradients<T>(parameters: readonly Tensor[], body: (gradients: readonly Handle[]) => T): T {
  const gradients = native().gradients(handlesOf(parameters));
  try {
    return noGrad(() => body(gradients.filter((handle) => handle !== 0)));
  } finally {
    native().release(gradients);
  }
}

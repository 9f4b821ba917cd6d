import { native } from '../native/addon';
import type { DType } from '../native/types';
import { countFreedGraph } from './freed-graphs';
import { refusePromise } from './promise';
import type { Tensor } from './tensor';
import { handlesOf, wrap } from './wrap';

/** How `grad` differentiates. */
export interface GradOptions {
  /** Gradients with respect to `outputs` that are no scalars. */
  readonly gradOutputs?: readonly (Tensor | null)[];
  /** Records the result for second derivatives: gradient penalties need it (false). */
  readonly createGraph?: boolean;
  /** Keeps the graph for another pass (`createGraph`). */
  readonly retainGraph?: boolean;
  /** Gives null for an input the outputs do not depend on, instead of an error (false). */
  readonly allowUnused?: boolean;
}

/** Σ ∂outputs/∂inputs, one tensor an input, without touching anybody's `grad`. */
export function grad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[];
export function grad(outputs: readonly Tensor[], inputs: readonly Tensor[], options?: GradOptions): Tensor[];
export function grad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false }: GradOptions = {},
): (Tensor | null)[] {
  const given = gradOutputs?.map((tensor) => tensor?.handle ?? null) ?? null;
  if (!retainGraph) countFreedGraph();
  const handles = native().grad(
    handlesOf(outputs),
    handlesOf(inputs),
    given,
    retainGraph,
    createGraph,
    allowUnused,
  );
  return handles.map((handle) => (handle === 0 ? null : wrap(handle, 'grad')));
}

function withGradMode<T>(owner: string, enabled: boolean, body: () => T): T {
  const before = native().gradEnabled();
  native().setGradEnabled(enabled);
  try {
    return refusePromise(owner, body());
  } finally {
    native().setGradEnabled(before);
  }
}

/** Runs `body` without recording for autograd. @throws GanError `ERR_ASYNC_SCOPE` for a body that returns a promise */
export function noGrad<T>(body: () => T): T {
  return withGradMode('noGrad', false, body);
}

/** Runs `body` recording for autograd, also inside `noGrad`. @throws GanError `ERR_ASYNC_SCOPE` for a body that returns a promise */
export function enableGrad<T>(body: () => T): T {
  return withGradMode('enableGrad', true, body);
}

/** Whether autograd records now. */
export function isGradEnabled(): boolean {
  return native().gradEnabled();
}

/**
 * Runs `body` with autocast: on `device`, operators that gain from it (convolutions, matrix products) compute in `dtype`, the
 * others stay in float32. Gradient penalties belong outside, or in {@link withoutAutocast}.
 *
 * @throws GanError `ERR_ASYNC_SCOPE` for a body that returns a promise
 */
export function autocast<T>(
  { device, dtype = 'bfloat16' }: { device: string; dtype?: DType },
  body: () => T,
): T {
  return withAutocast('autocast', { device, enabled: true, dtype }, body);
}

/** Whether operators on a device are inside {@link autocast} now. */
export function autocasts(device: string): boolean {
  return native().autocastEnabled(device);
}

/**
 * Runs `body` in full precision inside `autocast`, as gradient penalties should be. What autocast made before, e.g. `fake`, still is
 * bfloat16 there: call `float()` on it.
 *
 * @throws GanError `ERR_ASYNC_SCOPE` for a body that returns a promise
 */
export function withoutAutocast<T>(device: string, body: () => T): T {
  return withAutocast(
    'withoutAutocast',
    { device, enabled: false, dtype: native().autocastDtype(device) },
    body,
  );
}

function withAutocast<T>(
  owner: string,
  { device, enabled, dtype }: { device: string; enabled: boolean; dtype: DType },
  body: () => T,
): T {
  const before = native().autocastEnabled(device);
  const dtypeBefore = native().autocastDtype(device);
  native().setAutocast(device, enabled, dtype);
  try {
    return refusePromise(owner, body());
  } finally {
    native().setAutocast(device, before, dtypeBefore);
  }
}

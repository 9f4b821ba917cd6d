import type { Handle } from '../native/types';
import { Tensor } from './tensor';

/** A Tensor for a handle that `origin` made. */
export function wrap(handle: Handle, origin: string): Tensor {
  return new Tensor(handle, origin);
}

/** Tensors for the handles that `origin` made. */
export function wrapAll(handles: readonly Handle[], origin: string): Tensor[] {
  return handles.map((handle) => wrap(handle, origin));
}

/** Native handles of some tensors. */
export function handlesOf(tensors: readonly { readonly handle: Handle }[]): Handle[] {
  return tensors.map((tensor) => tensor.handle);
}

/** A tensor's handle for an operator that also accepts none. */
export function optionalHandle(tensor: { readonly handle: Handle } | null | undefined): Handle | null {
  return tensor?.handle ?? null;
}

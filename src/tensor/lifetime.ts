import { native } from '../native/addon';
import type { TensorCore } from './core';

/** The tensors made since a scope opened. */
export interface Frame {
  readonly parent: Frame | null;
  readonly tensors: TensorCore[];
}

let current: Frame | null = null;

/** The innermost open scope, or null. */
export function currentFrame(): Frame | null {
  return current;
}

/** Opens a scope; the caller closes it with `closeFrame`. */
export function openFrame(): Frame {
  current = { parent: current, tensors: [] };
  return current;
}

/** Makes the scope around `frame` the innermost again. */
export function closeFrame(frame: Frame): void {
  current = frame.parent;
}

/** Frees tensors that were made outside every scope once nothing in JavaScript refers to them. */
export const unreachable = new FinalizationRegistry<number>((handle) => {
  native().releaseOne(handle);
});

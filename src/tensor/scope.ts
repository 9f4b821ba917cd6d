import { GanError } from '../errors';
import { native } from '../native/addon';
import { refuseDuringCapture } from './capture';
import {
  assignFrame,
  closeFrame,
  currentFrame,
  type Frame,
  isOwnedBy,
  openFrame,
  TensorCore,
  takeFromFrame,
} from './core';
import { isThenable } from './promise';

/**
 * Runs `body` and gives back the memory of every tensor made inside, except those in its result (alone, or in arrays, maps,
 * objects and modules), which pass to the scope around it. Scopes nest; the memory of a whole scope goes back in one call.
 *
 * @throws GanError `ERR_ASYNC_SCOPE` for an async function: a scope closes when `body` returns, before a promise settles.
 */
export function scope<T>(body: () => T): T {
  if (isAsyncFunction(body)) throw asyncScope('an async function');
  const frame = openFrame();
  try {
    const result = body();
    if (isThenable(result)) throw asyncScope('a function that returned a promise');
    visitTensors(result, (tensor) => {
      if (isOwnedBy(tensor, frame)) assignFrame(tensor, frame.parent);
    });
    return result;
  } finally {
    closeFrame(frame);
    releaseFrame(frame);
  }
}

/** Takes tensors (alone, or in a structure) out of every scope: they live until disposed, or until nothing refers to them. */
export function keep<T>(value: T): T {
  refuseDuringCapture('keeps a tensor for later');
  visitTensors(value, (tensor) => assignFrame(tensor, null));
  return value;
}

/** The innermost open scope, for {@link handTo}; null where none is open. */
export function openScope(): Frame | null {
  return currentFrame();
}

/** Moves tensors (alone, or in a structure) to a scope that is open further out: they live until that one closes. */
export function handTo<T>(owner: Frame | null, value: T): T {
  visitTensors(value, (tensor) => assignFrame(tensor, owner));
  return value;
}

/** Releases the tensors of a structure. */
export function dispose(value: unknown): void {
  visitTensors(value, (tensor) => tensor.dispose());
}

/** Releases a tensor that the innermost scope would release when it closes; all others stay. */
export function releaseEarly(tensor: TensorCore): void {
  const frame = currentFrame();
  if (frame && isOwnedBy(tensor, frame)) tensor.dispose();
}

/** Whether a scope is open around the caller. */
export function inScope(): boolean {
  return currentFrame() !== null;
}

function releaseFrame(frame: Frame): void {
  const handles = new Int32Array(frame.tensors.length);
  let count = 0;
  for (const tensor of frame.tensors) {
    const handle = takeFromFrame(tensor, frame);
    if (handle !== 0) handles[count++] = handle;
  }
  frame.tensors.length = 0;
  if (count > 0) native().release(handles, count);
}

/** Calls `visit` for every tensor in a structure, however deep; a tensor or an object met twice is visited once. */
function visitTensors(value: unknown, visit: (tensor: TensorCore) => void, seen = new Set<object>()): void {
  if (value instanceof TensorCore) {
    visit(value);
    return;
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  const items = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const item of items) visitTensors(item, visit, seen);
}

function isAsyncFunction(body: () => unknown): boolean {
  return Object.prototype.toString.call(body) === '[object AsyncFunction]';
}

function asyncScope(received: string): GanError {
  return new GanError(
    'ERR_ASYNC_SCOPE',
    `scope expected a function that returns when its work is done but received ${received}; ` +
      'open the scope inside it, around the part that computes, and keep() what outlives an await',
  );
}

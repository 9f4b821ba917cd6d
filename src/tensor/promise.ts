import { GanError } from '../errors';

/** Whether a value is a promise, also of another realm. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * Refuses what a body returned that is still at work: what it does after its first `await` is no longer inside.
 *
 * @throws GanError `ERR_ASYNC_SCOPE`
 */
export function refusePromise<T>(owner: string, result: T): T {
  if (!isThenable(result)) return result;
  forget(result);
  throw new GanError(
    'ERR_ASYNC_SCOPE',
    `${owner} expected a function that returns when its work is done but received one that returned a promise, and ends at its first await; call it inside, around the part that computes`,
  );
}

/** Lets a promise fail unheard, where that it is one is an error already: else its failure would end the process. */
export function forget(promise: PromiseLike<unknown>): void {
  promise.then(undefined, () => undefined);
}

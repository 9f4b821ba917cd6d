import { native, withAddon } from './addon';
import type { NativeAddon } from './interface';
import type { Handle, Handles } from './types';

/** A call of an operator, by its name in `ops`, or of an entry of the addon that computes. */
export interface NativeCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

/**
 * Entries beside the operators that make tensors of tensors, change them, or give their values to the host: who listens must hear of all, or
 * would take what they make for constants.
 */
export const COMPUTING = [
  'batchNormLeakyRelu',
  'instanceNormLeakyRelu',
  'linearRelu',
  'linearPair',
  'upFirDown',
  'spectralNorm',
  'imagesOfBytes',
  'bernoulliNll',
  'gaussianKl',
  'gaussianDraw',
  'reduceOfAll',
  'sumOfAll',
  'groupBatchNorm',
  'toBuffer',
  'copyAll',
  'restoreWhere',
  'setData',
  'grad',
  'gradient',
  'gradients',
  'runScript',
] as const satisfies readonly (keyof NativeAddon)[];

/** What {@link listening} gives. */
export interface Heard<T> {
  readonly result: T;
  /** Releases the tensors that `body` did. */
  release(): void;
}

let listeners = 0;

/** Whether somebody listens: what has operators of LibTorch to be told by takes those. */
export function isListening(): boolean {
  return listeners > 0;
}

/**
 * Runs `body` and tells `listen` of every call that computes. Tensors that `body` releases stay until the caller says so, so that until
 * then a handle means one tensor.
 */
export function listening<T>(listen: (call: NativeCall) => void, body: () => T): Heard<T> {
  const released: Handle[] = [];
  const addon = native();
  const release = (): void => {
    addon.release(released.splice(0));
  };
  listeners++;
  try {
    return { result: withAddon(listener(addon, listen, released), body), release };
  } catch (error) {
    release();
    throw error;
  } finally {
    listeners--;
  }
}

function listener(addon: NativeAddon, listen: (call: NativeCall) => void, released: Handle[]): NativeAddon {
  const heard = (name: string, target: object): unknown => {
    const own: unknown = Reflect.get(target, name);
    return (...args: unknown[]): unknown => {
      const result: unknown = typeof own === 'function' ? own.apply(target, args) : undefined;
      try {
        listen({ name, args, result });
      } catch (error) {
        // Nobody gets what an entry made; operators are refused only where they work in place, and made nothing.
        if (target === addon) released.push(...[result].flat().filter((each) => typeof each === 'number'));
        throw error;
      }
      return result;
    };
  };
  const copy: NativeAddon = Object.create(addon);
  const ops = Object.fromEntries(Object.keys(addon.ops).map((name) => [name, heard(name, addon.ops)]));
  const later = {
    release(handles: Handles, count = handles.length): number {
      released.push(...handles.slice(0, count));
      return count;
    },
    releaseOne(handle: Handle): boolean {
      released.push(handle);
      return true;
    },
  };
  const entries = Object.fromEntries(COMPUTING.map((name) => [name, heard(name, addon)]));
  return Object.assign(copy, entries, later, { ops });
}

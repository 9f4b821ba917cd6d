import type { Tensor } from '../tensor/tensor';
import type { Tensors } from './phase';

/** Where tensors come from that are there when they are asked for. */
export interface TensorSource {
  readonly names: readonly string[];
  get(name: string): Tensor;
  /** The error of a name that is not among `names`. */
  unknown(name: string): Error;
}

/** A view of tensors by name: each is got on use, and a name that is not known throws. */
export function namedTensors({ names, get, unknown }: TensorSource): Tensors {
  const strict = new Proxy(Object.prototype, {
    get(target, key) {
      // What the language and printers ask of every object.
      if (typeof key === 'symbol' || key in target || key === 'then' || key === 'toJSON')
        return Reflect.get(target, key);
      throw unknown(key);
    },
  });
  const view: Record<string, Tensor> = Object.create(strict);
  for (const name of names)
    Object.defineProperty(view, name, { get: () => get(name), enumerable: true, configurable: true });
  return view;
}

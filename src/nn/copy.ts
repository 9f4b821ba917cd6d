import { noGrad } from '../tensor/autograd';
import { keep } from '../tensor/scope';
import { Tensor } from '../tensor/tensor';
import { isParameter, parameter } from './parameter';

/** Parameters whose training `Module.freeze` has stopped, for now: their copies are in no frozen module, and can be trained. */
export const switchedOff = new WeakSet<Tensor>();

/**
 * A function that copies values deeply: tensors, modules (by `copyModule`), arrays, plain objects and maps; all else is
 * shared. What is met twice is copied once.
 */
export function copier<M extends object>(
  copies: Map<object, object>,
  isModule: (value: object) => value is M,
  copyModule: (module: M) => M,
): <T>(value: T) => T {
  const fresh = (value: object): object => {
    if (value instanceof Tensor) return copyTensor(value);
    if (isModule(value)) return copyModule(value);
    if (Array.isArray(value)) return value.map((element) => copied(element));
    if (value instanceof Map) return new Map([...value].map(([key, element]) => [key, copied(element)]));
    if (Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, copied(element)]));
    return value;
  };
  const copied = <T>(value: T): T => {
    if (typeof value !== 'object' || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known as T;
    const copy = fresh(value);
    copies.set(value, copy);
    return copy as T;
  };
  return copied;
}

function copyTensor(tensor: Tensor): Tensor {
  const copy = noGrad(() => tensor.clone());
  if (!isParameter(tensor)) return keep(copy);
  const copied = parameter(copy);
  copied.requiresGrad = tensor.requiresGrad || switchedOff.has(tensor);
  return copied;
}

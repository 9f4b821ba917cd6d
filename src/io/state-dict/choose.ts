import type { Failure } from '../safetensors-header';
import { quote, SAVE_AGAIN } from './failure';
import { kindOf, PickleDict, type PickleValue, TensorView } from './values';

/** How many dicts in each other are looked into: a pickle may nest more than the stack holds. */
const MAX_DEPTH = 64;

/** Tensors by name, and where they were. */
export interface FoundDict {
  /** The keys that lead to them, from the outermost on. */
  readonly path: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorView>;
}

/** What state dicts are often wrapped in, what is averaged before what is in training. */
const WRAPPERS = ['g_ema', 'params_ema', 'state_dict', 'model_state_dict', 'params', 'model'];

/**
 * The state dicts of a file: the one of the wrapper that is known ({@link WRAPPERS}), what lies open, or those under keys of other names.
 *
 * @param key the wrapper to take, `netG`, or `model.netG` for one in another
 * @throws what `fail` makes, where there is none
 */
export function findDicts(root: PickleValue, key: string | undefined, fail: Failure): readonly FoundDict[] {
  const start = key === undefined ? { path: [], value: root } : under(root, key, fail);
  const found = new DictSearch().find(start.value, start.path);
  if (found.length > 0) return found;
  const holder = start.path.length > 0 ? `${quote(start.path.join('.'))} is` : 'it holds';
  throw fail(
    `expected a state dict, tensors by their names, but ${holder} ${describe(start.value)}; ${SAVE_AGAIN}`,
  );
}

interface Place {
  readonly path: readonly string[];
  readonly value: PickleValue;
}

function under(root: PickleValue, key: string, fail: Failure): Place {
  const whole = entryOf(root, key);
  if (whole !== undefined) return { path: [key], value: whole };
  const path = key.split('.');
  let value: PickleValue = root;
  for (const part of path) {
    const inner = entryOf(value, part);
    if (inner === undefined)
      throw fail(`expected an entry ${quote(part)} but it has ${describe(value)}: choose another key`);
    value = inner;
  }
  return { path, value };
}

/** Looks at each dict once, as a pickle may have one in many places, in itself too. */
class DictSearch {
  readonly #tensors = new Map<PickleDict, ReadonlyMap<string, TensorView>>();
  readonly #entered = new Set<PickleDict>();

  find(value: PickleValue, path: readonly string[]): readonly FoundDict[] {
    if (!(value instanceof PickleDict) || this.#entered.has(value) || path.length > MAX_DEPTH) return [];
    this.#entered.add(value);
    for (const wrapper of WRAPPERS) {
      const found = this.find(value.entries.get(wrapper) ?? null, [...path, wrapper]);
      if (found.length > 0) return found;
    }
    const own = this.#tensorsOf(value);
    if (own.size > 0) return [{ path, tensors: own }];
    return [...value.entries].flatMap(([key, inner]) => {
      if (typeof key !== 'string' || !(inner instanceof PickleDict)) return [];
      const tensors = this.#tensorsOf(inner);
      return tensors.size > 0 ? [{ path: [...path, key], tensors }] : [];
    });
  }

  /** The tensors right in a dict; other entries (numbers, None, an `_extra_state`) are none. */
  #tensorsOf(dict: PickleDict): ReadonlyMap<string, TensorView> {
    const known = this.#tensors.get(dict);
    if (known !== undefined) return known;
    const tensors = new Map<string, TensorView>();
    for (const [name, value] of dict.entries)
      if (typeof name === 'string' && value instanceof TensorView) tensors.set(name, value);
    this.#tensors.set(dict, tensors);
    return tensors;
  }
}

function entryOf(value: PickleValue, key: string): PickleValue | undefined {
  return value instanceof PickleDict ? value.entries.get(key) : undefined;
}

/** Keys that are told one by one. */
const TOLD = 8;

function describe(value: PickleValue): string {
  if (!(value instanceof PickleDict)) return kindOf(value);
  const keys = [...value.entries.keys()].slice(0, TOLD).map((key) => quote(String(key)));
  const more = value.entries.size > TOLD ? ` and ${value.entries.size - TOLD} more` : '';
  return keys.length > 0 ? `a dict of ${keys.join(', ')}${more}` : 'an empty dict';
}

import type { Failure } from '../safetensors-header';
import { DTYPE_OBJECTS, STORAGE_BYTES, STORAGE_CLASSES, type StorageDtype } from './dtypes';
import { quote, SAVE_AGAIN } from './failure';
import type { PickleMeaning } from './pickle-machine';
import {
  kindOf,
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
  StorageReference,
  TensorView,
} from './values';

/** The most dimensions of a tensor: PyTorch's own limit. */
const MAX_DIMENSIONS = 64;

/** The most entries of what describes a tensor. */
const MAX_FLAGS = 16;
/** The most entries that dicts are made of at once: a list of them may be used again and again. */
const MAX_PAIRS = 500_000;

/** What a function of Python gives, by what it is called with. */
type Rebuild = (args: readonly PickleValue[], fail: Failure) => PickleValue;

const ORDERED_DICT = 'collections.OrderedDict';

/** The functions and classes that may be called, beside that one. */
const FUNCTIONS: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildUntyped],
  ['torch._utils._rebuild_parameter', ([tensor], fail) => requireTensor(tensor, fail)],
  ['torch._utils._rebuild_parameter_with_state', ([tensor], fail) => requireTensor(tensor, fail)],
  ['torch.Size', ([sizes]) => sizes ?? new PickleTuple([])],
  ['torch.device', () => null],
]);

/**
 * What PyTorch's pickles mean: an OrderedDict, tensors and parameters by their storages, dtypes, sizes and devices. All else is an error that
 * names it.
 */
export class TorchMeaning implements PickleMeaning {
  /** The storages that tensors lie in, by their names in the file. */
  readonly storages = new Map<string, StorageReference>();
  readonly #fail: Failure;
  #pairs = 0;

  constructor(fail: Failure) {
    this.#fail = fail;
  }

  global(name: string): PickleGlobal {
    if (name === ORDERED_DICT || FUNCTIONS.has(name) || STORAGE_CLASSES.has(name) || DTYPE_OBJECTS.has(name))
      return new PickleGlobal(name);
    throw this.#fail(
      `its pickle names ${quote(name)}, and only tensors, dicts and numbers are read: nothing of it was run; ${SAVE_AGAIN}`,
    );
  }

  call({ name }: PickleGlobal, args: readonly PickleValue[]): PickleValue {
    if (name === ORDERED_DICT) return this.#orderedDict(args);
    const rebuild = FUNCTIONS.get(name);
    if (rebuild !== undefined) return rebuild(args, this.#fail);
    throw this.#fail(`its pickle calls ${name}: it is damaged, or holds other objects; ${SAVE_AGAIN}`);
  }

  persistent(id: PickleValue): StorageReference {
    const storage = storageOf(id, this.#fail);
    const { key, stored } = storage;
    const known = this.storages.get(key) ?? storage;
    if (known.stored !== stored)
      throw this.#fail(
        `the storage ${quote(key)} has ${known.stored} bytes in one place and ${stored} in another: it is damaged`,
      );
    this.storages.set(key, known);
    return storage;
  }

  #orderedDict(args: readonly PickleValue[]): PickleDict {
    const pairs = pairsOf(args, this.#fail);
    this.#pairs += pairs.length;
    if (this.#pairs > MAX_PAIRS) throw this.#fail(`its pickle makes dicts of more than ${MAX_PAIRS} entries`);
    return orderedDict(pairs, this.#fail);
  }
}

/** None, or a list of pairs, as Python 2 wrote it. */
function pairsOf([pairs]: readonly PickleValue[], fail: Failure): readonly PickleValue[] {
  if (pairs === undefined) return [];
  if (pairs instanceof PickleList) return pairs.items;
  throw fail(`an OrderedDict is made of ${kindOf(pairs)}: it is damaged`);
}

function orderedDict(pairs: readonly PickleValue[], fail: Failure): PickleDict {
  const dict = new PickleDict();
  for (const pair of pairs) {
    const items = pair instanceof PickleTuple || pair instanceof PickleList ? pair.items : [];
    if (items.length !== 2) throw fail(`an OrderedDict has an entry that is ${kindOf(pair)}: it is damaged`);
    dict.entries.set(items[0], items[1]);
  }
  return dict;
}

/** `('storage', class, key, location, count)`, of the legacy form with `(key, offset, count)` or None of a part of it at the end. */
function storageOf(id: PickleValue, fail: Failure): StorageReference {
  const [kind, type, key, , count, part = null] = id instanceof PickleTuple ? id.items : [];
  if (kind !== 'storage')
    throw fail(
      `its pickle refers to ${typeof kind === 'string' ? quote(kind) : kindOf(id)} outside of it, and only storages are read; ${SAVE_AGAIN}`,
    );
  const dtype = type instanceof PickleGlobal ? STORAGE_CLASSES.get(type.name) : undefined;
  if (dtype === undefined || typeof key !== 'string' || !isCount(count))
    throw fail(`a storage of ${kindOf(type)} called ${kindOf(key)} of ${kindOf(count)}: it is damaged`);
  const width = dtype === null ? 1 : STORAGE_BYTES[dtype];
  const stored = count * width;
  if (!Number.isSafeInteger(stored)) throw fail(`a storage of ${count} elements is too large`);
  const [begin, bytes] = part === null ? [0, stored] : partOf(part, { width, stored, fail });
  return new StorageReference({ key, dtype, width, stored, begin, bytes });
}

function partOf(
  part: PickleValue,
  { width, stored, fail }: { readonly width: number; readonly stored: number; readonly fail: Failure },
): [begin: number, bytes: number] {
  const [, offset, count] = part instanceof PickleTuple ? part.items : [];
  if (!isCount(offset) || !isCount(count) || (offset + count) * width > stored)
    throw fail('a part of a storage reaches beyond it: it is damaged');
  return [offset * width, count * width];
}

/** `(storage, offset, size, stride, requires_grad, hooks, metadata)`: all but the first four say nothing of the numbers. */
function rebuildTensor(args: readonly PickleValue[], fail: Failure): TensorView {
  const [storage, offset, size, stride, , , metadata] = args;
  const dtype = storage instanceof StorageReference ? storage.dtype : undefined;
  if (dtype == null) throw fail(`a tensor is of ${kindOf(storage)} without a dtype: it is damaged`);
  refuseFlags(metadata, fail);
  return viewOf({ storage, offset, size, stride, dtype }, fail);
}

/** `(storage, offset, size, stride, requires_grad, hooks, dtype, metadata)` */
function rebuildUntyped(args: readonly PickleValue[], fail: Failure): TensorView {
  const [storage, offset, size, stride, , , type, metadata] = args;
  const dtype = type instanceof PickleGlobal ? DTYPE_OBJECTS.get(type.name) : undefined;
  if (dtype === undefined) throw fail(`a tensor has ${kindOf(type)} as its dtype: it is damaged`);
  refuseFlags(metadata, fail);
  return viewOf({ storage, offset, size, stride, dtype }, fail);
}

/** Views that are the negative or the conjugate of their memory, `{'neg': True}`. */
function refuseFlags(metadata: PickleValue | undefined, fail: Failure): void {
  if (!(metadata instanceof PickleDict)) return;
  if (metadata.entries.size > MAX_FLAGS) throw fail('a tensor has more flags than there are: it is damaged');
  const flag = [...metadata.entries].find(([, value]) => value !== false);
  if (flag)
    throw fail(`a tensor has the flag ${quote(String(flag[0]))}: resolve it in Python first, or clone it`);
}

interface RawView {
  readonly storage: PickleValue | undefined;
  readonly offset: PickleValue | undefined;
  readonly size: PickleValue | undefined;
  readonly stride: PickleValue | undefined;
  readonly dtype: StorageDtype;
}

function viewOf({ storage, offset, size, stride, dtype }: RawView, fail: Failure): TensorView {
  const [shape, strides] = [countsOf(size), countsOf(stride)];
  if (
    !(storage instanceof StorageReference) ||
    !isCount(offset) ||
    shape === null ||
    strides === null ||
    shape.length !== strides.length
  )
    throw fail('a tensor has no sizes and strides that fit each other: it is damaged');
  const view = new TensorView({ storage, dtype, offset, shape, strides });
  const end = endOf(view) * STORAGE_BYTES[dtype];
  if (end <= storage.bytes) return view;
  throw fail(
    `a tensor [${shape.join(', ')}] with strides [${strides.join(', ')}] from ${offset} reaches byte ${end} of a storage of ${storage.bytes}: it is damaged`,
  );
}

/** One beyond the last element that a view has, in its storage. */
function endOf({ offset, shape, strides }: TensorView): number {
  if (shape.includes(0)) return offset;
  return shape.reduce((end, length, i) => end + (length - 1) * strides[i], offset) + 1;
}

function countsOf(value: PickleValue | undefined): number[] | null {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_DIMENSIONS) return null;
  const counts = value.items.filter(isCount);
  return counts.length === value.items.length ? counts : null;
}

function requireTensor(value: PickleValue | undefined, fail: Failure): TensorView {
  if (value instanceof TensorView) return value;
  throw fail(`a parameter is of ${kindOf(value)}: it is damaged`);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

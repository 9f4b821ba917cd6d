import type { StorageDtype } from './dtypes';

/** What a pickle holds, as far as it may be in one with tensors. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleBytes
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | StorageReference
  | TensorView;

/** What an object of a class is made of. */
type FieldsOf<T> = Omit<T, never>;

/** Bytes, which nothing here looks at. */
export class PickleBytes {
  constructor(readonly length: number) {}
}

/** A list. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A tuple. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A dict, or an OrderedDict. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A class or function of Python by its full name, `torch.FloatStorage`: only a name. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** Memory that tensors lie in. */
export class StorageReference {
  /** Its name in the file. */
  readonly key: string;
  /** null where its tensors say what they are. */
  readonly dtype: StorageDtype | null;
  /** Bytes of an element; 1 where tensors say what they are. */
  readonly width: number;
  /** The size of what lies in the file under that name. */
  readonly stored: number;
  /** Bytes from the start of that to the memory that is meant, and of the latter. */
  readonly begin: number;
  readonly bytes: number;

  constructor({ key, dtype, width, stored, begin, bytes }: FieldsOf<StorageReference>) {
    this.key = key;
    this.dtype = dtype;
    this.width = width;
    this.stored = stored;
    this.begin = begin;
    this.bytes = bytes;
  }
}

/** A tensor: how it lies in its storage, within the storage's bounds. */
export class TensorView {
  readonly storage: StorageReference;
  readonly dtype: StorageDtype;
  /** In elements, as the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor({ storage, dtype, offset, shape, strides }: FieldsOf<TensorView>) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A value in a message: its kind. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleDict) return 'a dict';
  if (value instanceof PickleList) return 'a list';
  if (value instanceof PickleTuple) return 'a tuple';
  if (value instanceof PickleBytes) return 'bytes';
  if (value instanceof StorageReference) return 'a storage';
  if (value instanceof TensorView) return 'a tensor';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

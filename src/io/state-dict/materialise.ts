import type { DType } from '../../native/types';
import { arange, fromBytes } from '../../tensor/create';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import type { TensorRecord, TensorRecords } from '../safetensors';
import { badRecords, type Failure, type SafetensorsDtype, tensorBytes } from '../safetensors-header';
import { STORAGE_BYTES } from './dtypes';
import { quote } from './failure';
import type { TorchFile } from './torch-file';
import type { StorageReference, TensorView } from './values';

/** The most tensors. */
const MAX_TENSORS = 500_000;
/** Views may show the numbers of a file several times, as those of shared weights do: so many times, and so many bytes besides. */
const MAX_REPEATS = 8;
const MAX_REPEATED_BYTES = 64 << 20;

/** Named tensors of a file. */
export type NamedViews = ReadonlyMap<string, TensorView>;

/** Reads tensors of files, each storage once. */
export class Materialiser {
  readonly #file: TorchFile;
  readonly #fileBytes: number;
  readonly #fail: Failure;
  readonly #storages = new Map<string, Uint8Array>();

  constructor(file: TorchFile, fileBytes: number, fail: Failure) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#fail = fail;
  }

  /**
   * The tensors of dicts as records in row-major order.
   *
   * @throws what `fail` makes, before anything is read, for complex numbers and for more bytes than the file may have
   */
  async read(dicts: readonly NamedViews[]): Promise<TensorRecords[]> {
    this.#checkSizes(dicts);
    const results: TensorRecords[] = [];
    for (const dict of dicts) {
      const records: [string, TensorRecord][] = [];
      for (const [name, view] of dict) {
        const { dtype, shape } = view;
        records.push([name, { dtype: plain(dtype), shape, bytes: await this.#bytesOf(view) }]);
      }
      results.push(Object.fromEntries(records));
    }
    return results;
  }

  #checkSizes(dicts: readonly NamedViews[]): void {
    const stored = new Map<string, number>();
    let [count, total] = [0, 0];
    for (const dict of dicts) {
      count += dict.size;
      if (count > MAX_TENSORS) throw this.#fail(`it has more than ${MAX_TENSORS} tensors`);
      for (const [name, { dtype, shape, storage }] of dict) {
        const named: Failure = (problem) => this.#fail(`tensor ${quote(name)}: ${problem}`);
        if (dtype === 'C64' || dtype === 'C128')
          throw named('it is of complex numbers, which tensors here do not have: convert it first');
        total += tensorBytes(dtype, shape, named);
        stored.set(storage.key, storage.stored);
      }
    }
    const most = MAX_REPEATS * this.#fileBytes + MAX_REPEATED_BYTES;
    if (total > most)
      throw this.#fail(
        `its tensors would take ${total} bytes, but it has ${this.#fileBytes}: it is damaged, or repeats numbers`,
      );
    const needed = [...stored.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (needed > this.#fileBytes)
      throw this.#fail(
        `its storages take ${needed} bytes, but it has ${this.#fileBytes}: it is cut off or damaged`,
      );
  }

  async #bytesOf(view: TensorView): Promise<Uint8Array> {
    const { storage, dtype, offset } = view;
    const whole = await this.#load(storage);
    const bytes = whole.subarray(storage.begin, storage.begin + storage.bytes);
    if (!isContiguous(view)) return gather(bytes, view);
    const width = STORAGE_BYTES[dtype];
    return bytes.subarray(offset * width, (offset + countOf(view)) * width);
  }

  async #load(storage: StorageReference): Promise<Uint8Array> {
    const known = this.#storages.get(storage.key);
    if (known !== undefined) return known;
    const bytes = await this.#file.load(storage);
    this.#storages.set(storage.key, bytes);
    return bytes;
  }
}

function plain(dtype: TensorView['dtype']): SafetensorsDtype {
  if (dtype === 'C64' || dtype === 'C128') throw badRecords(`expected no complex numbers but got ${dtype}`);
  return dtype;
}

function countOf({ shape }: TensorView): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether elements lie one after the other, in the order of their places. */
function isContiguous({ shape, strides }: TensorView): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** Tensors that stand in for those of dtypes that tensors do not have: elements of the same width. */
const STAND_INS: Readonly<Record<number, DType>> = { 1: 'uint8', 2: 'int16', 4: 'int32', 8: 'int64' };

/** The elements of a view in row-major order. */
function gather(bytes: Uint8Array, { dtype, shape, strides, offset }: TensorView): Uint8Array {
  const width = STORAGE_BYTES[dtype];
  const count = Math.floor(bytes.byteLength / width);
  return scope(() => {
    const elements = fromBytes(bytes.subarray(0, count * width), {
      dtype: STAND_INS[width],
      shape: [count],
      device: 'cpu',
    });
    return elements.indexSelect(0, placesOf({ shape, strides, offset })).toBytes();
  });
}

/** The place of each element in its storage: offset + Σ index · stride. */
function placesOf({ shape, strides, offset }: Pick<TensorView, 'shape' | 'strides' | 'offset'>): Tensor {
  const integers = { dtype: 'int64', device: 'cpu' } as const;
  // One place changes nothing, and each sum is as large as the view.
  const axes = shape
    .map((length, i) => ({ length, stride: strides[i] }))
    .filter(({ length }) => length !== 1);
  return axes
    .map(({ length, stride }, i) =>
      arange({ end: length }, integers)
        .mul(stride)
        .reshape([length, ...axes.slice(i + 1).map(() => 1)]),
    )
    .reduce((sum, places) => sum.add(places), arange({ start: offset, end: offset + 1 }, integers))
    .reshape([-1]);
}

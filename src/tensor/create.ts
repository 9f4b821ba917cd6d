import { GanError } from '../errors';
import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { DType, Handle, MemoryFormat } from '../native/types';
import { defaultDevice } from './device';
import { type Generator, generatorHandle } from './random';
import type { NestedNumbers, Tensor } from './tensor';
import { wrap } from './wrap';

/** Where and as what a new tensor is made: float32 on the default device (the CPU) unless said otherwise. */
export interface TensorOptions {
  readonly dtype?: DType;
  readonly device?: string;
  readonly requiresGrad?: boolean;
}

/** Options of a random tensor; without a generator the device's default one draws. */
export interface RandomOptions extends TensorOptions {
  readonly generator?: Generator;
}

/** Values of a new tensor: numbers nested by dimension, or a TypedArray with its `shape`. */
export type TensorData = NestedNumbers | NestedBooleans | ArrayBufferView;

/** Booleans in the nesting of a tensor's dimensions. */
export type NestedBooleans = boolean | NestedBooleans[];

const ARRAY_DTYPES: Readonly<Record<string, DType>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Buffer: 'uint8',
  Int8Array: 'int8',
  Int16Array: 'int16',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
};

function finish(handle: Handle, { requiresGrad }: TensorOptions, origin: string): Tensor {
  const tensor = wrap(handle, origin);
  if (requiresGrad) tensor.requiresGrad = true;
  return tensor;
}

function place({ dtype = 'float32', device = defaultDevice() }: TensorOptions): {
  dtype: DType;
  device: string;
} {
  if (device !== 'cpu') native().requireDevice(device);
  return { dtype, device };
}

/**
 * A tensor of given values: numbers nested by dimension (float32 unless `dtype` says otherwise), or the elements of a TypedArray
 * (of its own type) in `shape`, by default one dimension.
 *
 * @throws GanError `ERR_INVALID_ARG` for ragged nesting, or a TypedArray whose length does not fit `shape`.
 */
export function tensor(
  data: TensorData,
  options: TensorOptions & { shape?: readonly number[] } = {},
): Tensor {
  const { device } = place(options);
  const elements = ArrayBuffer.isView(data) ? fromView(data) : fromNested(data);
  const handle = native().fromBytes(elements.view, elements.dtype, options.shape ?? elements.shape, device);
  const wanted = options.dtype ?? elements.preferred;
  if (wanted === elements.dtype) return finish(handle, options, 'tensor');
  const converted = ops.to_dtype(handle, wanted);
  native().releaseOne(handle);
  return finish(converted, options, 'tensor');
}

/** A tensor of raw bytes in row-major order: exact for every dtype, float16 and bfloat16 included. */
export function fromBytes(
  bytes: ArrayBufferView | ArrayBuffer,
  { dtype, shape, device = defaultDevice() }: { dtype: DType; shape: readonly number[]; device?: string },
): Tensor {
  if (device !== 'cpu') native().requireDevice(device);
  return wrap(native().fromBytes(bytes, dtype, shape, device), 'fromBytes');
}

/** Zeros. */
export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.zeros(shape, dtype, null, device), options, 'zeros');
}

/** Ones. */
export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.ones(shape, dtype, null, device), options, 'ones');
}

/** `value` everywhere. */
export function full(shape: readonly number[], value: number, options: TensorOptions = {}): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.full(shape, value, dtype, null, device), options, 'full');
}

/** Memory as it comes: fill it before reading. */
export function empty(
  shape: readonly number[],
  options: TensorOptions & { memoryFormat?: MemoryFormat } = {},
): Tensor {
  const { dtype, device } = place(options);
  const handle = ops.empty_memory_format(shape, dtype, null, device, null, options.memoryFormat ?? null);
  return finish(handle, options, 'empty');
}

/** Zeros with the shape, dtype, device and memory format of `like`. */
export function zerosLike(like: Tensor): Tensor {
  return wrap(ops.zeros_like(like.handle), 'zerosLike');
}

/** Ones with the shape, dtype, device and memory format of `like`. */
export function onesLike(like: Tensor): Tensor {
  return wrap(ops.ones_like(like.handle), 'onesLike');
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.eye(n, dtype, null, device), options, 'eye');
}

/** `start`, `start + step`, … below `end`. */
export function arange(
  { start = 0, end, step = 1 }: { start?: number; end: number; step?: number },
  options: TensorOptions = {},
): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.arange_start_step(start, end, step, dtype, null, device), options, 'arange');
}

/** `steps` numbers from `start` to `end`, both included. */
export function linspace(
  { start, end, steps }: { start: number; end: number; steps: number },
  options: TensorOptions = {},
): Tensor {
  const { dtype, device } = place(options);
  return finish(ops.linspace(start, end, steps, dtype, null, device), options, 'linspace');
}

/** Standard normal numbers. */
export function randn(shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { dtype, device } = place(options);
  const generator = generatorHandle(options.generator);
  return finish(ops.randn_generator(shape, generator, dtype, null, device), options, 'randn');
}

/** Uniform numbers in [0, 1). */
export function rand(shape: readonly number[], options: RandomOptions = {}): Tensor {
  const { dtype, device } = place(options);
  const generator = generatorHandle(options.generator);
  return finish(ops.rand_generator(shape, generator, dtype, null, device), options, 'rand');
}

/** How many events there are of each rate, by chance: whole numbers of mean and variance `rates`, in their dtype and on their device. */
export function poisson(rates: Tensor, { generator }: Pick<RandomOptions, 'generator'> = {}): Tensor {
  return wrap(ops.poisson(rates.handle, generatorHandle(generator)), 'poisson');
}

/** Uniform integers (int64 unless said otherwise) in [low, high). */
export function randint(
  { low = 0, high, shape }: { low?: number; high: number; shape: readonly number[] },
  options: RandomOptions = {},
): Tensor {
  const { dtype, device } = place({ ...options, dtype: options.dtype ?? 'int64' });
  const generator = generatorHandle(options.generator);
  return finish(
    ops.randint_low_generator(low, high, shape, generator, dtype, null, device),
    options,
    'randint',
  );
}

/** The integers below `n` (int64) in random order; `n` is at most 2²⁷. @throws TorchError `ERR_INVALID_ARG` for more */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  const { dtype, device } = place({ ...options, dtype: options.dtype ?? 'int64' });
  const generator = generatorHandle(options.generator);
  return finish(ops.randperm_generator(n, generator, dtype, null, device), options, 'randperm');
}

interface Elements {
  readonly view: ArrayBufferView;
  /** What the view's elements are. */
  readonly dtype: DType;
  /** What the tensor is to be where nobody asked. */
  readonly preferred: DType;
  readonly shape: readonly number[];
}

function fromView(view: ArrayBufferView): Elements {
  const name = view.constructor.name;
  const dtype = ARRAY_DTYPES[name];
  if (!dtype || !('length' in view) || typeof view.length !== 'number')
    throw new GanError(
      'ERR_INVALID_ARG',
      `tensor expected numbers or one of ${Object.keys(ARRAY_DTYPES).join(', ')} but received a ${name}; use fromBytes for raw bits`,
    );
  return { view, dtype, preferred: dtype, shape: [view.length] };
}

function fromNested(data: NestedNumbers | NestedBooleans): Elements {
  const values: number[] = [];
  const shape: number[] = [];
  const kinds = new Set<string>();
  collect(data, { values, shape, kinds, depth: 0 });
  if (kinds.size === 1 && kinds.has('boolean'))
    return { view: Uint8Array.from(values), dtype: 'bool', preferred: 'bool', shape };
  // Doubles first: a later conversion to float64 or int64 must not have lost digits on the way.
  return { view: Float64Array.from(values), dtype: 'float64', preferred: 'float32', shape };
}

interface Collected {
  readonly values: number[];
  readonly shape: number[];
  readonly kinds: Set<string>;
  readonly depth: number;
}

function collect(data: unknown, into: Collected): void {
  const { values, shape, kinds, depth } = into;
  if (!Array.isArray(data)) {
    if (typeof data !== 'number' && typeof data !== 'boolean')
      throw new GanError(
        'ERR_INVALID_ARG',
        `tensor expected numbers or booleans but received ${typeof data}`,
      );
    if (depth !== shape.length) throw ragged(shape);
    kinds.add(typeof data);
    values.push(Number(data));
    return;
  }
  if (shape.length === depth) {
    if (values.length > 0) throw ragged(shape);
    shape.push(data.length);
  } else if (shape[depth] !== data.length) throw ragged(shape);
  for (const item of data) collect(item, { ...into, depth: depth + 1 });
}

function ragged(shape: readonly number[]): GanError {
  return new GanError(
    'ERR_INVALID_ARG',
    `tensor expected arrays of equal length at each depth (so far [${shape.join(', ')}]) but received ragged ones`,
  );
}

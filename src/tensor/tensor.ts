import { native } from '../native/addon';
import { ops } from '../native/ops.generated';
import type { DType, Handle, MemoryFormat } from '../native/types';
import { countFreedGraph } from './freed-graphs';
import { countHostRead } from './host-reads';
import { ShapeMethods } from './shape-methods';

/** What a tensor's values come out as, by dtype; float16 and bfloat16 come as their raw bits. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array;

/** Numbers in the nesting of a tensor's dimensions. */
export type NestedNumbers = number | NestedNumbers[];

/** How to convert a tensor; what is left out stays. */
export interface Conversion {
  readonly dtype?: DType;
  readonly device?: string;
  readonly memoryFormat?: MemoryFormat;
}

const ARRAYS: Readonly<Record<DType, new (buffer: ArrayBuffer) => TypedArray>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/**
 * A multi-dimensional array on a device, in LibTorch. Methods are PyTorch's in camelCase; those with a trailing underscore work
 * in place. Its memory belongs to the scope it was made in (see `scope`), else to `dispose` and the garbage collector.
 *
 * Methods throw `TorchError` with the shapes of the arguments, and `ERR_RELEASED` on a tensor whose memory was given back.
 */
export class Tensor extends ShapeMethods<Tensor> {
  protected override self(): Tensor {
    return this;
  }

  protected override wrap(handle: Handle, origin: string): Tensor {
    return new Tensor(handle, origin);
  }

  /** Converted to a dtype, device or memory format: `t.to('cuda')`, `t.to({ dtype: 'float64' })`. Shares memory where nothing changes. */
  to(target: string | Conversion): Tensor {
    const { dtype, device, memoryFormat } =
      typeof target === 'string' ? { device: target, dtype: undefined, memoryFormat: undefined } : target;
    if (device !== undefined) native().requireDevice(device);
    const handle = device
      ? ops.to_device(this.handle, device, dtype ?? this.dtype, false, false, memoryFormat ?? null)
      : ops.to_dtype(this.handle, dtype ?? this.dtype, false, false, memoryFormat ?? null);
    return this.wrap(handle, 'to');
  }

  /** `to({ dtype: 'float32' })` */
  float(): Tensor {
    return this.to({ dtype: 'float32' });
  }

  /** `to({ dtype: 'float64' })` */
  double(): Tensor {
    return this.to({ dtype: 'float64' });
  }

  /** The only element as a number; bool gives 0 or 1. Waits for the device. */
  item(): number {
    countHostRead();
    return Number(ops.item(this.handle));
  }

  /** The values in row-major order, copied to the host. */
  toTypedArray(): TypedArray {
    countHostRead();
    return new ARRAYS[this.dtype](native().toBuffer(this.handle));
  }

  /** The values as numbers, nested by dimension; int64 loses precision beyond 2⁵³. */
  toArray(): NestedNumbers {
    const wide = this.dtype === 'float16' || this.dtype === 'bfloat16';
    if (wide) {
      const float = this.float();
      try {
        return float.toArray();
      } finally {
        float.dispose();
      }
    }
    const values = Array.from(this.toTypedArray(), Number);
    return nest(values, this.shape, { start: 0 });
  }

  /** The raw bytes in row-major order, copied to the host: exact for every dtype. */
  toBytes(): Uint8Array {
    countHostRead();
    return new Uint8Array(native().toBuffer(this.handle));
  }

  /** Whether the two share memory. */
  isAliasOf(other: Tensor): boolean {
    return native().isAliasOf(this.handle, other.handle);
  }

  /** The gradient that `backward` left on a leaf, or null. */
  get grad(): Tensor | null {
    const handle = native().gradient(this.handle);
    return handle === 0 ? null : this.wrap(handle, 'grad');
  }

  set grad(gradient: Tensor | null) {
    native().setGradient(this.handle, gradient?.handle ?? null);
  }

  /**
   * Adds the gradient of this scalar to `grad` of every leaf it was computed from.
   *
   * @param options.gradient - For a tensor that is no scalar: the gradient of the loss with respect to it.
   * @param options.retainGraph - Keeps the graph for another backward pass (`createGraph`).
   * @param options.createGraph - Records the gradient itself, for second derivatives (false).
   */
  backward({ gradient, createGraph = false, retainGraph = createGraph }: BackwardOptions = {}): void {
    const gradients = gradient ? [gradient.handle] : null;
    if (!retainGraph) countFreedGraph();
    native().backward([this.handle], gradients, retainGraph, createGraph, []);
  }

  /** Takes over shape, dtype, device and memory of `source`; whoever holds this tensor goes on holding it. */
  setData(source: Tensor): void {
    native().setData(this.handle, source.handle);
  }

  /** E.g. `Tensor float32 [2, 3] cpu`. */
  override toString(): string {
    if (this.released) return `Tensor (released, made by ${this.origin})`;
    return `Tensor ${this.dtype} [${this.shape.join(', ')}] ${this.device}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** See `Tensor.backward`. */
export interface BackwardOptions {
  readonly gradient?: Tensor;
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
}

function nest(values: readonly number[], shape: readonly number[], cursor: { start: number }): NestedNumbers {
  if (shape.length === 0) return values[cursor.start++];
  return Array.from({ length: shape[0] }, () => nest(values, shape.slice(1), cursor));
}

import { GanError, UsageError } from '../errors';
import { native } from '../native/addon';
import type { DType, Handle, MemoryFormat } from '../native/types';

/** The tensors made since a scope opened. */
export interface Frame {
  readonly parent: Frame | null;
  readonly tensors: TensorCore[];
}

let current: Frame | null = null;

/** The innermost open scope, or null. */
export function currentFrame(): Frame | null {
  return current;
}

/** Opens a scope; the caller closes it with `closeFrame`. */
export function openFrame(): Frame {
  current = { parent: current, tensors: [] };
  return current;
}

/** Makes the scope around `frame` the innermost again. */
export function closeFrame(frame: Frame): void {
  current = frame.parent;
}

/** Frees tensors that were made outside every scope once nothing in JavaScript refers to them. */
export const unreachable = new FinalizationRegistry<number>((handle) => {
  native().releaseOne(handle);
});

/** Moves a tensor from its owner to another: a scope, or null for `dispose` and the garbage collector. */
export let assignFrame: (tensor: TensorCore, frame: Frame | null) => void;
/** Whether `frame` is the tensor's owner. */
export let isOwnedBy: (tensor: TensorCore, frame: Frame) => boolean;
/** Takes the handle from a tensor that `frame` still owns, leaving the tensor released; 0 where it does not. */
export let takeFromFrame: (tensor: TensorCore, frame: Frame) => Handle;

/** What a tensor is before it can compute: a handle, its owner, and the facts LibTorch knows about it. */
export class TensorCore {
  #handle: Handle;
  #frame: Frame | null;
  /** The operator that made it, for the error that names it. */
  readonly origin: string;

  constructor(handle: Handle, origin: string) {
    // Whatever else it held, the garbage collector would end the process when it gives that back.
    if (typeof handle !== 'number' || typeof origin !== 'string')
      throw new UsageError(
        'a tensor is made of numbers by tensor([1, 2, 3]), of a shape by zeros([2, 3]), randn([2, 3]) and the like, but not by new Tensor(…)',
      );
    this.#handle = handle;
    this.origin = origin;
    this.#frame = currentFrame();
    if (this.#frame) this.#frame.tensors.push(this);
    else unreachable.register(this, handle, this);
  }

  static {
    assignFrame = (tensor, frame) => {
      if (tensor.#frame === frame || tensor.#handle === 0) return;
      if (!tensor.#frame) unreachable.unregister(tensor);
      tensor.#frame = frame;
      if (frame) frame.tensors.push(tensor);
      else unreachable.register(tensor, tensor.#handle, tensor);
    };
    isOwnedBy = (tensor, frame) => tensor.#frame === frame;
    takeFromFrame = (tensor, frame) => {
      if (tensor.#frame !== frame) return 0;
      const handle = tensor.#handle;
      tensor.#handle = 0;
      return handle;
    };
  }

  /**
   * The native handle.
   *
   * @throws GanError `ERR_RELEASED` after the tensor was released, naming the operator that made it.
   */
  get handle(): Handle {
    if (this.#handle === 0)
      throw new GanError(
        'ERR_RELEASED',
        `expected a live tensor but this one, made by ${this.origin}, ` +
          `${this.#frame ? 'was released when its scope closed: return it from the scope, or keep() it' : 'was disposed'}`,
      );
    return this.#handle;
  }

  /** Whether the tensor's memory was given back. */
  get released(): boolean {
    return this.#handle === 0;
  }

  /** Gives the memory back now. Releasing a released tensor does nothing. */
  dispose(): void {
    const handle = this.#handle;
    if (handle === 0) return;
    this.#handle = 0;
    if (!this.#frame) unreachable.unregister(this);
    this.#frame = null;
    native().releaseOne(handle);
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Sizes of its dimensions. */
  get shape(): readonly number[] {
    return native().shape(this.handle);
  }

  /** Elements to step over for the next index, a dimension each. */
  get strides(): readonly number[] {
    return native().strides(this.handle);
  }

  /** Number of dimensions. */
  get dim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get numel(): number {
    return native().elements(this.handle);
  }

  /** Element type. */
  get dtype(): DType {
    return native().dtype(this.handle);
  }

  /** `cpu`, or `cuda:0` and so on. */
  get device(): string {
    return native().device(this.handle);
  }

  /** Whether its elements lie in this order without gaps. */
  isContiguous(format: MemoryFormat = 'contiguous'): boolean {
    return native().isContiguous(this.handle, format);
  }

  /** Whether autograd records what is computed from it. */
  get requiresGrad(): boolean {
    return native().requiresGrad(this.handle);
  }

  set requiresGrad(value: boolean) {
    native().setRequiresGrad([this.handle], value);
  }

  /** Whether no operator that autograd recorded made it: only leaves get a `grad`. */
  get isLeaf(): boolean {
    return native().isLeaf(this.handle);
  }
}

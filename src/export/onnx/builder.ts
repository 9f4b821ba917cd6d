import { native } from '../../native/addon';
import { ops } from '../../native/ops.generated';
import type { DType } from '../../native/types';
import { fromBytes } from '../../tensor/create';
import { scope } from '../../tensor/scope';
import type { Tensor } from '../../tensor/tensor';
import { wrap } from '../../tensor/wrap';
import type { GraphCall, GraphValue } from '../graph';
import { notExportable } from '../record';
import type { Size } from '../sizes';
import { type Attribute, type Initializer, type Node, type OnnxType, TYPES } from './proto';

/** Of what weights and activations are. */
export type ExportPrecision = 'float32' | 'float16';

/** What a model is written for. */
export interface Target {
  readonly precision: ExportPrecision;
  readonly opset: number;
  /**
   * Whether batch norms that take the statistics of their batch take those of each image alone: what a sampler does that runs images one by
   * one.
   */
  readonly imageStatistics: boolean;
}

/** Where an open size is read: an axis of an input. */
export interface SizeSource {
  readonly input: string;
  readonly axis: number;
}

/** The least and the largest numbers above 0 of float16. */
const [LEAST_HALF, LARGEST_HALF] = [2 ** -24, 65504];

/** To the end of an axis, whatever its size. */
export const END = 2 ** 63 - 1024;

/** Nodes and constants of a model, as rules add them. */
export class OnnxBuilder {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  readonly #names = new Map<GraphValue, string>();
  readonly #constants = new Map<string, string>();
  readonly #taken = new Map<string, number>();
  readonly #sizes: Readonly<Record<string, SizeSource>>;
  /** Names of parameters and buffers, by their handles. */
  readonly #weights: ReadonlyMap<number, string>;
  readonly #seen = new Map<string, string>();
  #call: GraphCall | null = null;

  constructor(
    readonly target: Target,
    {
      sizes,
      weights,
    }: {
      readonly sizes: Readonly<Record<string, SizeSource>>;
      readonly weights: ReadonlyMap<number, string>;
    },
  ) {
    this.#sizes = sizes;
    this.#weights = weights;
  }

  /** What nodes are named for from now on. */
  begin(call: GraphCall | null): void {
    this.#call = call;
  }

  /** Says by what name a value is known. */
  define(value: GraphValue, name: string): void {
    this.#names.set(value, name);
  }

  /** The name of a value: a constant is stored on first use. */
  name(value: GraphValue): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { handle } = value.recorded;
    const name = this.#store(this.#unique(this.#weights.get(handle) ?? 'constant'), value.dtype, handle);
    this.#names.set(value, name);
    return name;
  }

  /** Adds an operator with one output. @returns its output's name */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    return this.multiple(type, { inputs, attributes, outputs: 1 })[0];
  }

  /** Adds an operator with several outputs. @returns their names */
  multiple(
    type: string,
    {
      inputs,
      attributes = {},
      outputs: count,
    }: {
      readonly inputs: readonly string[];
      readonly attributes?: Readonly<Record<string, Attribute>>;
      readonly outputs: number;
    },
  ): string[] {
    const layer = this.#call?.layer ?? '';
    const name = this.#unique(layer === '' ? type : `${layer}/${type}`);
    const outputs = Array.from({ length: count }, (_, i) => `${name}:${i}`);
    this.nodes.push({ type, name, inputs, outputs, attributes });
    return outputs;
  }

  /** The type of the operator that makes a tensor; null for inputs and constants. */
  madeBy(name: string): string | null {
    return this.nodes.find(({ outputs }) => outputs.includes(name))?.type ?? null;
  }

  /** The element type that a dtype is written as. @throws GanError `ERR_NOT_EXPORTABLE` for one that browsers do not compute with */
  type(dtype: DType): OnnxType {
    if (dtype === 'float32') return this.target.precision === 'float16' ? 'float16' : 'float';
    if (dtype === 'float64') return 'double';
    if (dtype === 'int64' || dtype === 'int32' || dtype === 'uint8' || dtype === 'bool') return dtype;
    throw notExportable(
      this.#call ?? { name: 'to', layer: '' },
      `numbers of ${dtype} are not of ONNX’s operators`,
    );
  }

  /** A number of a dtype, as a tensor without dimensions. */
  scalar(value: number, dtype: DType = 'float32'): string {
    return this.#small([value], { shape: [], dtype });
  }

  /** Numbers of a dtype in one dimension. */
  vector(values: readonly number[], dtype: DType = 'float32'): string {
    return this.#small(values, { shape: [values.length], dtype });
  }

  /** Numbers in any shape. */
  tensor(values: readonly number[], shape: readonly number[], dtype: DType = 'float32'): string {
    return this.#small(values, { shape, dtype });
  }

  /** Whole numbers: what axes, pads and shapes are given as. */
  ints(values: readonly number[]): string {
    return this.#small(values, { shape: [values.length], dtype: 'int64' });
  }

  /** Numbers of float32 whatever the precision is: scales of Resize. */
  floats(values: readonly number[]): string {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return this.#kept('float', [values.length], bytes);
  }

  /** Sizes as one int64 tensor, computed of the inputs' shapes where they are open. */
  sizes(sizes: readonly (Size | number)[]): string {
    if (sizes.every((size) => typeof size === 'number' || size.constant))
      return this.ints(sizes.map((size) => (typeof size === 'number' ? size : size.value)));
    const parts = sizes.map((size) => this.size(size));
    return parts.length === 1 ? parts[0] : this.node('Concat', parts, { axis: 0 });
  }

  /** A size as an int64 tensor [1]. */
  size(size: Size | number): string {
    if (typeof size === 'number') return this.ints([size]);
    if (size.constant) return this.ints([size.value]);
    const factors = size.factors.map(({ variable, scale, offset }) => {
      const scaled = this.#times(this.#open(variable), scale);
      return offset === 0 ? scaled : this.node('Add', [scaled, this.ints([offset])]);
    });
    const product = factors.reduce((left, right) => this.node('Mul', [left, right]));
    const whole = this.#times(product, size.multiplier);
    return size.divisor === 1 ? whole : this.node('Div', [whole, this.ints([size.divisor])]);
  }

  /** A tensor of another element type; itself where it is of that type. */
  cast(name: string, from: DType, to: DType): string {
    if (from === to) return name;
    return this.node('Cast', [name], { to: TYPES[this.type(to)] });
  }

  /** Says of which tensor the open sizes of an input are read: what the network sees of it. */
  readSizes(input: string, tensor: string): void {
    this.#seen.set(input, tensor);
  }

  #open(variable: string): string {
    const { input, axis } = this.#sizes[variable];
    const shape = this.node('Shape', [this.#seen.get(input) ?? input]);
    return this.node('Gather', [shape, this.ints([axis])], { axis: 0 });
  }

  #times(name: string, factor: number): string {
    return factor === 1 ? name : this.node('Mul', [name, this.ints([factor])]);
  }

  #small(
    values: readonly number[],
    { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: DType },
  ): string {
    const type = this.type(dtype);
    if (type === 'float16') {
      const half = values.map((value) =>
        value !== 0 && Math.abs(value) < LEAST_HALF ? LEAST_HALF * Math.sign(value) : value,
      );
      return this.#kept(type, shape, halfBytes(half));
    }
    return this.#kept(type, shape, bytesOf(values, dtype));
  }

  /** A constant, once for equal ones. */
  #kept(type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    const key = `${type} ${shape.join('x')} ${Buffer.from(bytes).toString('base64')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#unique('constant');
    this.initializers.push({ name, type, shape, bytes });
    this.#constants.set(key, name);
    return name;
  }

  #store(name: string, dtype: DType, handle: number): string {
    const type = this.type(dtype);
    const shape = native().shape(handle);
    const bytes = type === 'float16' ? halfOf(handle) : new Uint8Array(native().toBuffer(handle));
    this.initializers.push({ name, type, shape, bytes });
    return name;
  }

  #unique(name: string): string {
    const count = this.#taken.get(name) ?? 0;
    this.#taken.set(name, count + 1);
    // A weight may be called what a number would make of another.
    return count === 0 ? name : this.#unique(`${name}_${count}`);
  }
}

/** The numbers of a tensor as float16, within what that can hold. */
function halfOf(handle: number): Uint8Array {
  return scope(() => {
    const limited = wrap(ops.clamp(handle, -LARGEST_HALF, LARGEST_HALF), 'clamp');
    return half(limited);
  });
}

function halfBytes(values: readonly number[]): Uint8Array {
  return scope(() => {
    const numbers = fromBytes(Float32Array.from(values), {
      dtype: 'float32',
      shape: [values.length],
      device: 'cpu',
    });
    return half(numbers.clamp({ min: -LARGEST_HALF, max: LARGEST_HALF }));
  });
}

function half(tensor: Tensor): Uint8Array {
  return tensor.to({ dtype: 'float16' }).toBytes();
}

function bytesOf(values: readonly number[], dtype: DType): Uint8Array {
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  if (dtype === 'int32') return new Uint8Array(Int32Array.from(values).buffer);
  if (dtype === 'uint8' || dtype === 'bool') return Uint8Array.from(values);
  if (dtype === 'float64') return new Uint8Array(Float64Array.from(values).buffer);
  return new Uint8Array(Float32Array.from(values).buffer);
}

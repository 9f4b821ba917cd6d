import type { DType } from '../../native/types';
import type { GraphCall, GraphValue } from '../graph';
import { notExportable } from '../record';
import { Size } from '../sizes';
import type { OnnxBuilder } from './builder';

/** How an operator is written: it adds nodes, and says the names of its results. */
export type Rule = (call: Call) => string | readonly string[];

/** An operator for rules to read, and what they add nodes to. */
export class Call {
  constructor(
    readonly call: GraphCall,
    readonly onnx: OnnxBuilder,
  ) {}

  /** A tensor that the operator must be given. */
  value(name: string): GraphValue {
    const value = this.optional(name);
    if (value) return value;
    throw this.refuse(`it has no ${name}`);
  }

  /** A tensor that it may be given. */
  optional(name: string): GraphValue | null {
    const argument = this.call.args[name];
    return argument !== undefined && 'tensor' in argument ? argument.tensor : null;
  }

  /** The name of a tensor that it must be given. */
  input(name: string): string {
    return this.onnx.name(this.value(name));
  }

  /** A list of tensors. */
  values(name: string): readonly GraphValue[] {
    const argument = this.call.args[name];
    if (argument === undefined || !('tensors' in argument)) throw this.refuse(`it has no ${name}`);
    return argument.tensors.filter((value) => value !== null);
  }

  /** What it makes, first of all. */
  get result(): GraphValue {
    return this.call.results[0];
  }

  /** What is no tensor. */
  other(name: string): unknown {
    const argument = this.call.args[name];
    return argument !== undefined && 'other' in argument ? argument.other : undefined;
  }

  /** A number. @throws GanError where the sizes of inputs decide it */
  number(name: string): number {
    const value = this.other(name);
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'boolean') return value ? 1 : 0;
    throw this.refuse(`its ${name} depends on the sizes of inputs, or is no number`);
  }

  /** A number, or null. */
  maybe(name: string): number | null {
    const value = this.other(name);
    return value === null || value === undefined ? null : this.number(name);
  }

  flag(name: string): boolean {
    return this.other(name) === true;
  }

  /** A list of numbers. @throws GanError where the sizes of inputs decide them */
  numbers(name: string): number[] {
    const value = this.other(name);
    const list: unknown[] = Array.isArray(value) ? value : [];
    if (list.every((each): each is number => typeof each === 'number')) return list;
    throw this.refuse(`its ${name} depends on the sizes of inputs`);
  }

  /** A size, perhaps an open one. */
  size(name: string): Size {
    const value = this.other(name);
    if (value instanceof Size) return value;
    return new Size(this.number(name));
  }

  /** An axis counted from the front. */
  axis(name: string, { shape }: { readonly shape: readonly Size[] }, extra = 0): number {
    const axis = this.number(name);
    return axis < 0 ? axis + shape.length + extra : axis;
  }

  /** Tensors in one dtype: that of the result. */
  promoted(names: readonly string[], dtype: DType = this.result.dtype): string[] {
    return names.map((name) => this.onnx.cast(this.input(name), this.value(name).dtype, dtype));
  }

  /** The error of an operator that cannot be written. */
  refuse(why: string): Error {
    return notExportable(this.call, why);
  }
}

/** Sizes that are constants. @throws GanError for open ones */
export function fixed(call: Call, sizes: readonly Size[]): number[] {
  return sizes.map((size) => {
    if (size.constant) return size.value;
    throw call.refuse(`it needs the size ${size} as a number`);
  });
}

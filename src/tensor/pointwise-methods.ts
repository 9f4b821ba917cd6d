import { ops } from '../native/ops.generated';
import type { Handle } from '../native/types';
import { TensorCore } from './core';

/** The other side of a binary operator: a tensor, broadcast as in PyTorch, or a number. */
export type Operand<T> = T | number;

interface Binary {
  readonly op: string;
  tensor(self: Handle, other: Handle): Handle;
  number(self: Handle, other: number): Handle;
}

function binary(op: string, tensor: Binary['tensor'], number: Binary['number']): Binary {
  return { op, tensor, number };
}

const MUL = binary('mul', ops.mul_Tensor, ops.mul_Scalar);
const DIV = binary('div', ops.div_Tensor, ops.div_Scalar);
const REMAINDER = binary('remainder', ops.remainder_Tensor, ops.remainder_Scalar);
const POW = binary('pow', ops.pow_Tensor_Tensor, ops.pow_Tensor_Scalar);
const EQ = binary('eq', ops.eq_Tensor, ops.eq_Scalar);
const NE = binary('ne', ops.ne_Tensor, ops.ne_Scalar);
const LT = binary('lt', ops.lt_Tensor, ops.lt_Scalar);
const LE = binary('le', ops.le_Tensor, ops.le_Scalar);
const GT = binary('gt', ops.gt_Tensor, ops.gt_Scalar);
const GE = binary('ge', ops.ge_Tensor, ops.ge_Scalar);

/**
 * Element-by-element methods. A trailing underscore works in place and returns the same tensor.
 *
 * @typeParam T - The tensor class itself, which is built on these methods.
 */
export abstract class PointwiseMethods<T extends TensorCore> extends TensorCore {
  /** The tensor itself, typed: what an in-place method returns. */
  protected abstract self(): T;

  /** A tensor for a handle that `origin` made. */
  protected abstract wrap(handle: Handle, origin: string): T;

  // TypeScript’s `private`: a #private method would cost every new tensor a brand.
  private binary(kind: Binary, other: Operand<T>): T {
    const handle =
      typeof other === 'number' ? kind.number(this.handle, other) : kind.tensor(this.handle, other.handle);
    return this.wrap(handle, kind.op);
  }

  /** self + alpha · other */
  add(other: Operand<T>, { alpha = 1 }: { alpha?: number } = {}): T {
    if (typeof other === 'number') return this.wrap(ops.add_Scalar(this.handle, other, alpha), 'add');
    return this.wrap(ops.add_Tensor(this.handle, other.handle, alpha), 'add');
  }

  /** self − alpha · other */
  sub(other: Operand<T>, { alpha = 1 }: { alpha?: number } = {}): T {
    if (typeof other === 'number') return this.wrap(ops.sub_Scalar(this.handle, other, alpha), 'sub');
    return this.wrap(ops.sub_Tensor(this.handle, other.handle, alpha), 'sub');
  }

  /** other − self */
  rsub(other: number): T {
    return this.wrap(ops.rsub_Scalar(this.handle, other), 'rsub');
  }

  /** self · other */
  mul(other: Operand<T>): T {
    return this.binary(MUL, other);
  }

  /** self / other */
  div(other: Operand<T>): T {
    return this.binary(DIV, other);
  }

  /** The remainder of self / other, with other's sign. */
  remainder(other: Operand<T>): T {
    return this.binary(REMAINDER, other);
  }

  /** self to the power of `exponent` */
  pow(exponent: Operand<T>): T {
    return this.binary(POW, exponent);
  }

  /** Adds `alpha · other` in place. */
  add_(other: Operand<T>, { alpha = 1 }: { alpha?: number } = {}): T {
    if (typeof other === 'number') ops.add__Scalar(this.handle, other, alpha);
    else ops.add__Tensor(this.handle, other.handle, alpha);
    return this.self();
  }

  /** Subtracts `alpha · other` in place. */
  sub_(other: Operand<T>, { alpha = 1 }: { alpha?: number } = {}): T {
    if (typeof other === 'number') ops.sub__Scalar(this.handle, other, alpha);
    else ops.sub__Tensor(this.handle, other.handle, alpha);
    return this.self();
  }

  /** Multiplies in place. */
  mul_(other: Operand<T>): T {
    if (typeof other === 'number') ops.mul__Scalar(this.handle, other);
    else ops.mul__Tensor(this.handle, other.handle);
    return this.self();
  }

  /** Divides in place. */
  div_(other: Operand<T>): T {
    if (typeof other === 'number') ops.div__Scalar(this.handle, other);
    else ops.div__Tensor(this.handle, other.handle);
    return this.self();
  }

  /** Moves towards `end` by `weight`, in place: self + weight · (end − self). */
  lerp_(end: T, weight: number): T {
    ops.lerp__Scalar(this.handle, end.handle, weight);
    return this.self();
  }

  /** self + weight · (end − self) */
  lerp(end: T, weight: Operand<T>): T {
    if (typeof weight === 'number')
      return this.wrap(ops.lerp_Scalar(this.handle, end.handle, weight), 'lerp');
    return this.wrap(ops.lerp_Tensor(this.handle, end.handle, weight.handle), 'lerp');
  }

  /** −self */
  neg(): T {
    return this.wrap(ops.neg(this.handle), 'neg');
  }

  /** |self| */
  abs(): T {
    return this.wrap(ops.abs(this.handle), 'abs');
  }

  /** −1, 0 or 1 */
  sign(): T {
    return this.wrap(ops.sign(this.handle), 'sign');
  }

  /** self² */
  square(): T {
    return this.wrap(ops.square(this.handle), 'square');
  }

  /** √self */
  sqrt(): T {
    return this.wrap(ops.sqrt(this.handle), 'sqrt');
  }

  /** 1 / √self */
  rsqrt(): T {
    return this.wrap(ops.rsqrt(this.handle), 'rsqrt');
  }

  /** 1 / self */
  reciprocal(): T {
    return this.wrap(ops.reciprocal(this.handle), 'reciprocal');
  }

  /** e^self */
  exp(): T {
    return this.wrap(ops.exp(this.handle), 'exp');
  }

  /** ln self */
  log(): T {
    return this.wrap(ops.log(this.handle), 'log');
  }

  /** ln(1 + self) */
  log1p(): T {
    return this.wrap(ops.log1p(this.handle), 'log1p');
  }

  /** sin self (radians) */
  sin(): T {
    return this.wrap(ops.sin(this.handle), 'sin');
  }

  /** cos self (radians) */
  cos(): T {
    return this.wrap(ops.cos(this.handle), 'cos');
  }

  /** The largest integer not above. */
  floor(): T {
    return this.wrap(ops.floor(this.handle), 'floor');
  }

  /** The smallest integer not below. */
  ceil(): T {
    return this.wrap(ops.ceil(this.handle), 'ceil');
  }

  /** The nearest integer, halves to even. */
  round(): T {
    return this.wrap(ops.round(this.handle), 'round');
  }

  /** max(self, 0) */
  relu(): T {
    return this.wrap(ops.relu(this.handle), 'relu');
  }

  /** Hyperbolic tangent. */
  tanh(): T {
    return this.wrap(ops.tanh(this.handle), 'tanh');
  }

  /** 1 / (1 + e^−self) */
  sigmoid(): T {
    return this.wrap(ops.sigmoid(this.handle), 'sigmoid');
  }

  /** Limits to [min, max]; either may be left out. */
  clamp({ min, max }: { min?: number; max?: number }): T {
    return this.wrap(ops.clamp(this.handle, min ?? null, max ?? null), 'clamp');
  }

  /** `clamp` in place. */
  clamp_({ min, max }: { min?: number; max?: number }): T {
    ops.clamp_(this.handle, min ?? null, max ?? null);
    return this.self();
  }

  /** The smaller of the two. */
  minimum(other: T): T {
    return this.wrap(ops.minimum(this.handle, other.handle), 'minimum');
  }

  /** The larger of the two. */
  maximum(other: T): T {
    return this.wrap(ops.maximum(this.handle, other.handle), 'maximum');
  }

  /** self = other (bool) */
  eq(other: Operand<T>): T {
    return this.binary(EQ, other);
  }

  /** self ≠ other (bool) */
  ne(other: Operand<T>): T {
    return this.binary(NE, other);
  }

  /** self < other (bool) */
  lt(other: Operand<T>): T {
    return this.binary(LT, other);
  }

  /** self ≤ other (bool) */
  le(other: Operand<T>): T {
    return this.binary(LE, other);
  }

  /** self > other (bool) */
  gt(other: Operand<T>): T {
    return this.binary(GT, other);
  }

  /** self ≥ other (bool) */
  ge(other: Operand<T>): T {
    return this.binary(GE, other);
  }

  /** Not NaN and not infinite (bool). */
  isfinite(): T {
    return this.wrap(ops.isfinite(this.handle), 'isfinite');
  }

  /** NaN (bool). */
  isnan(): T {
    return this.wrap(ops.isnan(this.handle), 'isnan');
  }

  /** Takes self where `condition` (bool) holds, else `other`. */
  where(condition: T, other: Operand<T>): T {
    if (typeof other === 'number')
      return this.wrap(ops.where_ScalarOther(condition.handle, this.handle, other), 'where');
    return this.wrap(ops.where_self(condition.handle, this.handle, other.handle), 'where');
  }

  /** `value` where `mask` (bool) holds, else self. */
  maskedFill(mask: T, value: number): T {
    return this.wrap(ops.masked_fill_Scalar(this.handle, mask.handle, value), 'maskedFill');
  }

  /** Sets every element to `value`. */
  fill_(value: number): T {
    ops.fill__Scalar(this.handle, value);
    return this.self();
  }

  /** Sets every element to 0. */
  zero_(): T {
    ops.zero_(this.handle);
    return this.self();
  }

  /** Copies the values of `source` (broadcast, converted) into this tensor's memory. */
  copy_(source: T): T {
    ops.copy_(this.handle, source.handle);
    return this.self();
  }
}

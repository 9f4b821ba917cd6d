import type { Handle } from '../native/addon';
import { ops } from '../native/ops.generated';
import { TensorCore } from './core';
import type { Tensor } from './tensor';
import { wrap } from './wrap';

/** The other side of a binary operator: a tensor, broadcast as in PyTorch, or a number. */
export type Operand = Tensor | number;

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

// A function, not a private method: those cost every new tensor a brand.
function apply(kind: Binary, self: TensorCore, other: Operand): Tensor {
  const handle =
    typeof other === 'number' ? kind.number(self.handle, other) : kind.tensor(self.handle, other.handle);
  return wrap(handle, kind.op);
}

/** Element-by-element methods. A trailing underscore works in place and returns the same tensor. */
export abstract class PointwiseMethods extends TensorCore {
  /** The tensor itself, typed: what an in-place method returns. */
  protected abstract self(): Tensor;

  /** self + alpha · other */
  add(other: Operand, { alpha = 1 }: { alpha?: number } = {}): Tensor {
    if (typeof other === 'number') return wrap(ops.add_Scalar(this.handle, other, alpha), 'add');
    return wrap(ops.add_Tensor(this.handle, other.handle, alpha), 'add');
  }

  /** self − alpha · other */
  sub(other: Operand, { alpha = 1 }: { alpha?: number } = {}): Tensor {
    if (typeof other === 'number') return wrap(ops.sub_Scalar(this.handle, other, alpha), 'sub');
    return wrap(ops.sub_Tensor(this.handle, other.handle, alpha), 'sub');
  }

  /** other − self */
  rsub(other: number): Tensor {
    return wrap(ops.rsub_Scalar(this.handle, other), 'rsub');
  }

  /** self · other */
  mul(other: Operand): Tensor {
    return apply(MUL, this, other);
  }

  /** self / other */
  div(other: Operand): Tensor {
    return apply(DIV, this, other);
  }

  /** The remainder of self / other, with other's sign. */
  remainder(other: Operand): Tensor {
    return apply(REMAINDER, this, other);
  }

  /** self to the power of `exponent` */
  pow(exponent: Operand): Tensor {
    return apply(POW, this, exponent);
  }

  /** Adds `alpha · other` in place. */
  add_(other: Operand, { alpha = 1 }: { alpha?: number } = {}): Tensor {
    if (typeof other === 'number') ops.add__Scalar(this.handle, other, alpha);
    else ops.add__Tensor(this.handle, other.handle, alpha);
    return this.self();
  }

  /** Subtracts `alpha · other` in place. */
  sub_(other: Operand, { alpha = 1 }: { alpha?: number } = {}): Tensor {
    if (typeof other === 'number') ops.sub__Scalar(this.handle, other, alpha);
    else ops.sub__Tensor(this.handle, other.handle, alpha);
    return this.self();
  }

  /** Multiplies in place. */
  mul_(other: Operand): Tensor {
    if (typeof other === 'number') ops.mul__Scalar(this.handle, other);
    else ops.mul__Tensor(this.handle, other.handle);
    return this.self();
  }

  /** Divides in place. */
  div_(other: Operand): Tensor {
    if (typeof other === 'number') ops.div__Scalar(this.handle, other);
    else ops.div__Tensor(this.handle, other.handle);
    return this.self();
  }

  /** Moves towards `end` by `weight`, in place: self + weight · (end − self). */
  lerp_(end: Tensor, weight: number): Tensor {
    ops.lerp__Scalar(this.handle, end.handle, weight);
    return this.self();
  }

  /** self + weight · (end − self) */
  lerp(end: Tensor, weight: Operand): Tensor {
    if (typeof weight === 'number') return wrap(ops.lerp_Scalar(this.handle, end.handle, weight), 'lerp');
    return wrap(ops.lerp_Tensor(this.handle, end.handle, weight.handle), 'lerp');
  }

  /** −self */
  neg(): Tensor {
    return wrap(ops.neg(this.handle), 'neg');
  }

  /** |self| */
  abs(): Tensor {
    return wrap(ops.abs(this.handle), 'abs');
  }

  /** −1, 0 or 1 */
  sign(): Tensor {
    return wrap(ops.sign(this.handle), 'sign');
  }

  /** self² */
  square(): Tensor {
    return wrap(ops.square(this.handle), 'square');
  }

  /** √self */
  sqrt(): Tensor {
    return wrap(ops.sqrt(this.handle), 'sqrt');
  }

  /** 1 / √self */
  rsqrt(): Tensor {
    return wrap(ops.rsqrt(this.handle), 'rsqrt');
  }

  /** 1 / self */
  reciprocal(): Tensor {
    return wrap(ops.reciprocal(this.handle), 'reciprocal');
  }

  /** e^self */
  exp(): Tensor {
    return wrap(ops.exp(this.handle), 'exp');
  }

  /** ln self */
  log(): Tensor {
    return wrap(ops.log(this.handle), 'log');
  }

  /** ln(1 + self) */
  log1p(): Tensor {
    return wrap(ops.log1p(this.handle), 'log1p');
  }

  /** sin self (radians) */
  sin(): Tensor {
    return wrap(ops.sin(this.handle), 'sin');
  }

  /** cos self (radians) */
  cos(): Tensor {
    return wrap(ops.cos(this.handle), 'cos');
  }

  /** The largest integer not above. */
  floor(): Tensor {
    return wrap(ops.floor(this.handle), 'floor');
  }

  /** The smallest integer not below. */
  ceil(): Tensor {
    return wrap(ops.ceil(this.handle), 'ceil');
  }

  /** The nearest integer, halves to even. */
  round(): Tensor {
    return wrap(ops.round(this.handle), 'round');
  }

  /** max(self, 0) */
  relu(): Tensor {
    return wrap(ops.relu(this.handle), 'relu');
  }

  /** Hyperbolic tangent. */
  tanh(): Tensor {
    return wrap(ops.tanh(this.handle), 'tanh');
  }

  /** 1 / (1 + e^−self) */
  sigmoid(): Tensor {
    return wrap(ops.sigmoid(this.handle), 'sigmoid');
  }

  /** Limits to [min, max]; either may be left out. */
  clamp({ min, max }: { min?: number; max?: number }): Tensor {
    return wrap(ops.clamp(this.handle, min ?? null, max ?? null), 'clamp');
  }

  /** `clamp` in place. */
  clamp_({ min, max }: { min?: number; max?: number }): Tensor {
    ops.clamp_(this.handle, min ?? null, max ?? null);
    return this.self();
  }

  /** The smaller of the two. */
  minimum(other: Tensor): Tensor {
    return wrap(ops.minimum(this.handle, other.handle), 'minimum');
  }

  /** The larger of the two. */
  maximum(other: Tensor): Tensor {
    return wrap(ops.maximum(this.handle, other.handle), 'maximum');
  }

  /** self = other (bool) */
  eq(other: Operand): Tensor {
    return apply(EQ, this, other);
  }

  /** self ≠ other (bool) */
  ne(other: Operand): Tensor {
    return apply(NE, this, other);
  }

  /** self < other (bool) */
  lt(other: Operand): Tensor {
    return apply(LT, this, other);
  }

  /** self ≤ other (bool) */
  le(other: Operand): Tensor {
    return apply(LE, this, other);
  }

  /** self > other (bool) */
  gt(other: Operand): Tensor {
    return apply(GT, this, other);
  }

  /** self ≥ other (bool) */
  ge(other: Operand): Tensor {
    return apply(GE, this, other);
  }

  /** Not NaN and not infinite (bool). */
  isfinite(): Tensor {
    return wrap(ops.isfinite(this.handle), 'isfinite');
  }

  /** NaN (bool). */
  isnan(): Tensor {
    return wrap(ops.isnan(this.handle), 'isnan');
  }

  /** Takes self where `condition` (bool) holds, else `other`. */
  where(condition: Tensor, other: Operand): Tensor {
    if (typeof other === 'number')
      return wrap(ops.where_ScalarOther(condition.handle, this.handle, other), 'where');
    return wrap(ops.where_self(condition.handle, this.handle, other.handle), 'where');
  }

  /** `value` where `mask` (bool) holds, else self. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return wrap(ops.masked_fill_Scalar(this.handle, mask.handle, value), 'maskedFill');
  }

  /** Sets every element to `value`. */
  fill_(value: number): Tensor {
    ops.fill__Scalar(this.handle, value);
    return this.self();
  }

  /** Sets every element to 0. */
  zero_(): Tensor {
    ops.zero_(this.handle);
    return this.self();
  }

  /** Copies the values of `source` (broadcast, converted) into this tensor's memory. */
  copy_(source: Tensor): Tensor {
    ops.copy_(this.handle, source.handle);
    return this.self();
  }
}

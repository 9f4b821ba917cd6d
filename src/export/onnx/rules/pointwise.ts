import type { DType } from '../../../native/types';
import type { Call, Rule } from '../call';
import { Float } from '../proto';

/** From the least to the widest. */
const WIDTHS: readonly DType[] = ['bool', 'uint8', 'int32', 'int64', 'float16', 'float32', 'float64'];

/** An operator of one tensor that ONNX has, too. */
function same(type: string): Rule {
  return (call) => call.onnx.node(type, call.promoted(['self']));
}

/** An operator that leaves whole numbers as they are. */
function rounded(type: string): Rule {
  return (call) => (isFloat(call.result.dtype) ? same(type)(call) : call.input('self'));
}

/** An operator of two tensors, the second perhaps multiplied by `alpha`. */
function both(type: string): Rule {
  return (call) => {
    const [a, b] = call.promoted(['self', 'other']);
    return call.onnx.node(type, [a, times(call, b, call.maybe('alpha') ?? 1)]);
  };
}

/** An operator of a tensor and a number. */
function withNumber(type: string, argument = 'other'): Rule {
  return (call) => {
    const [self] = call.promoted(['self']);
    const number = call.number(argument) * (call.maybe('alpha') ?? 1);
    return call.onnx.node(type, [self, call.onnx.scalar(number, call.result.dtype)]);
  };
}

/** A comparison: bool of two tensors, or of a tensor and a number. */
function compared(type: string, negated = false): Rule {
  return (call) => {
    const { onnx } = call;
    const self = call.value('self');
    const other = call.optional('other');
    const both = other ? wider(self.dtype, other.dtype) : holding(call.number('other'), self.dtype);
    // ONNX does not order truth, and of it no number is but 0 and 1.
    const dtype = both === 'bool' ? 'int32' : both;
    const right = other ? call.promoted(['other'], dtype)[0] : onnx.scalar(call.number('other'), dtype);
    const made = onnx.node(type, [call.promoted(['self'], dtype)[0], right]);
    return negated ? onnx.node('Not', [made]) : made;
  };
}

/** A dtype that has a number, and all of another dtype. */
function holding(number: number, dtype: DType): DType {
  return Number.isInteger(number) || isFloat(dtype) ? dtype : 'float32';
}

function isFloat(dtype: DType): boolean {
  return dtype.startsWith('float');
}

function wider(a: DType, b: DType): DType {
  return WIDTHS.indexOf(a) > WIDTHS.indexOf(b) ? a : b;
}

function times(call: Call, name: string, factor: number): string {
  return factor === 1 ? name : call.onnx.node('Mul', [name, call.onnx.scalar(factor, call.result.dtype)]);
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), without overflow; WebGPU has no Softplus. */
function softplus({ onnx }: Call, x: string): string {
  const tail = onnx.node('Exp', [onnx.node('Neg', [onnx.node('Abs', [x])])]);
  const log = onnx.node('Log', [onnx.node('Add', [tail, onnx.scalar(1)])]);
  return onnx.node('Add', [onnx.node('Relu', [x]), log]);
}

/** From where on the two are equal in float32. */
const SAME_AS_A_LINE = 17;

/** A line beyond the threshold, as LibTorch has it. */
const softplusOf: Rule = (call) => {
  const { onnx } = call;
  const [beta, threshold] = [call.maybe('beta') ?? 1, call.maybe('threshold') ?? 20];
  const x = call.input('self');
  const scaled = times(call, x, beta);
  const soft = times(call, softplus(call, scaled), 1 / beta);
  if (threshold >= SAME_AS_A_LINE) return soft;
  return onnx.node('Where', [onnx.node('Greater', [scaled, onnx.scalar(threshold)]), x, soft]);
};

/** What operators’ results are within. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = { Tanh: [-1, 1], Sigmoid: [0, 1] };

/** Nothing where the operator before it keeps the limits already: WebGPU’s fusion of the two is wrong in onnxruntime-web 1.30. */
const clamped: Rule = (call) => {
  const { dtype } = call.result;
  const [min, max] = ['min', 'max'].map((name) => call.maybe(name));
  const [self] = call.promoted(['self']);
  const [least, most] = RANGES[call.onnx.madeBy(self) ?? ''] ?? [
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ];
  if ((min ?? least) <= least && (max ?? most) >= most) return self;
  const limits = [min, max].map((limit) => (limit === null ? '' : call.onnx.scalar(limit, dtype)));
  return call.onnx.node('Clip', [self, ...(limits[1] === '' ? limits.slice(0, 1) : limits)]);
};

const gelu: Rule = (call) => {
  const { onnx } = call;
  const x = call.input('self');
  const half = onnx.node('Mul', [x, onnx.scalar(0.5)]);
  const one = onnx.scalar(1);
  if (call.other('approximate') === 'tanh') {
    const cube = onnx.node('Mul', [onnx.node('Mul', [x, x]), x]);
    const inner = onnx.node('Add', [x, onnx.node('Mul', [cube, onnx.scalar(0.044715)])]);
    const tanh = onnx.node('Tanh', [onnx.node('Mul', [inner, onnx.scalar(Math.sqrt(2 / Math.PI))])]);
    return onnx.node('Mul', [half, onnx.node('Add', [tanh, one])]);
  }
  const erf = onnx.node('Erf', [onnx.node('Mul', [x, onnx.scalar(Math.SQRT1_2)])]);
  return onnx.node('Mul', [half, onnx.node('Add', [erf, one])]);
};

const prelu: Rule = (call) => {
  const { onnx } = call;
  const x = call.input('self');
  const rank = call.result.shape.length;
  const [count] = call.value('weight').shape;
  const places = Array.from({ length: rank }, (_, axis) => (axis === 1 && rank > 1 ? count.value : 1));
  const weight = onnx.node('Reshape', [call.input('weight'), onnx.ints(places)]);
  const below = onnx.node('Relu', [onnx.node('Neg', [x])]);
  return onnx.node('Sub', [onnx.node('Relu', [x]), onnx.node('Mul', [weight, below])]);
};

const elu: Rule = (call) => {
  if ((call.maybe('scale') ?? 1) !== 1 || (call.maybe('input_scale') ?? 1) !== 1)
    throw call.refuse('a scaled ELU has no rule');
  return call.onnx.node('Elu', [call.input('self')], { alpha: new Float(call.maybe('alpha') ?? 1) });
};

const lerp: Rule = (call) => {
  const { onnx } = call;
  const [from, to] = call.promoted(['self', 'end']);
  const weight = call.optional('weight') ? call.input('weight') : onnx.scalar(call.number('weight'));
  return onnx.node('Add', [from, onnx.node('Mul', [weight, onnx.node('Sub', [to, from])])]);
};

/** x − ⌊x / y⌋ · y: WebGPU has no Mod. */
const remainder: Rule = (call) => {
  const { onnx } = call;
  const [x] = call.promoted(['self']);
  const { dtype } = call.result;
  if (!isFloat(dtype)) throw call.refuse('a remainder of whole numbers has no rule');
  const y = call.optional('other') ? call.promoted(['other'])[0] : onnx.scalar(call.number('other'), dtype);
  const whole = onnx.node('Floor', [onnx.node('Div', [x, y])]);
  return onnx.node('Sub', [x, onnx.node('Mul', [whole, y])]);
};

/** What changes nothing of a tensor’s numbers. */
export const unchanged: Rule = (call) => call.input('self');

/** Operators that make each number of one number, or of two. */
export const POINTWISE: Readonly<Record<string, Rule>> = {
  add_Tensor: both('Add'),
  add_Scalar: withNumber('Add'),
  sub_Tensor: both('Sub'),
  sub_Scalar: withNumber('Sub'),
  mul_Tensor: both('Mul'),
  mul_Scalar: withNumber('Mul'),
  div_Tensor: both('Div'),
  div_Scalar: withNumber('Div'),
  rsub_Scalar: (call) => {
    const self = times(call, call.promoted(['self'])[0], call.maybe('alpha') ?? 1);
    return call.onnx.node('Sub', [call.onnx.scalar(call.number('other'), call.result.dtype), self]);
  },
  remainder_Scalar: remainder,
  remainder_Tensor: remainder,
  lerp_Scalar: lerp,
  lerp_Tensor: lerp,
  pow_Tensor_Scalar: withNumber('Pow', 'exponent'),
  pow_Tensor_Tensor: (call) => call.onnx.node('Pow', call.promoted(['self', 'exponent'])),
  square: (call) => {
    const [x] = call.promoted(['self']);
    return call.onnx.node('Mul', [x, x]);
  },
  rsqrt: (call) => call.onnx.node('Reciprocal', [call.onnx.node('Sqrt', call.promoted(['self']))]),
  neg: same('Neg'),
  abs: same('Abs'),
  sign: same('Sign'),
  sqrt: same('Sqrt'),
  reciprocal: same('Reciprocal'),
  exp: same('Exp'),
  expm1: (call) => call.onnx.node('Sub', [call.onnx.node('Exp', [call.input('self')]), call.onnx.scalar(1)]),
  log: same('Log'),
  log1p: (call) => call.onnx.node('Log', [call.onnx.node('Add', [call.input('self'), call.onnx.scalar(1)])]),
  sin: same('Sin'),
  cos: same('Cos'),
  erf: same('Erf'),
  floor: rounded('Floor'),
  ceil: rounded('Ceil'),
  clamp: clamped,
  clamp_min: clamped,
  clamp_max: clamped,
  minimum: both('Min'),
  maximum: both('Max'),
  eq_Tensor: compared('Equal'),
  eq_Scalar: compared('Equal'),
  ne_Tensor: compared('Equal', true),
  ne_Scalar: compared('Equal', true),
  lt_Tensor: compared('Less'),
  lt_Scalar: compared('Less'),
  le_Tensor: compared('LessOrEqual'),
  le_Scalar: compared('LessOrEqual'),
  gt_Tensor: compared('Greater'),
  gt_Scalar: compared('Greater'),
  ge_Tensor: compared('GreaterOrEqual'),
  ge_Scalar: compared('GreaterOrEqual'),
  logical_not: same('Not'),
  where_self: (call) =>
    call.onnx.node('Where', [call.input('condition'), ...call.promoted(['self', 'other'])]),
  where_ScalarOther: (call) => {
    const other = call.onnx.scalar(call.number('other'), call.result.dtype);
    return call.onnx.node('Where', [call.input('condition'), ...call.promoted(['self']), other]);
  },
  masked_fill_Scalar: (call) => {
    const value = call.onnx.scalar(call.number('value'), call.result.dtype);
    return call.onnx.node('Where', [call.input('mask'), value, ...call.promoted(['self'])]);
  },
  relu: same('Relu'),
  leaky_relu: (call) =>
    call.onnx.node('LeakyRelu', [call.input('self')], { alpha: new Float(call.number('negative_slope')) }),
  tanh: same('Tanh'),
  sigmoid: same('Sigmoid'),
  elu,
  selu: same('Selu'),
  gelu,
  silu: (call) => {
    const x = call.input('self');
    return call.onnx.node('Mul', [x, call.onnx.node('Sigmoid', [x])]);
  },
  softplus: softplusOf,
  log_sigmoid: (call) => call.onnx.node('Neg', [softplus(call, call.onnx.node('Neg', [call.input('self')]))]),
  mish: (call) => {
    const x = call.input('self');
    return call.onnx.node('Mul', [x, call.onnx.node('Tanh', [softplus(call, x)])]);
  },
  hardtanh: (call) => {
    const limits = ['min_val', 'max_val'].map((name, i) => call.onnx.scalar(call.maybe(name) ?? 2 * i - 1));
    return call.onnx.node('Clip', [call.input('self'), ...limits]);
  },
  prelu,
  contiguous: unchanged,
  clone: unchanged,
  detach: unchanged,
  alias: unchanged,
  to_dtype: (call) => call.promoted(['self'])[0],
  to_device: (call) => call.promoted(['self'])[0],
  _to_copy: (call) => call.promoted(['self'])[0],
};

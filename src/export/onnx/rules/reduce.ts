import type { Call, Rule } from '../call';
import { fixed } from '../call';

/** Axes of a reduction counted from the front; all of them where none are named. */
function axesOf(call: Call): number[] {
  const { length } = call.value('self').shape;
  const named = call.other('dim');
  const axes = typeof named === 'number' ? [named] : call.numbers('dim');
  if (axes.length === 0) return Array.from({ length }, (_, axis) => axis);
  return axes.map((axis) => (axis < 0 ? axis + length : axis));
}

/** Axes are an attribute of the reductions up to opset 17, but for that of ReduceSum. */
function reduce(
  { onnx }: Call,
  type: string,
  [name, axes, keep]: readonly [string, readonly number[], boolean],
): string {
  const keepdims = keep ? 1 : 0;
  if (type === 'ReduceSum' || onnx.target.opset >= 18)
    return onnx.node(type, [name, onnx.ints(axes)], { keepdims });
  return onnx.node(type, [name], { axes, keepdims });
}

function reduced(type: string): Rule {
  return (call) => reduce(call, type, [call.promoted(['self'])[0], axesOf(call), call.flag('keepdim')]);
}

/** The mean squared difference from the mean, of a number of elements that is known. */
function variance(call: Call): string {
  const { onnx } = call;
  const axes = axesOf(call);
  const [x] = call.promoted(['self']);
  const sizes = fixed(
    call,
    axes.map((axis) => call.value('self').shape[axis]),
  );
  const count = sizes.reduce((product, size) => product * size, 1);
  const correction = call.maybe('correction') ?? 1;
  const mean = reduce(call, 'ReduceMean', [x, axes, true]);
  const apart = onnx.node('Sub', [x, mean]);
  const biased = reduce(call, 'ReduceMean', [onnx.node('Mul', [apart, apart]), axes, call.flag('keepdim')]);
  return correction === 0 ? biased : onnx.node('Mul', [biased, onnx.scalar(count / (count - correction))]);
}

function chosen(type: string): Rule {
  return (call) => {
    if (call.other('dim') === null) throw call.refuse('without a dimension it has no rule');
    const axis = call.axis('dim', call.value('self'));
    return call.onnx.node(type, [call.input('self')], { axis, keepdims: call.flag('keepdim') ? 1 : 0 });
  };
}

/** Operators that make one number of many. */
export const REDUCE: Readonly<Record<string, Rule>> = {
  sum: reduced('ReduceSum'),
  sum_dim_IntList: reduced('ReduceSum'),
  mean: reduced('ReduceMean'),
  mean_dim: reduced('ReduceMean'),
  amax: reduced('ReduceMax'),
  amin: reduced('ReduceMin'),
  max: reduced('ReduceMax'),
  min: reduced('ReduceMin'),
  prod: reduced('ReduceProd'),
  var_correction: variance,
  std_correction: (call) => call.onnx.node('Sqrt', [variance(call)]),
  linalg_vector_norm: (call) => {
    if ((call.maybe('ord') ?? 2) !== 2) throw call.refuse('only the Euclidean norm has a rule');
    return reduce(call, 'ReduceL2', [call.input('self'), axesOf(call), call.flag('keepdim')]);
  },
  argmax: chosen('ArgMax'),
  argmin: chosen('ArgMin'),
  softmax_int: (call) =>
    call.onnx.node('Softmax', call.promoted(['self']), { axis: call.axis('dim', call.value('self')) }),
  log_softmax_int: (call) =>
    call.onnx.node('LogSoftmax', call.promoted(['self']), { axis: call.axis('dim', call.value('self')) }),
};

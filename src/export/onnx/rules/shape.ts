import { Size } from '../../sizes';
import { END } from '../builder';
import type { Call, Rule } from '../call';
import { fixed } from '../call';

/** Reshape to the result’s shape: 0 keeps an open size where it is, −1 stands for one more. */
const reshaped: Rule = (call) => {
  const shape = shapeOf(call, call.value('self').shape, call.result.shape);
  return call.onnx.node('Reshape', [call.input('self'), shape]);
};

/** The second input of Reshape. */
export function shapeOf({ onnx }: Call, from: readonly Size[], to: readonly Size[]): string {
  const kept = to.map((size, axis) => !size.constant && String(from[axis]) === String(size));
  const open = to.filter((size, axis) => !size.constant && !kept[axis]);
  const sizes = to.map((size, axis) => {
    if (kept[axis]) return 0;
    return open.length === 1 && !size.constant ? -1 : size;
  });
  return onnx.sizes(sizes);
}

const expanded: Rule = (call) => {
  const { onnx } = call;
  const { shape: from } = call.value('self');
  const { shape: to } = call.result;
  const ahead = to.length - from.length;
  // A 1 takes the size that is there, so that an open one need not be computed.
  const sizes = to.map((size, axis) =>
    axis >= ahead && String(from[axis - ahead]) === String(size) ? 1 : size,
  );
  if (ahead === 0 && sizes.every((size) => size === 1)) return call.input('self');
  return onnx.node('Expand', [call.input('self'), onnx.sizes(sizes)]);
};

function permuted(call: Call, order: readonly number[]): string {
  return call.onnx.node('Transpose', [call.input('self')], { perm: order });
}

const transposed: Rule = (call) => {
  const self = call.value('self');
  const [a, b] = [call.axis('dim0', self), call.axis('dim1', self)];
  const order = self.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
  return permuted(call, order);
};

/** A part of an axis: `end` null for all that is left. */
function sliced(
  { onnx }: Call,
  name: string,
  { axis, start, end, step = 1 }: { axis: number; start: string; end: string | null; step?: number },
): string {
  const steps = step === 1 ? [] : [onnx.ints([step])];
  return onnx.node('Slice', [name, start, end ?? onnx.ints([END]), onnx.ints([axis]), ...steps]);
}

const narrowed: Rule = (call) => {
  const { onnx } = call;
  const self = call.value('self');
  const axis = call.axis('dim', self);
  const [start, length, size] = [call.size('start'), call.size('length'), self.shape[axis]];
  if (start.constant && length.constant) {
    const end = start.value + length.value;
    // What begins at a place counted from the end may reach it.
    const last = start.value < 0 && end === 0 ? null : onnx.ints([end]);
    return sliced(call, call.input('self'), { axis, start: onnx.ints([start.value]), end: last });
  }
  if (start.constant && start.value === 0 && String(length) === String(size)) return call.input('self');
  const first = onnx.size(start);
  const end = onnx.node('Add', [first, onnx.size(length)]);
  return sliced(call, call.input('self'), { axis, start: first, end });
};

const slice: Rule = (call) => {
  const { onnx } = call;
  const self = call.value('self');
  const [start, end] = ['start', 'end'].map((name) => (call.other(name) === null ? null : call.size(name)));
  return sliced(call, call.input('self'), {
    axis: call.axis('dim', self),
    start: onnx.size(start ?? 0),
    end: end && onnx.size(end),
    step: call.number('step'),
  });
};

/** Parts of an axis, one after the other; all but the last of constant sizes. */
const split: Rule = (call) => {
  const { onnx } = call;
  const self = call.value('self');
  const axis = call.axis('dim', self);
  const sizes = fixed(
    call,
    call.call.results.map(({ shape }) => shape[axis]),
  );
  if (sizes.length === 1) return [call.input('self')];
  return onnx.multiple('Split', {
    inputs: [call.input('self'), onnx.ints(sizes)],
    attributes: { axis },
    outputs: sizes.length,
  });
};

const concatenated: Rule = (call) => {
  const values = call.values('tensors').filter(({ shape }) => shape.length !== 1 || shape[0].value !== 0);
  const axis = call.axis('dim', call.result);
  const names = values.map((value) => call.onnx.cast(call.onnx.name(value), value.dtype, call.result.dtype));
  return call.onnx.node('Concat', names, { axis });
};

const stacked: Rule = (call) => {
  const { onnx } = call;
  const axis = call.axis('dim', call.result);
  const parts = call.values('tensors').map((value) => {
    const name = onnx.cast(onnx.name(value), value.dtype, call.result.dtype);
    return onnx.node('Unsqueeze', [name, onnx.ints([axis])]);
  });
  return onnx.node('Concat', parts, { axis });
};

const flipped: Rule = (call) => {
  const { onnx } = call;
  const axes = call.numbers('dims');
  const each = (value: number) => onnx.ints(axes.map(() => value));
  return onnx.node('Slice', [call.input('self'), each(-1), each(-END), onnx.ints(axes), each(-1)]);
};

const repeated: Rule = (call) => {
  const { onnx } = call;
  const { shape } = call.value('self');
  const times = call.other('repeats');
  const list: unknown[] = Array.isArray(times) ? times : [];
  const sizes = list.map((each) => (each instanceof Size ? each : new Size(Number(each))));
  const ahead = sizes.length - shape.length;
  const self = call.input('self');
  const wide =
    ahead === 0
      ? self
      : onnx.node('Unsqueeze', [self, onnx.ints(Array.from({ length: ahead }, (_, i) => i))]);
  return onnx.node('Tile', [wide, onnx.sizes(sizes)]);
};

/** start + step · i for as many i as there are: an open number of them, or they would be a constant. */
const range: Rule = (call) => {
  const { onnx } = call;
  const { dtype, shape } = call.result;
  const end = onnx.node('Squeeze', [onnx.size(shape[0])]);
  const places = onnx.node('Range', [onnx.scalar(0, 'int64'), end, onnx.scalar(1, 'int64')]);
  const step = call.number('step');
  const numbers = onnx.cast(places, 'int64', dtype);
  const scaled = step === 1 ? numbers : onnx.node('Mul', [numbers, onnx.scalar(step, dtype)]);
  const start = call.other('start');
  if (start === 0) return scaled;
  const first =
    start instanceof Size
      ? onnx.cast(onnx.size(start), 'int64', dtype)
      : onnx.scalar(call.number('start'), dtype);
  return onnx.node('Add', [scaled, first]);
};

function filled(value: (call: Call) => number): Rule {
  return (call) => {
    const { dtype, shape } = call.result;
    return call.onnx.node('Expand', [call.onnx.scalar(value(call), dtype), call.onnx.sizes(shape)]);
  };
}

const zeros = filled(() => 0);
const ones = filled(() => 1);
const full = filled((call) => call.number('fill_value'));

/** Operators that move numbers about, or make tensors of an open size. */
export const SHAPE: Readonly<Record<string, Rule>> = {
  reshape: reshaped,
  view: reshaped,
  flatten_using_ints: reshaped,
  unflatten_int: reshaped,
  squeeze: reshaped,
  squeeze_dim: reshaped,
  unsqueeze: (call) => {
    const axis = call.axis('dim', call.result);
    return call.onnx.node('Unsqueeze', [call.input('self'), call.onnx.ints([axis])]);
  },
  expand: expanded,
  expand_as: expanded,
  repeat: repeated,
  transpose_int: transposed,
  t: (call) => (call.result.shape.length < 2 ? call.input('self') : permuted(call, [1, 0])),
  permute: (call) => {
    const { length } = call.result.shape;
    return permuted(
      call,
      call.numbers('dims').map((axis) => (axis < 0 ? axis + length : axis)),
    );
  },
  narrow: narrowed,
  slice_Tensor: slice,
  select_int: (call) => {
    const axis = call.axis('dim', call.value('self'));
    const index = call.size('index');
    const place = index.constant
      ? call.onnx.scalar(index.value, 'int64')
      : call.onnx.node('Squeeze', [call.onnx.size(index)]);
    return call.onnx.node('Gather', [call.input('self'), place], { axis });
  },
  unbind_int: (call) => {
    const axis = call.axis('dim', call.value('self'));
    return call.call.results.map((_, index) =>
      call.onnx.node('Gather', [call.input('self'), call.onnx.scalar(index, 'int64')], { axis }),
    );
  },
  chunk: split,
  split_Tensor: split,
  split_with_sizes: split,
  cat: concatenated,
  stack: stacked,
  flip: flipped,
  index_select: (call) =>
    call.onnx.node('Gather', [call.input('self'), call.input('index')], {
      axis: call.axis('dim', call.value('self')),
    }),
  gather: (call) =>
    call.onnx.node('GatherElements', [call.input('self'), call.input('index')], {
      axis: call.axis('dim', call.value('self')),
    }),
  embedding: (call) => call.onnx.node('Gather', [call.input('weight'), call.input('indices')], { axis: 0 }),
  arange_start_step: range,
  zeros,
  ones,
  full,
  zeros_like: zeros,
  ones_like: ones,
  full_like: full,
};

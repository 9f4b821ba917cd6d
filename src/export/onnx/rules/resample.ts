import { type Border, filterPlan } from '../../filter';
import type { Size } from '../../sizes';
import { END } from '../builder';
import type { Call, Rule } from '../call';
import { fixed } from '../call';
import { type Attribute, Float } from '../proto';

/** How many times as large the result is, along height and width: what the operator was given, or whole numbers that sizes say; null where neither is. */
function scalesOf(call: Call): readonly number[] | null {
  const given = call.other('scale_factors');
  if (Array.isArray(given)) return call.numbers('scale_factors');
  const factors = [2, 3].map((axis) => ratio(call.value('input').shape[axis], call.result.shape[axis]));
  return factors.every((factor) => Number.isInteger(factor)) ? factors : null;
}

/** How many times as large a size is as another; NaN where that is not always the same. */
function ratio(from: Size, to: Size): number {
  const proportional = [from, to].every(({ factors }) => factors.length === 1 && factors[0].offset === 0);
  const same = from.factors[0]?.variable === to.factors[0]?.variable;
  const known = from.constant && to.constant;
  return known || (proportional && same) ? to.value / from.value : Number.NaN;
}

/** Resize by a factor, or to sizes. WebGPU has all of these modes; none are used that round. */
function resized(call: Call, attributes: Readonly<Record<string, Attribute>>): string {
  const { onnx } = call;
  const scales = scalesOf(call);
  const to = scales ? [onnx.floats([1, 1, ...scales])] : ['', onnx.sizes(call.result.shape)];
  return onnx.node('Resize', [call.input('input'), '', ...to], attributes);
}

const nearest: Rule = (call) =>
  resized(call, { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' });

function aligned(call: Call): string {
  return call.flag('align_corners') ? 'align_corners' : 'half_pixel';
}

/** A filter that is wider than its steps only where images become smaller. @throws GanError where they do, or may */
function enlarging(call: Call): void {
  const [from, to] = [call.value('input').shape, call.result.shape];
  const scales = scalesOf(call) ?? [2, 3].map((axis) => ratio(from[axis], to[axis]));
  if (scales.every((factor) => factor >= 1)) return;
  throw call.refuse('it makes images smaller with a filter that WebGPU has not: do so before or after');
}

const bicubic = (a: number, outside: 0 | 1) => (call: Call) =>
  resized(call, {
    mode: 'cubic',
    coordinate_transformation_mode: aligned(call),
    cubic_coeff_a: new Float(a),
    exclude_outside: outside,
  });

/** Images of all channels as images of one: what is done to each is the same. */
function asPlanes(call: Call, input: string, make: (planes: string) => string): string {
  const { onnx } = call;
  // 0 keeps the size that is there.
  const kept = (sizes: readonly Size[]) => sizes.map((size) => (size.constant ? size.value : 0));
  const sides = kept(call.value(input).shape.slice(2));
  const planes = onnx.node('Reshape', [call.input(input), onnx.ints([-1, 1, ...sides])]);
  const [, channels, ...after] = call.result.shape;
  const back = [-1, ...fixed(call, [channels]), ...kept(after)];
  return onnx.node('Reshape', [make(planes), onnx.ints(back)]);
}

/** A convolution of each channel alone: see {@link filterPlan}. */
const upFirDown: Rule = (call) => {
  const { onnx } = call;
  const plan = filterPlan(call.numbers('kernel'), {
    up: call.number('up'),
    down: call.number('down'),
    padding: call.numbers('padding'),
  });
  const { taps, stride, pads, keep } = plan;
  const weight = onnx.tensor(plan.weight, [1, 1, taps, taps]);
  const attributes = { kernel_shape: [taps, taps], strides: [stride, stride], pads };
  return asPlanes(call, 'input', (planes) => {
    const bordered = padded(call, planes, plan.before);
    const made = onnx.node(plan.transposed ? 'ConvTranspose' : 'Conv', [bordered, weight], attributes);
    const whole = padded(call, made, plan.after);
    if (keep === 1) return whole;
    const [starts, ends] = [onnx.ints([0, 0]), onnx.ints([END, END])];
    return onnx.node('Slice', [whole, starts, ends, onnx.ints([2, 3]), onnx.ints([keep, keep])]);
  });
};

/** Zeros above, left, below and right; negative numbers take pixels away. */
function padded({ onnx }: Call, name: string, [top, left, bottom, right]: Border): string {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return name;
  return onnx.node('Pad', [name, onnx.ints([0, 0, top, left, 0, 0, bottom, right]), onnx.scalar(0)], {
    mode: 'constant',
  });
}

const MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
};

function bordered(mode: (call: Call) => string | undefined): Rule {
  return (call) => {
    const { onnx } = call;
    const kind = mode(call);
    if (kind === undefined) throw call.refuse(`a border that is ${String(call.other('mode'))} has no rule`);
    const amounts = call.numbers(call.other('pad') === undefined ? 'padding' : 'pad');
    const { length } = call.value('self').shape;
    const side = (offset: number) =>
      Array.from({ length }, (_, axis) => amounts[2 * (length - 1 - axis) + offset] ?? 0);
    const pads = onnx.ints([...side(0), ...side(1)]);
    const value = kind === 'constant' ? [onnx.scalar(call.maybe('value') ?? 0, call.result.dtype)] : [];
    return onnx.node('Pad', [call.input('self'), pads, ...value], { mode: kind });
  };
}

const maxPool: Rule = (call) => {
  const padding = call.numbers('padding');
  return call.onnx.node('MaxPool', [call.input('self')], {
    kernel_shape: call.numbers('kernel_size'),
    strides: call.numbers('stride'),
    pads: [...padding, ...padding],
    dilations: call.numbers('dilation'),
    ceil_mode: call.flag('ceil_mode') ? 1 : 0,
  });
};

const averagePool: Rule = (call) => {
  const padding = call.numbers('padding');
  if (call.maybe('divisor_override') !== null) throw call.refuse('a divisor of its own has no rule');
  return call.onnx.node('AveragePool', [call.input('self')], {
    kernel_shape: call.numbers('kernel_size'),
    strides: call.numbers('stride'),
    pads: [...padding, ...padding],
    ceil_mode: call.flag('ceil_mode') ? 1 : 0,
    count_include_pad: call.flag('count_include_pad') ? 1 : 0,
  });
};

const adaptivePool: Rule = (call) => {
  const output = call.numbers('output_size');
  if (output.every((size) => size === 1)) return call.onnx.node('GlobalAveragePool', [call.input('self')]);
  const sizes = fixed(call, call.value('self').shape.slice(2));
  if (sizes.some((size, i) => size % output[i] !== 0))
    throw call.refuse(
      `windows of several sizes, from ${sizes.join('×')} to ${output.join('×')}, have no rule`,
    );
  const kernel = sizes.map((size, i) => size / output[i]);
  return call.onnx.node('AveragePool', [call.input('self')], { kernel_shape: kernel, strides: kernel });
};

/** Operators that change how many pixels there are. */
export const RESAMPLE: Readonly<Record<string, Rule>> = {
  upsample_nearest2d_vec: nearest,
  upsample_bilinear2d_vec: (call) =>
    resized(call, { mode: 'linear', coordinate_transformation_mode: aligned(call) }),
  upsample_bicubic2d_vec: bicubic(-0.75, 0),
  _upsample_bilinear2d_aa_vec: (call) => {
    enlarging(call);
    return resized(call, { mode: 'linear', coordinate_transformation_mode: aligned(call) });
  },
  // Keys' kernel with another constant, renormalised at the border: PyTorch has it from Pillow.
  _upsample_bicubic2d_aa_vec: (call) => {
    enlarging(call);
    return bicubic(-0.5, 1)(call);
  },
  upFirDown,
  pixel_shuffle: (call) =>
    call.onnx.node('DepthToSpace', [call.input('self')], {
      blocksize: call.number('upscale_factor'),
      mode: 'CRD',
    }),
  // Of a single channel ONNX has the blocks in PyTorch’s order.
  pixel_unshuffle: (call) =>
    asPlanes(call, 'self', (planes) =>
      call.onnx.node('SpaceToDepth', [planes], { blocksize: call.number('downscale_factor') }),
    ),
  pad: bordered((call) => MODES[String(call.other('mode'))]),
  constant_pad_nd: bordered(() => 'constant'),
  reflection_pad2d: bordered(() => 'reflect'),
  replication_pad2d: bordered(() => 'edge'),
  max_pool2d: maxPool,
  avg_pool2d: averagePool,
  adaptive_avg_pool2d: adaptivePool,
};

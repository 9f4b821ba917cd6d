import type { OnnxBuilder } from './builder';

/** How images of any size are brought to sizes that a network takes, and back: as `apply` does. */
export interface BorderPlan {
  /** Must divide what the network sees of an axis. */
  readonly stride: number;
  /** How many times as large as the input the output is. */
  readonly scale: number;
  /** Which axes of inputs and outputs are height and width. */
  readonly axes: readonly number[];
}

/** An axis of an input. */
interface Axis {
  readonly input: string;
  readonly axis: number;
}

/** An axis whose border has been added. */
export interface BorderedAxis {
  /** Which numbers of the axis the network sees, int64. */
  readonly indices: string;
  /** Where what is kept of the output begins and ends, int64 [1]. */
  readonly start: string;
  readonly end: string;
}

/**
 * Reflects an axis about its first and last number, up to the next multiple of the stride, evenly on both sides: (n − 1) − |(n − 1) − |i|| for i from
 * −before to n + after − 1.
 */
export function planBorder(
  onnx: OnnxBuilder,
  { input, axis }: Axis,
  { stride, scale }: Omit<BorderPlan, 'axes'>,
): BorderedAxis {
  const node = (type: string, ...inputs: string[]) => onnx.node(type, inputs);
  const [one, two, step] = [1, 2, stride].map((value) => onnx.ints([value]));
  const size = onnx.node('Gather', [node('Shape', input), onnx.ints([axis])], { axis: 0 });
  const whole = node('Mul', node('Div', node('Add', size, onnx.ints([stride - 1])), step), step);
  const before = node('Div', node('Sub', whole, size), two);
  const first = node('Neg', before);
  const places = node(
    'Range',
    node('Squeeze', first),
    node('Squeeze', node('Sub', whole, before)),
    onnx.scalar(1, 'int64'),
  );
  const last = node('Sub', size, one);
  const indices = node('Sub', last, node('Abs', node('Sub', last, node('Abs', places))));
  const start = node('Mul', before, onnx.ints([scale]));
  return { indices, start, end: node('Add', start, node('Mul', size, onnx.ints([scale]))) };
}

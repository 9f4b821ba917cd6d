import { version } from '../../version';
import type { Graph, GraphCall, GraphValue } from '../graph';
import { notExportable } from '../record';
import { type BorderedAxis, type BorderPlan, planBorder } from './border';
import { OnnxBuilder, type SizeSource, type Target } from './builder';
import { Call } from './call';
import { encodeModel, type OnnxType, type Port, TYPES } from './proto';
import { RULES } from './rules/all';

/** What a model says of itself. */
export interface ModelText {
  readonly name: string;
  readonly description: string;
  /** Texts for its metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What each input and output is. */
  readonly ports: Readonly<Record<string, string>>;
}

/** What a graph is written with. */
export interface WriteOptions extends Target {
  readonly text: ModelText;
  /** Where open sizes are read. */
  readonly sizes: Readonly<Record<string, SizeSource>>;
  /** Names of weights by their handles. */
  readonly weights: ReadonlyMap<number, string>;
  /** Axes of the inputs whose sizes are brought to a multiple, and of the outputs that are cut back (none). */
  readonly border?: BorderPlan | null;
  /** Makes every operator’s result an output, too, to find where two runtimes part (false). */
  readonly everything?: boolean;
}

/** An ONNX model. */
export interface WrittenModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Names of operators that it is of. */
  readonly operators: readonly string[];
  /** What was made an output besides, in order: which call made it, and by what name. */
  readonly results: readonly {
    readonly name: string;
    readonly call: GraphCall;
    readonly value: GraphValue;
  }[];
}

/** By axis. */
type BorderedAxes = ReadonlyMap<number, BorderedAxis>;

/** Numbers that go in and come out stay float32: a caller has no float16. */
const OUTSIDE: Readonly<Partial<Record<OnnxType, OnnxType>>> = { float16: 'float' };

/** A graph as an ONNX model. @throws GanError `ERR_NOT_EXPORTABLE` naming the layer and the operator that has no rule */
export function writeOnnx(graph: Graph, options: WriteOptions): WrittenModel {
  const onnx = new OnnxBuilder(options, options);
  const inputs = Object.entries(graph.inputs).map(([name, value]) =>
    portOf(onnx, value, { name, description: options.text.ports[name] ?? '' }),
  );
  const borders = bordersOf(onnx, inputs, options);
  for (const [i, value] of Object.values(graph.inputs).entries())
    onnx.define(value, addInput(onnx, inputs[i], { type: onnx.type(value.dtype), borders }));
  for (const call of graph.calls) addCall(onnx, call);
  onnx.begin(null);
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    const port = portOf(onnx, value, { name, description: options.text.ports[name] ?? '' });
    rename(onnx, cut(onnx, onnx.name(value), borders), port);
    return port;
  });
  const results = options.everything ? everyResult(onnx, graph) : [];
  const extra = results.map(({ name, value }) => portOf(onnx, value, { name, description: '' }));
  const bytes = encodeModel({
    ...{ name: options.text.name, description: options.text.description, metadata: options.text.metadata },
    ...{ opset: options.opset, producer: { name: 'libtorch-gan', version } },
    ...{ inputs, outputs: [...outputs, ...extra], nodes: onnx.nodes, initializers: onnx.initializers },
  });
  return {
    bytes,
    inputs,
    outputs,
    operators: [...new Set(onnx.nodes.map(({ type }) => type))].sort(),
    results,
  };
}

/** What is done about each axis of images that a network takes in multiples only. */
function bordersOf(onnx: OnnxBuilder, [first]: readonly Port[], { border }: WriteOptions): BorderedAxes {
  const axes = border?.axes ?? [];
  return new Map(
    axes.flatMap((axis) => (border ? [[axis, planBorder(onnx, { input: first.name, axis }, border)]] : [])),
  );
}

/** An input as the network sees it. */
function addInput(
  onnx: OnnxBuilder,
  { name, type: outside }: Port,
  { type, borders }: { readonly type: OnnxType; readonly borders: BorderedAxes },
): string {
  const seen = [...borders].reduce(
    (from, [axis, { indices }]) => onnx.node('Gather', [from, indices], { axis }),
    name,
  );
  onnx.readSizes(name, seen);
  return outside === type ? seen : onnx.node('Cast', [seen], { to: TYPES[type] });
}

/** An output without its border. */
function cut(onnx: OnnxBuilder, name: string, borders: BorderedAxes): string {
  return [...borders].reduce(
    (from, [axis, { start, end }]) => onnx.node('Slice', [from, start, end, onnx.ints([axis])]),
    name,
  );
}

function addCall(onnx: OnnxBuilder, call: GraphCall): void {
  const rule = RULES[call.name];
  if (!rule) throw notExportable(call, 'no rule says how to write it in ONNX');
  onnx.begin(call);
  const made = rule(new Call(call, onnx));
  const names = typeof made === 'string' ? [made] : made;
  for (const [i, value] of call.results.entries()) {
    if (names[i] === undefined) throw notExportable(call, `its ${i + 1}. result has no rule`);
    onnx.define(value, names[i]);
  }
}

/** Gives a tensor the name, and the type, of an output. */
function rename(onnx: OnnxBuilder, from: string, { name, type }: Port): void {
  const cast = type === 'float' && onnx.target.precision === 'float16';
  onnx.nodes.push({
    type: cast ? 'Cast' : 'Identity',
    ...{ name: `${name}/output`, inputs: [from], outputs: [name], attributes: cast ? { to: 1 } : {} },
  });
}

function everyResult(onnx: OnnxBuilder, { calls }: Graph): WrittenModel['results'] {
  const float = calls.flatMap((call) => call.results.map((value) => ({ call, value })));
  return float
    .filter(({ value }) => value.dtype === 'float32')
    .map(({ call, value }, i) => {
      const name = `result:${i}`;
      rename(onnx, onnx.name(value), portOf(onnx, value, { name, description: '' }));
      return { name, call, value };
    });
}

function portOf(
  onnx: OnnxBuilder,
  { dtype, shape }: GraphValue,
  { name, description }: Pick<Port, 'name' | 'description'>,
): Port {
  const type = onnx.type(dtype);
  const sizes = shape.map((size) => (size.constant ? size.value : String(size)));
  return { name, type: OUTSIDE[type] ?? type, shape: sizes, description };
}

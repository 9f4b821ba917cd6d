import { filterPlan } from '../filter';
import type { Graph, GraphCall, GraphValue } from '../graph';
import type { BorderPlan } from '../onnx/border';
import type { SizeSource } from '../onnx/builder';
import { notExportable } from '../record';
import { type Parameter, schemaOf } from '../schemas';
import { literal } from './literal';

/** A TorchScript module: the source of `forward`, and what it reads. */
export interface ScriptSource {
  readonly source: string;
  /** Handles of its buffers by their paths, and filters it makes itself. */
  readonly buffers: ReadonlyMap<string, number>;
  readonly filters: ReadonlyMap<string, { readonly weight: readonly number[]; readonly taps: number }>;
}

/** What a graph is written with. */
export interface ScriptOptions {
  readonly sizes: Readonly<Record<string, SizeSource>>;
  /** Names of weights by their handles. */
  readonly weights: ReadonlyMap<number, string>;
  /** How images of any size are brought to those that the network takes, and back; null for not at all. */
  readonly border: BorderPlan | null;
  /** See `Target` of ONNX. */
  readonly imageStatistics: boolean;
}

/** A graph as the source of a TorchScript module. @throws GanError `ERR_NOT_EXPORTABLE` for an argument that it cannot hold */
export function writeScript(graph: Graph, options: ScriptOptions): ScriptSource {
  return new ScriptWriter(graph, options).write();
}

class ScriptWriter {
  readonly #graph: Graph;
  readonly #options: ScriptOptions;
  readonly #names = new Map<GraphValue, string>();
  readonly #buffers = new Map<string, number>();
  readonly #filters = new Map<string, { weight: readonly number[]; taps: number }>();
  readonly #device: string;
  /** Lines that a call needs before its own. */
  readonly #ahead: string[] = [];
  #made = 0;

  constructor(graph: Graph, options: ScriptOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#device = `${Object.keys(graph.inputs)[0]}.device`;
  }

  write(): ScriptSource {
    const { inputs, calls, outputs } = this.#graph;
    const names = Object.keys(inputs);
    for (const [name, value] of Object.entries(inputs)) this.#names.set(value, name);
    const lines = calls.flatMap((call) => {
      const line = this.#line(call);
      return [...this.#ahead.splice(0), line].map((each) => `  ${each}`);
    });
    const results = Object.values(outputs).map((value) => this.#cut(this.#name(value)));
    const source = [
      `def forward(self, ${names.map((name) => `${name}: Tensor`).join(', ')}):`,
      ...this.#border(names).map((line) => `  ${line}`),
      ...lines,
      `  return ${results.join(', ')}`,
      '',
    ].join('\n');
    return { source, buffers: this.#buffers, filters: this.#filters };
  }

  /** Inputs with a border of their reflection: see `planBorder` of ONNX. */
  #border(names: readonly string[]): string[] {
    const { border } = this.#options;
    if (!border) return [];
    const { stride, axes } = border;
    return axes.flatMap((axis) => [
      `size_${axis} = ${names[0]}.size(${axis})`,
      `whole_${axis} = (size_${axis} + ${stride - 1}) // ${stride} * ${stride}`,
      `before_${axis} = (whole_${axis} - size_${axis}) // 2`,
      `places_${axis} = torch.abs(torch.arange(-before_${axis}, whole_${axis} - before_${axis}, device=${this.#device}))`,
      `seen_${axis} = size_${axis} - 1 - torch.abs(size_${axis} - 1 - places_${axis})`,
      ...names.map((name) => `${name} = torch.index_select(${name}, ${axis}, seen_${axis})`),
    ]);
  }

  /** An output without the border. */
  #cut(name: string): string {
    const { border } = this.#options;
    if (!border) return name;
    const { scale, axes } = border;
    return axes.reduce(
      (from, axis) => `torch.narrow(${from}, ${axis}, before_${axis} * ${scale}, size_${axis} * ${scale})`,
      name,
    );
  }

  #line(call: GraphCall): string {
    const made = this.#expression(call);
    const results = call.results.map((value) => {
      const name = `v${this.#made++}`;
      this.#names.set(value, name);
      return name;
    });
    return `${results.join(', ')} = ${made}`;
  }

  #expression(call: GraphCall): string {
    if (call.name === 'upFirDown') return this.#filter(call);
    const own = this.#options.imageStatistics && flag(call, 'training');
    if (call.name === 'batchNormLeakyRelu') {
      const norm = own ? this.#byImage(call) : this.#operator(call, 'batch_norm');
      return `torch.leaky_relu(${norm}, ${this.#other(call, 'slope', 'float')})`;
    }
    if (call.name === 'instanceNormLeakyRelu')
      return `torch.leaky_relu(${this.#byImage(call)}, ${this.#other(call, 'slope', 'float')})`;
    if (call.name === 'batch_norm' && own) return this.#byImage(call);
    return this.#operator(call, call.name);
  }

  #operator(call: GraphCall, operator: string): string {
    const schema = schemaOf(operator);
    if (!schema) throw notExportable(call, 'TorchScript has no such operator');
    const { name, parameters } = schema;
    const given = parameters.map((parameter) => {
      const text = this.#argument(call, parameter);
      return parameter.keyword ? `${parameter.name}=${text}` : text;
    });
    return `torch.${name}(${given.join(', ')})`;
  }

  #argument(call: GraphCall, parameter: Parameter): string {
    const argument = call.args[parameter.name];
    // An entry of ours lacks what LibTorch’s operator takes last.
    if (argument === undefined) return parameter.type === 'bool' ? 'True' : 'None';
    if ('tensor' in argument) return argument.tensor ? this.#name(argument.tensor) : 'None';
    if ('tensors' in argument)
      return `[${argument.tensors.map((value) => (value ? this.#name(value) : 'None')).join(', ')}]`;
    return this.#other(call, parameter.name, parameter.type);
  }

  #other(call: GraphCall, name: string, type: string): string {
    const argument = call.args[name];
    const value = argument !== undefined && 'other' in argument ? argument.other : undefined;
    const text = literal(value, { type }, { sources: this.#options.sizes, device: this.#device });
    if (text !== null) return text;
    throw notExportable(call, `its ${name} depends on the sizes of inputs`);
  }

  /** A batch norm by the statistics of each image alone. */
  #byImage(call: GraphCall): string {
    const [input, weight, bias] = ['input', 'weight', 'bias'].map((name) =>
      this.#argument(call, { name, kind: 'tensor', type: 'Tensor?', keyword: false }),
    );
    const eps = this.#other(call, 'eps', 'float');
    return `torch.instance_norm(${input}, ${weight}, ${bias}, None, None, True, 0.0, ${eps}, False)`;
  }

  /** See `filterPlan`. */
  #filter(call: GraphCall): string {
    const [kernel, padding] = ['kernel', 'padding'].map((name) => numbers(call, name));
    const [up, down] = ['up', 'down'].map((name) => numbers(call, name)[0]);
    const plan = filterPlan(kernel, { up, down, padding });
    const filter = this.#filterBuffer(plan);
    const input = this.#argument(call, { name: 'input', kind: 'tensor', type: 'Tensor', keyword: false });
    const channels = tensorIn(call, 'input').shape[1].value;
    const pad = (text: string, [top, left, bottom, right]: readonly number[]) =>
      `torch.constant_pad_nd(${text}, [${left}, ${right}, ${top}, ${bottom}])`;
    const planes = pad(`torch.reshape(${input}, [-1, 1, ${input}.size(2), ${input}.size(3)])`, plan.before);
    const [top, left, bottom, right] = plan.pads;
    const steps = `[${plan.stride}, ${plan.stride}]`;
    // Pads of one side alone are added, or taken away, outside.
    const made = plan.transposed
      ? pad(`torch.conv_transpose2d(${planes}, ${filter}, None, ${steps})`, [-top, -left, -bottom, -right])
      : `torch.conv2d(${pad(planes, plan.pads)}, ${filter}, None, ${steps})`;
    const whole = pad(made, plan.after);
    const kept =
      plan.keep === 1
        ? whole
        : `torch.slice(torch.slice(${whole}, 2, None, None, ${plan.keep}), 3, None, None, ${plan.keep})`;
    // Its size is not always a linear function of the input’s.
    const planesMade = `f${this.#made++}`;
    this.#ahead.push(`${planesMade} = ${kept}`);
    return `torch.reshape(${planesMade}, [-1, ${channels}, ${planesMade}.size(2), ${planesMade}.size(3)])`;
  }

  #filterBuffer({ weight, taps }: { readonly weight: readonly number[]; readonly taps: number }): string {
    for (const [name, known] of this.#filters)
      if (String(known.weight) === String(weight)) return `self.${name}`;
    const name = `filter_${this.#filters.size}`;
    this.#filters.set(name, { weight, taps });
    return `self.${name}`;
  }

  #name(value: GraphValue): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const { handle } = value.recorded;
    const path = this.#options.weights.get(handle) ?? `constant_${this.#buffers.size}`;
    this.#buffers.set(path, handle);
    const name = path.split('.').reduce((around, part) => memberOf(around, part), 'self');
    this.#names.set(value, name);
    return name;
  }
}

/** A member whose name may be a number, as in PyTorch’s Sequential. */
function memberOf(around: string, part: string): string {
  return /^[A-Za-z_]\w*$/.test(part) ? `${around}.${part}` : `getattr(${around}, "${part}")`;
}

function flag({ args }: GraphCall, name: string): boolean {
  const argument = args[name];
  return argument !== undefined && 'other' in argument && argument.other === true;
}

function numbers(call: GraphCall, name: string): number[] {
  const argument = call.args[name];
  const value = argument !== undefined && 'other' in argument ? argument.other : undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.every((each): each is number => typeof each === 'number')) return list;
  throw notExportable(call, `its ${name} depends on the sizes of inputs`);
}

function tensorIn(call: GraphCall, name: string): GraphValue {
  const argument = call.args[name];
  if (argument !== undefined && 'tensor' in argument && argument.tensor) return argument.tensor;
  throw notExportable(call, `it has no ${name}`);
}

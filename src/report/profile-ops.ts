import type { ProfileEvent } from '../tensor/profiler';
import { byStart } from './profile-intervals';
import type { SpanTree } from './profile-spans';

/** The calls of one operator; for convolutions, matrix products and whatever is heavy, those with equal input shapes. */
export interface OpTime {
  /** E.g. `convolution_backward`; of work on a device that no operator started, the kernel's name. */
  readonly name: string;
  /** The outermost span around it: the phase. Absent in none. */
  readonly phase?: string;
  /** `backward` under autograd's graph, else the innermost span (`forward`, `optimizer`, …). Absent in none. */
  readonly pass?: string;
  /** Dtypes and shapes of the tensors it was given, e.g. `bf16 64×64×32×32, 128×64×4×4`; absent where calls differ. */
  readonly inputs?: string;
  /** Calls a step. */
  readonly calls: number;
  /** Milliseconds a step, without the operators it calls. */
  readonly selfMs: number;
  /** Milliseconds a step, with them. */
  readonly totalMs: number;
  /** Milliseconds a step that a CUDA device worked for it. */
  readonly deviceMs: number;
  /** Of the whole step, 0 to 1: of `deviceMs` where a device was profiled, else of `selfMs`. */
  readonly share: number;
}

/** Of all steps together. */
interface Sums {
  calls: number;
  selfMs: number;
  totalMs: number;
  deviceMs: number;
}

/** Where an operator ran. */
type Place = Pick<OpTime, 'phase' | 'pass'>;

interface Group extends Place {
  readonly name: string;
  readonly byInputs: Map<string, Sums>;
}

/** What one tunes by shape. */
const SHAPED = /conv|mm$|bmm|linear|matmul|attention/;
/** From this share of the step on every operator is told by shapes. */
const HEAVY = 0.05;

const ENGINE = 'autograd::engine::evaluate_function';

/** Adds up operators by name, pass and shapes. */
export function opTimes(
  events: readonly ProfileEvent[],
  options: { readonly spans: SpanTree; readonly steps: number; readonly stepMs: number },
): OpTime[] {
  const { steps, stepMs } = options;
  const groups = new Groups();
  const owners = new Map<number, Sums>();
  for (const call of calls(events, options.spans)) {
    const sums = groups.find(call.name, call.place, call.inputs);
    owners.set(call.id, sums);
    sums.calls++;
    sums.selfMs += call.self;
    if (!call.recursive) sums.totalMs += call.duration;
  }
  const kernels = events.filter(({ kind }) => kind === 'device');
  for (const { name, cause, duration } of kernels) {
    const owner = owners.get(cause);
    const sums = owner ?? groups.find(name, {}, '');
    sums.deviceMs += duration;
    if (owner === undefined) sums.calls++;
  }
  const shareOf = ({ selfMs, deviceMs }: Sums) => (kernels.length > 0 ? deviceMs : selfMs) / (steps * stepMs);
  return groups
    .rows((sums) => shareOf(sums) >= HEAVY)
    .map((row) => ({ ...row, ...perStep(row, steps), share: shareOf(row) }))
    .sort((a, b) => b.share - a.share || b.selfMs - a.selfMs);
}

function perStep({ calls, selfMs, totalMs, deviceMs }: Sums, steps: number): Sums {
  return {
    calls: calls / steps,
    selfMs: selfMs / steps,
    totalMs: totalMs / steps,
    deviceMs: deviceMs / steps,
  };
}

interface Call {
  readonly id: number;
  readonly name: string;
  readonly place: Place;
  readonly inputs: string;
  readonly duration: number;
  /** Its time without that of the calls it made. */
  self: number;
  readonly end: number;
  /** Whether one of the same name is around it, whose total covers it. */
  readonly recursive: boolean;
  readonly backward: boolean;
}

/** Every operator and autograd node, with its own time: what a thread does inside another call is that call's no more. */
function calls(events: readonly ProfileEvent[], spans: SpanTree): Call[] {
  const found: Call[] = [];
  const stacks = new Map<number, Call[]>();
  for (const event of events.filter(({ kind }) => kind === 'op' || kind === 'node').sort(byStart)) {
    const { thread, start, duration, kind, id } = event;
    const around = stacks.get(thread) ?? [];
    stacks.set(thread, around);
    while (around.length > 0 && around[around.length - 1].end <= start) around.pop();
    const caller = around.at(-1);
    if (caller) caller.self -= duration;
    const name = nameOf(event);
    const backward = caller?.backward === true || kind === 'node' || event.name.startsWith(ENGINE);
    const call = {
      id,
      name,
      place: placeOf(spans.at(start).at(-1)?.path ?? [], backward),
      inputs: event.inputs,
      duration,
      self: duration,
      end: start + duration,
      recursive: around.some((outer) => outer.name === name),
      backward,
    };
    found.push(call);
    around.push(call);
  }
  return found;
}

/** Nodes of our own operators are called as LibTorch's: `BatchNormLeakyReluBackward`. */
function nameOf({ name }: ProfileEvent): string {
  if (name.startsWith(ENGINE)) return 'autograd engine';
  return name.replace(/^aten::/, '').replace(/^torch::autograd::CppNode<(?:.*::)?(\w+)>$/, '$1Backward');
}

function placeOf(path: readonly string[], backward: boolean): Place {
  const pass = backward ? 'backward' : path.at(-1);
  return { ...(path.length > 0 ? { phase: path[0] } : {}), ...(pass === undefined ? {} : { pass }) };
}

class Groups {
  readonly #groups = new Map<string, Group>();

  find(name: string, place: Place, inputs: string): Sums {
    const key = [name, place.phase, place.pass].join('\n');
    const group = this.#groups.get(key) ?? { name, ...place, byInputs: new Map<string, Sums>() };
    this.#groups.set(key, group);
    const sums = group.byInputs.get(inputs) ?? { calls: 0, selfMs: 0, totalMs: 0, deviceMs: 0 };
    group.byInputs.set(inputs, sums);
    return sums;
  }

  /** A row for each group, or for each of its shapes where they matter. */
  rows(isHeavy: (sums: Sums) => boolean): Omit<OpTime, 'share'>[] {
    return [...this.#groups.values()].flatMap(({ byInputs, ...group }) => {
      const all = [...byInputs.values()].reduce(add);
      if (byInputs.size > 1 && !SHAPED.test(group.name) && !isHeavy(all)) return [{ ...group, ...all }];
      return [...byInputs].map(([inputs, sums]) => ({
        ...group,
        ...(inputs === '' ? {} : { inputs: shortInputs(inputs) }),
        ...sums,
      }));
    });
  }
}

function add(a: Sums, b: Sums): Sums {
  return {
    calls: a.calls + b.calls,
    selfMs: a.selfMs + b.selfMs,
    totalMs: a.totalMs + b.totalMs,
    deviceMs: a.deviceMs + b.deviceMs,
  };
}

const DTYPES: Readonly<Record<string, string>> = {
  float: 'f32',
  double: 'f64',
  'c10::BFloat16': 'bf16',
  'c10::Half': 'f16',
  'unsigned char': 'u8',
  'signed char': 'i8',
  short: 'i16',
  int: 'i32',
  long: 'i64',
  'long int': 'i64',
};

/** `float 2×3, float 4` → `f32 2×3, 4`: a dtype is said where it changes. */
function shortInputs(inputs: string): string {
  let before = '';
  return inputs
    .split(', ')
    .map((input) => {
      const [, type, shape] = /^(.*) (\S+)$/.exec(input) ?? ['', '', input];
      const dtype = DTYPES[type] ?? type;
      const text = dtype === before ? shape : `${dtype} ${shape}`;
      before = dtype;
      return text;
    })
    .join(', ');
}

import type { DType } from '../native/types';
import {
  inputsOf,
  notExportable,
  type RecordedArgument,
  type RecordedCall,
  type RecordedValue,
  type Recording,
  tensorsIn,
} from './record';
import { fitSize, Size, type Variable } from './sizes';

/** A tensor of a graph. */
export interface GraphValue {
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** What it was in the first run. */
  readonly recorded: RecordedValue;
  /** Whether an input, or an open size of one, decides what it is: what does not is a constant. */
  readonly moving: boolean;
  /** The input's name; null for other tensors. */
  readonly input: string | null;
}

/** What an operator of a graph is given; numbers that open sizes decide are a {@link Size}. */
export type GraphArgument =
  | { readonly tensor: GraphValue | null }
  | { readonly tensors: readonly (GraphValue | null)[] }
  | { readonly other: unknown };

/** An operator of a graph. */
export interface GraphCall {
  readonly name: string;
  readonly layer: string;
  readonly args: Readonly<Record<string, GraphArgument>>;
  readonly results: readonly GraphValue[];
}

/** What turns inputs into outputs, whatever the open sizes are. */
export interface Graph {
  readonly variables: readonly Variable[];
  readonly inputs: Readonly<Record<string, GraphValue>>;
  /** In order, without those that nothing depends on, or that only make constants. */
  readonly calls: readonly GraphCall[];
  readonly outputs: Readonly<Record<string, GraphValue>>;
}

/** An argument that depends on the sizes of inputs in another way than a {@link Size}. */
export class Varying {}

/** Why runs must be alike. */
const ELSEWHERE = 'where inputs are of another size, and a graph has no branches';

/** Stands for the operator of an output that is none’s result. */
const NOTHING = { name: 'forward', layer: '' };

/** Operators that draw random numbers. */
const RANDOM = /^(rand|normal_|uniform_|bernoulli|poisson|multinomial)/;

/**
 * The graph of what was recorded once, and once more for each variable with another value of it.
 *
 * @throws GanError `ERR_NOT_EXPORTABLE` where an operator draws random numbers, or where the runs are not of the same operators
 */
export function graphOf(runs: readonly Recording[], variables: readonly Variable[]): Graph {
  const builder = new GraphBuilder(runs, variables);
  return builder.build();
}

class GraphBuilder {
  readonly #runs: readonly Recording[];
  readonly #variables: readonly Variable[];
  readonly #values = new Map<RecordedValue, GraphValue>();
  /** Of each run, the places of its calls. */
  readonly #places: readonly ReadonlyMap<RecordedCall, number>[];

  constructor(runs: readonly Recording[], variables: readonly Variable[]) {
    this.#runs = runs;
    this.#variables = variables;
    this.#places = runs.map(({ calls }) => new Map(calls.map((call, place) => [call, place])));
  }

  build(): Graph {
    const [first] = this.#runs;
    const inputs = Object.entries(first.inputs).map(([name, value]) => {
      const all = this.#runs.map((run) => run.inputs[name]);
      return [name, this.#added(value, all, { moving: true, input: name })] as const;
    });
    const live = liveCalls(first);
    const calls = first.calls.flatMap((call, index) => {
      if (!live.has(call)) return [];
      const made = this.#call(call, this.#alike(call, index));
      return made.results.some(({ moving }) => moving) ? [made] : [];
    });
    const outputs = Object.entries(first.outputs).map(([name, value]) => {
      const all = this.#runs.map((run) => run.outputs[name]);
      if (this.#differ(all)) throw notExportable(value.by?.call ?? NOTHING, `it makes ${name} ${ELSEWHERE}`);
      return [name, this.#value(value)] as const;
    });
    return {
      variables: this.#variables,
      inputs: Object.fromEntries(inputs),
      calls,
      outputs: Object.fromEntries(outputs),
    };
  }

  /** The call of the same place in every run. */
  #alike(call: RecordedCall, index: number): readonly RecordedCall[] {
    return this.#runs.map(({ calls }) => {
      const other = calls[index];
      if (other !== undefined && other.name === call.name && other.layer === call.layer) return other;
      throw notExportable(call, `other operators follow one another ${ELSEWHERE}`);
    });
  }

  #call(call: RecordedCall, alike: readonly RecordedCall[]): GraphCall {
    if (RANDOM.test(call.name) || (call.name.endsWith('dropout') && argumentOf(call, 'train') === true))
      throw notExportable(call, 'it draws random numbers, and the same input must give the same output');
    this.#check(call, alike);
    const args = Object.entries(call.args).map(([name, argument]) => {
      const each = alike.map(({ args: own }) => own[name]);
      return [name, this.#argument(argument, each)] as const;
    });
    const named = Object.fromEntries(args);
    const moving = args.some(([, argument]) => isMoving(argument));
    const results = call.results.map((value, i) => {
      const all = alike.map(({ results: own }) => own[i] ?? value);
      return this.#added(value, all, { moving, input: null });
    });
    return { name: call.name, layer: call.layer, args: named, results };
  }

  /** Whether tensors of the same place in every run come from different places. */
  #differ(each: readonly (RecordedValue | null)[]): boolean {
    const from = each.map((value, run) => {
      if (!value?.by) return value?.input ?? null;
      return `${this.#places[run].get(value.by.call)} ${value.by.index}`;
    });
    return from.some((place) => place !== from[0]);
  }

  /** Refuses a call that is of other tensors where inputs are of another size. */
  #check(call: RecordedCall, alike: readonly RecordedCall[]): void {
    const given = alike.map(({ args, results }) => ({
      tensors: Object.values(args).map(tensorsIn),
      results: results.length,
    }));
    const [first] = given;
    const same = first.tensors.every((tensors, argument) =>
      given.every(({ tensors: { [argument]: others } }) => others.length === tensors.length),
    );
    const counts = given.every(({ results }) => results === first.results);
    const differ = first.tensors.some((tensors, argument) =>
      tensors.some((_, i) => this.#differ(given.map(({ tensors: each }) => each[argument][i]))),
    );
    if (!same || !counts || differ) throw notExportable(call, `it is of other tensors ${ELSEWHERE}`);
  }

  #argument(argument: RecordedArgument, each: readonly RecordedArgument[]): GraphArgument {
    if ('tensor' in argument) return { tensor: argument.tensor && this.#value(argument.tensor) };
    if ('tensors' in argument)
      return { tensors: argument.tensors.map((value) => value && this.#value(value)) };
    return { other: this.#unified(each.map((own) => ('other' in own ? own.other : undefined))) };
  }

  /** What is equal in all runs as it is, whole numbers that are not as sizes. */
  #unified(values: readonly unknown[]): unknown {
    const [first] = values;
    if (Array.isArray(first))
      return first.map((_, i) => this.#unified(values.map((each) => (Array.isArray(each) ? each[i] : each))));
    if (values.every((value) => Object.is(value, first))) return first;
    const numbers = values.filter((value): value is number => Number.isInteger(value));
    return numbers.length === values.length ? fitSize(numbers, this.#variables) : new Varying();
  }

  /** What was there before the run is a constant. */
  #value(value: RecordedValue): GraphValue {
    return this.#values.get(value) ?? this.#added(value, [value], { moving: false, input: null });
  }

  #added(
    recorded: RecordedValue,
    all: readonly RecordedValue[],
    { moving, input }: Pick<GraphValue, 'moving' | 'input'>,
  ): GraphValue {
    const runs = all.length === this.#runs.length ? all : this.#runs.map(() => recorded);
    const shape = recorded.shape.map((_, axis) =>
      fitSize(
        runs.map((value) => value.shape[axis]),
        this.#variables,
      ),
    );
    const value = {
      shape,
      dtype: recorded.dtype,
      recorded,
      moving: moving || shape.some(({ constant }) => !constant),
      input,
    };
    this.#values.set(recorded, value);
    return value;
  }
}

/** The calls that outputs depend on. */
function liveCalls({ outputs }: Recording): ReadonlySet<RecordedCall> {
  const live = new Set<RecordedCall>();
  const rest = Object.values(outputs);
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    const call = value.by?.call;
    if (call === undefined || live.has(call)) continue;
    live.add(call);
    rest.push(...inputsOf(call));
  }
  return live;
}

function argumentOf({ args }: RecordedCall, name: string): unknown {
  const argument = args[name];
  return argument !== undefined && 'other' in argument ? argument.other : undefined;
}

function isMoving(argument: GraphArgument): boolean {
  if ('tensor' in argument) return argument.tensor?.moving ?? false;
  if ('tensors' in argument) return argument.tensors.some((value) => value?.moving);
  const values = Array.isArray(argument.other) ? argument.other : [argument.other];
  return values.some((value) => value instanceof Size || value instanceof Varying);
}

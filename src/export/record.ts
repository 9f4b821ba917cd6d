import { GanError } from '../errors';
import { native } from '../native/addon';
import { listening, type NativeCall } from '../native/listen';
import type { DType, Handle } from '../native/types';
import type { Module } from '../nn/module';
import { watchModules } from '../nn/watch';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { schemaOf, worksInPlace } from './schemas';

/** A tensor of a recorded run. */
export interface RecordedValue {
  readonly handle: Handle;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** What made it; null for an input and for what was there before. */
  readonly by: { readonly call: RecordedCall; readonly index: number } | null;
  /** Of an input; null for other tensors. */
  readonly input: string | null;
}

/** What an operator was called with: tensors, lists of them (with gaps), or what is no tensor. */
export type RecordedArgument =
  | { readonly tensor: RecordedValue | null }
  | { readonly tensors: readonly (RecordedValue | null)[] }
  | { readonly other: unknown };

/** A call of an operator. */
export interface RecordedCall {
  readonly name: string;
  /** The path of the layer that called it, e.g. `generator.3`; empty outside the networks. */
  readonly layer: string;
  readonly args: Readonly<Record<string, RecordedArgument>>;
  readonly results: readonly RecordedValue[];
}

/** What ran, from named inputs to named outputs. */
export interface Recording {
  readonly inputs: Readonly<Record<string, RecordedValue>>;
  readonly calls: readonly RecordedCall[];
  readonly outputs: Readonly<Record<string, RecordedValue>>;
  /** Releases what the run made: values cannot be read afterwards. */
  release(): void;
}

/** What is recorded: tensors made of inputs, by networks. */
export interface Recordable {
  readonly networks: Readonly<Record<string, Module>>;
  run(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>>;
}

/**
 * Records every operator that a run calls. All tensors it makes stay until `release`.
 *
 * @throws GanError `ERR_NOT_EXPORTABLE` for an operator that works in place, or that reads what an input decides
 */
export function record({ networks, run }: Recordable, inputs: Readonly<Record<string, Tensor>>): Recording {
  const recorder = new Recorder(pathsOf(networks));
  const given = Object.entries(inputs).map(([name, tensor]) => [name, recorder.input(name, tensor)] as const);
  // Its own scope, so that all it makes is released inside, and so stays.
  const { result: outputs, release } = listening(
    (call) => recorder.add(call),
    () =>
      scope(() => {
        const made = watchModules(recorder, () => run(inputs));
        return Object.entries(made).map(([name, { handle }]) => [name, recorder.value(handle)] as const);
      }),
  );
  return {
    inputs: Object.fromEntries(given),
    calls: recorder.calls,
    outputs: Object.fromEntries(outputs),
    release,
  };
}

/** What gives the host a number, not a tensor. */
const READS: readonly string[] = ['item', 'is_nonzero', 'toBuffer', 'equal', 'allclose'];

class Recorder {
  readonly calls: RecordedCall[] = [];
  readonly #values = new Map<Handle, RecordedValue>();
  readonly #paths: ReadonlyMap<object, string>;
  readonly #layers: string[] = [];
  /** What inputs decide: tensors that are made of one. */
  readonly #moving = new Set<RecordedValue>();

  constructor(paths: ReadonlyMap<object, string>) {
    this.#paths = paths;
  }

  enter(module: object): void {
    this.#layers.push(this.#paths.get(module) ?? this.#layer);
  }

  leave(): void {
    this.#layers.pop();
  }

  get #layer(): string {
    return this.#layers.at(-1) ?? '';
  }

  input(name: string, { handle }: Tensor): RecordedValue {
    const value = this.#added({ handle, input: name, by: null });
    this.#moving.add(value);
    return value;
  }

  value(handle: Handle): RecordedValue {
    return this.#values.get(handle) ?? this.#added({ handle, input: null, by: null });
  }

  add({ name, args, result }: NativeCall): void {
    const layer = this.#layer;
    const schema = schemaOf(name);
    if (!schema)
      throw notExportable({ name, layer }, 'neither ONNX nor TorchScript has it: use operators of tensors');
    const named = schema.parameters.map(({ name: argument, kind }, i) => {
      const given = args[i];
      if (kind === 'other') return [argument, { other: given }] as const;
      if (kind === 'tensor') return [argument, { tensor: this.#given(given) }] as const;
      return [argument, { tensors: listOf(given).map((each) => this.#given(each)) }] as const;
    });
    const call = { name, layer, args: Object.fromEntries(named), results: [] as RecordedValue[] };
    const moves = inputsOf(call).some((value) => this.#moving.has(value));
    this.#refuse(call, moves);
    for (const [index, handle] of (READS.includes(name) ? [] : handlesIn(result)).entries()) {
      const value = this.#added({ handle, input: null, by: { call, index } });
      call.results.push(value);
      if (moves) this.#moving.add(value);
    }
    this.calls.push(call);
  }

  #refuse(call: RecordedCall, moves: boolean): void {
    if (worksInPlace(call.name))
      throw notExportable(
        call,
        'it changes a tensor in place: write the layer with the operator that makes a new one',
      );
    if (READS.includes(call.name) && moves)
      throw notExportable(call, 'it reads a number that the input decides, and a graph has no branches');
  }

  #given(handle: unknown): RecordedValue | null {
    return typeof handle === 'number' && handle !== 0 ? this.value(handle) : null;
  }

  #added(made: Pick<RecordedValue, 'handle' | 'by' | 'input'>): RecordedValue {
    const value = { ...made, shape: native().shape(made.handle), dtype: native().dtype(made.handle) };
    this.#values.set(made.handle, value);
    return value;
  }
}

/** The tensors of an argument, with its gaps. */
export function tensorsIn(argument: RecordedArgument): readonly (RecordedValue | null)[] {
  if ('tensor' in argument) return [argument.tensor];
  return 'tensors' in argument ? argument.tensors : [];
}

/** The tensors that a call was given. */
export function inputsOf({ args }: Pick<RecordedCall, 'args'>): RecordedValue[] {
  return Object.values(args)
    .flatMap(tensorsIn)
    .filter((value) => value !== null);
}

/** The error of an operator that cannot be exported: which, where, why. */
export function notExportable({ name, layer }: Pick<RecordedCall, 'name' | 'layer'>, why: string): GanError {
  const where = layer === '' ? '' : ` of ${layer}`;
  return new GanError('ERR_NOT_EXPORTABLE', `the operator ${name}${where} cannot be exported: ${why}`);
}

function pathsOf(networks: Readonly<Record<string, Module>>): Map<object, string> {
  const paths = new Map<object, string>();
  for (const [root, network] of Object.entries(networks))
    for (const [path, module] of network.namedModules())
      paths.set(module, path === '' ? root : `${root}.${path}`);
  return paths;
}

function listOf(given: unknown): unknown[] {
  return Array.isArray(given) ? given : given instanceof Int32Array ? [...given] : [];
}

function handlesIn(result: unknown): Handle[] {
  const all = Array.isArray(result) ? result : [result];
  return all.filter((handle): handle is number => typeof handle === 'number' && Number.isInteger(handle));
}

// Calls every function of the addon with random arguments; fuzz.test.ts runs it in a process of its own:
//   node -r ts-node/register test/native/fuzz.ts SEED CALLS JOURNAL [FUNCTION]
// The call in progress is in the file JOURNAL, for when the process does not live to tell. Prints what broke the promise.
import { openSync, writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { parseSchema } from '../../src/native/generate-ops';
import type { NativeAddon } from '../../src/native/interface';
import { loadAddon } from '../../src/native/load';
import { TorchError } from '../../src/native/torch-error';
import { drawLayer, LAYER_NAMES } from './fuzz-layers';
import { LaidOut } from './fuzz-tensors';
import { Arguments, Dice, Hostile, makePool, releasePool } from './fuzz-values';

interface Parameter {
  /** Empty where nobody asks for it. */
  readonly name: string;
  readonly type: string;
  readonly initial?: string;
}

interface Target {
  readonly name: string;
  readonly call: (...values: unknown[]) => unknown;
  readonly parameters: readonly Parameter[];
  /** Of the TypeScript result type, what tells handles from numbers. */
  readonly result: string;
}

/** Operators that kernels of our own stand in for, and entries that are kernels of our own. */
const OWN_KERNELS = [
  'group_norm',
  'batchNormLeakyRelu',
  'instanceNormLeakyRelu',
  'avg_pool2d',
  'upFirDown',
  'spectralNorm',
  'imagesOfBytes',
  'bernoulliNll',
  'gaussianKl',
  'gaussianDraw',
  'conv2d',
  'conv_transpose2d_input',
  'pixel_shuffle',
  'linear',
  'linearRelu',
  'linearPair',
  'relu',
  'leaky_relu',
  'dropout',
];

/** The addon's own entries: `parameters → result`, types with or without a name, where `release` of a handle is the fuzzer's own affair. */
const ENTRIES: Readonly<Record<string, string>> = {
  fromBytes: 'bytes, DType, readonly number[], device → Handle',
  toBuffer: 'Handle → void',
  shape: 'Handle → void',
  strides: 'Handle → void',
  elements: 'Handle → void',
  dtype: 'Handle → void',
  device: 'Handle → void',
  isContiguous: 'Handle, MemoryFormat → void',
  isAliasOf: 'Handle, Handle → void',
  changes: 'Handle → void',
  requiresGrad: 'Handle → void',
  isLeaf: 'Handle → void',
  setRequiresGrad: 'Handles, boolean → void',
  gradient: 'Handle → Handle',
  gradients: 'Handles → Handle[]',
  setGradient: 'Handle, Handle | null → void',
  clearGradients: 'Handles → void',
  setData: 'Handle, Handle → void',
  backward: 'Handles, readonly (Handle | null)[] | null, boolean, boolean, Handles → void',
  grad: 'Handles, Handles, readonly (Handle | null)[] | null, boolean, boolean, boolean → Handle[]',
  copyAll: 'Handles → Handle[]',
  restoreWhere: 'Handle, Handles, Handles → void',
  gradEnabled: ' → void',
  setGradEnabled: 'boolean → void',
  autocastEnabled: 'device → void',
  setAutocast: 'device, boolean, DType → void',
  seedGenerator: 'Generator, number → void',
  generatorState: 'Generator → Handle',
  setGeneratorState: 'Generator, Handle → void',
  manualSeed: 'number → void',
  setDeterministic: 'boolean → void',
  setBenchmark: 'boolean → void',
  benchmark: ' → boolean',
  setTf32: 'boolean → void',
  requireDevice: 'device → void',
  loadScript: 'string, device, string → void',
  moveScript: 'Script, device → void',
  batchNormLeakyRelu:
    'input: Handle, weight: Handle | null, bias: Handle | null, runningMean: Handle | null, runningVar: Handle | null, training: boolean, momentum: number, eps: number, slope: number → Handle',
  instanceNormLeakyRelu:
    'input: Handle, weight: Handle | null, bias: Handle | null, eps: number, slope: number → Handle',
  upFirDown:
    'input: Handle, kernel: readonly number[], up: number, down: number, padding: readonly number[] → Handle',
  linearPair:
    'input: Handle, weight: Handle, bias: Handle, otherWeight: Handle, otherBias: Handle → Handle[]',
  linearRelu: 'input: Handle, weight: Handle, bias: Handle | null → Handle',
  spectralNorm: 'weight: Handle, u: Handle, v: Handle, iterations: number, eps: number → Handle',
  imagesOfBytes: 'bytes: Handle, rows: Handle | null → Handle',
  bernoulliNll: 'logits: Handle, images: Handle → Handle',
  gaussianKl: 'mean: Handle, logVariance: Handle → Handle',
  gaussianDraw: 'mean: Handle, logVariance: Handle, noise: Handle → Handle',
  values: 'Handles → void',
  putValue: 'Handle, Handle, number, boolean → void',
  runScript: 'Script, Handles, readonly string[] → Handle[]',
  cudaDeviceName: 'device → void',
  cudaSynchronize: 'device → void',
  cudaMemory: 'device → void',
  cudaCapability: 'device → void',
};

function targets(addon: NativeAddon): Target[] {
  const operators = addon.schemas().map(([name, schema]): Target => {
    const { parameters, result } = parseSchema(schema);
    const typed = parameters.map((p) => ({
      name: p.name,
      type:
        p.name === 'generator'
          ? p.type.replace('Handle', 'Generator')
          : p.name === 'device'
            ? 'device | null'
            : p.type,
      initial: p.initial,
    }));
    return { name, call: Reflect.get(addon.ops, name) as Target['call'], parameters: typed, result };
  });
  const entries = Object.entries(ENTRIES).map(([name, signature]): Target => {
    const [list, result] = signature.split(' → ');
    const parameters = list
      .split(', ')
      .filter(Boolean)
      .map((text) => text.split(': '))
      .map((parts) => ({ name: parts.length > 1 ? parts[0] : '', type: parts[parts.length - 1] }));
    return { name, call: Reflect.get(addon, name) as Target['call'], parameters, result };
  });
  return [...operators, ...entries];
}

/** The handles in a result, to be released. */
function handlesIn(result: unknown, type: string): number[] {
  if (!type.includes('Handle')) return [];
  const all = Array.isArray(result) ? result.flat() : [result];
  return all.filter((handle): handle is number => typeof handle === 'number' && handle !== 0);
}

/** The layers among the targets, and those with a kernel of our own as often again as all of them. */
function layersOf(all: readonly Target[]): Target[] {
  const layers = all.filter(({ name }) => LAYER_NAMES.includes(name));
  const own = layers.filter(({ name }) => OWN_KERNELS.includes(name));
  const times = Math.ceil(layers.length / Math.max(own.length, 1));
  return [...layers, ...Array.from({ length: times }, () => own).flat()];
}

/** What is wrong with the error, or null. */
function fault(error: unknown): string | null {
  if (error instanceof Hostile) return null;
  if (!(error instanceof TorchError)) return `not a TorchError: ${inspect(error)}`;
  const { message, code } = error;
  if (!/^ERR_(TORCH|INVALID_ARG|RELEASED|OUT_OF_MEMORY|NO_CUDA)$/.test(code))
    return `code ${code}: ${message}`;
  if (message.split('\n').length > 2) return `more than two lines: ${message}`;
  if (message.length > 2000) return `${message.length} characters: ${message.slice(0, 300)}`;
  if (/Exception raised|INTERNAL ASSERT|enforce fail|\.(cpp|h|cc)\b|an unknown C\+\+/.test(message))
    return `boilerplate: ${message}`;
  if (/^(_\w+|\w+_\w+): /.test(message)) return `an internal name: ${message}`;
  return null;
}

/** So many calls reach every kernel of our own. */
const ENOUGH = 5000;

function main([seed, calls, journal, only]: string[]): void {
  const addon = loadAddon();
  addon.setErrorClass(TorchError);
  addon.setThreads(1);
  const dice = new Dice(Number(seed));
  const all = targets(addon).filter(({ name }) => !only || name === only);
  const file = openSync(journal, 'w');
  const faults = new Map<string, string>();
  const report = (name: string, what: string, values: readonly unknown[]): void => {
    const key = `${name}: ${what.replaceAll(/[-\d.]+/g, '#').slice(0, 90)}`;
    if (!faults.has(key)) faults.set(key, `${name}(${show(addon, values)}): ${what.slice(0, 500)}`);
  };
  addon.manualSeed(Number(seed));
  const layers = new LaidOut(addon, dice);
  const layered = layersOf(all);
  let pool = makePool(addon, dice);
  let supply = new Arguments(addon, dice, pool);
  let succeeded = 0;
  const unreached = new Set(only ? [] : OWN_KERNELS);
  for (let i = 0; i < Number(calls); i++) {
    if (i % 400 === 399) {
      releasePool(addon, pool);
      if (addon.liveTensors()[0] !== 0) report('pool', `${addon.liveTensors()[0]} handles left`, []);
      pool = makePool(addon, dice);
      supply = new Arguments(addon, dice, pool);
    }
    const target = dice.pick(layered.length > 0 && dice.chance(0.25) ? layered : all);
    supply.begin();
    const [before] = addon.liveTensors();
    const fitting =
      LAYER_NAMES.includes(target.name) && dice.chance(0.8) ? drawLayer(target.name, layers) : {};
    const values = target.parameters.map(({ name, type, initial }) =>
      name in fitting && dice.chance(0.98) ? fitting[name] : supply.draw(type, initial),
    );
    if (dice.chance(0.01)) values.length = dice.below(values.length + 1);
    const line = `${i} ${target.name}(${only ? show(addon, values) : values.map(brief).join(', ')})`;
    writeSync(file, line.slice(0, 4000).padEnd(4000), 0);
    const start = performance.now();
    try {
      if (dice.chance(OWN_KERNELS.includes(target.name) ? 0.3 : 0.08))
        addon.setAutocast('cpu', true, 'bfloat16');
      const handles = handlesIn(target.call(...values), target.result);
      succeeded++;
      unreached.delete(target.name);
      for (const handle of handles.slice(0, 3)) addon.shape(handle);
      try {
        differentiate({ addon, dice, layers }, handles, values);
      } finally {
        addon.release(handles);
      }
    } catch (error) {
      const what = fault(error);
      if (what) report(target.name, what, values);
    }
    const seconds = (performance.now() - start) / 1000;
    if (seconds > 5) report(target.name, `took ${seconds.toFixed(1)} s`, values);
    addon.setGradEnabled(true);
    addon.setDeterministic(false);
    addon.setAutocast('cpu', false, 'bfloat16');
    layers.release();
    const [after] = addon.liveTensors();
    if (after !== before) report(target.name, `${after - before} handles left`, values);
  }
  releasePool(addon, pool);
  if (Number(calls) >= ENOUGH) for (const name of unreached) report(name, 'never succeeded', []);
  for (const text of faults.values()) console.log(text);
  console.log(`${calls} calls, ${succeeded} succeeded, ${faults.size} faults`);
}

interface Tools {
  readonly addon: NativeAddon;
  readonly dice: Dice;
  readonly layers: LaidOut;
}

/**
 * First gradients of what a call gave by the tensors that it was given, all or some of them, and by chance those of them: through
 * every kernel's way back.
 */
function differentiate(tools: Tools, handles: readonly number[], values: readonly unknown[]): void {
  const { addon, dice } = tools;
  const wanted = (handle: number) => addon.requiresGrad(handle);
  const roots = handles.filter(wanted);
  const given = [...new Set(values.flat().filter((value) => isHandle(addon, value)))] as number[];
  const needy = given.filter(wanted);
  const leaves = dice.chance(0.5) ? needy : needy.filter(() => dice.chance(0.5));
  if (roots.length === 0 || leaves.length === 0) return;
  const twice = dice.chance(0.5);
  const made: number[] = [];
  try {
    const first = gradients(tools, { of: roots, by: leaves, keep: twice, made });
    const again = twice ? first.filter(wanted) : [];
    if (again.length > 0) gradients(tools, { of: again, by: needy, keep: false, made });
  } finally {
    addon.release(made);
  }
}

interface Derivative {
  readonly of: readonly number[];
  readonly by: readonly number[];
  readonly keep: boolean;
  /** Where what it makes is noted, to be released. */
  readonly made: number[];
}

/** Gradients of sums, which are one number expanded, or by gradients that lie in memory as they like. */
function gradients({ addon, dice, layers }: Tools, { of, by, keep, made }: Derivative): number[] {
  const summed = dice.chance(0.5);
  const roots = summed ? of.map((handle) => addon.ops.sum(handle, null)) : of;
  if (summed) made.push(...roots);
  const seeds = summed ? null : of.map((handle) => layers.gradientLike(handle));
  const found = addon.grad(roots, by, seeds, true, keep, true).filter((handle) => handle !== 0);
  made.push(...found);
  return found;
}

function isHandle(addon: NativeAddon, value: unknown): boolean {
  if (typeof value !== 'number') return false;
  try {
    addon.requiresGrad(value);
    return true;
  } catch {
    return false;
  }
}

function brief(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'string') return JSON.stringify(value).slice(0, 40);
  // Node cannot show one whose buffer is gone.
  if (value instanceof DataView) return 'DataView';
  return inspect(value, { breakLength: Infinity, maxArrayLength: 8, getters: false }).slice(0, 120);
}

function show(addon: NativeAddon, values: readonly unknown[]): string {
  const text = (value: unknown): string => {
    if (typeof value === 'number' && isHandle(addon, value)) {
      const grad = addon.requiresGrad(value) ? ' grad' : '';
      return `${addon.dtype(value)}[${addon.shape(value)}] by [${addon.strides(value)}]${grad}`;
    }
    const plain =
      Array.isArray(value) &&
      value.length < 9 &&
      !Object.values(Object.getOwnPropertyDescriptors(value)).some((p) => p.get);
    return plain ? `[${value.map(text).join(', ')}]` : brief(value);
  };
  return values.map(text).join(', ');
}

main(process.argv.slice(2));

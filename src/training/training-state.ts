import { GanError } from '../errors';
import type { TensorRecord, TensorRecords } from '../io/safetensors';
import { recordsToTensors, tensorsToRecords } from '../io/tensors';
import type { Optimizer } from '../optim/optimizer';
import { scope } from '../tensor/scope';
import { findNonFinite, type TensorFiles } from './finite-state';
import { gatherOwnBuffers, restoreOwnBuffers } from './process-buffers';
import { gatherRandom, randomRecords, restoreRandom } from './shared-random';
import type { Training } from './training';

type Files = Record<string, TensorRecords>;

/** What each member of a group has of its own, by names of {@link captureState}'s file of counters: random generators, and buffers of others than the first. */
export function gatherMembers(training: Training): TensorRecords {
  return { ...randomRecords(gatherRandom(training)), ...gatherOwnBuffers(training) };
}

/**
 * Everything the next step depends on but the loader's place, by the path of the checkpoint's file.
 *
 * @param members what all members of its group have of their own, which each must help to gather
 */
export function captureState(training: Training, members: TensorRecords = gatherMembers(training)): Files {
  return scope(() => {
    const files: Files = {};
    for (const [file, tensors] of Object.entries(stateTensors(training)))
      files[file] = tensorsToRecords(tensors);
    files.state = captureCounters(training, members);
    return files;
  });
}

/** The tensors of networks, averages and optimizers as they are, on their device; they belong to the caller's scope. */
function stateTensors(training: Training): TensorFiles {
  const { networks, averages } = training;
  const named = [
    ...Object.entries(networks).map(([name, network]) => [`networks/${name}`, network.stateDict()]),
    ...Object.entries(averages).map(([name, { module }]) => [`ema/${name}`, module.stateDict()]),
    ...optimizers(training).map(([name, optimizer]) => [`optimizers/${name}`, optimizer.stateDict()]),
  ];
  return Object.fromEntries(named);
}

/**
 * Puts back what `captureState` took.
 *
 * @throws GanError `ERR_BAD_CHECKPOINT` or `ERR_STATE_DICT` where the checkpoint is of another model
 */
export function restoreState(training: Training, files: Readonly<Files>): void {
  scope(() => {
    const load = (name: string) => recordsToTensors(filed(files, name), { device: training.device });
    for (const [name, network] of Object.entries(training.networks))
      network.loadStateDict(load(`networks/${name}`));
    for (const [name, { module }] of Object.entries(training.averages))
      module.loadStateDict(load(`ema/${name}`));
    for (const [name, optimizer] of optimizers(training)) optimizer.loadStateDict(load(`optimizers/${name}`));
    restoreCounters(training, filed(files, 'state'));
    training.forgetGraphs();
  });
}

/** The first tensor of what would be saved now that is not finite, as `networks/generator 0.weight`, or null. */
export function nonFiniteState(training: Training): string | null {
  return scope(() => findNonFinite(stateTensors(training), parametersOf(training)));
}

/** The same of files that {@link captureState} took and a checkpoint kept. */
export function nonFiniteFiles(training: Training, files: Readonly<Files>): string | null {
  for (const [file, records] of Object.entries(files)) {
    const found = scope(() =>
      findNonFinite({ [file]: recordsToTensors(records, { device: 'cpu' }) }, parametersOf(training)),
    );
    if (found !== null) return found;
  }
  return null;
}

/** Names of the parameters in the file of a network or average; null for a file of another kind. */
function parametersOf({ networks }: Training): (file: string) => ReadonlySet<string> | null {
  return (file) => {
    const name = file.replace(/^(networks|ema)\//, '');
    if (name === file) return null;
    return new Set(
      Object.hasOwn(networks, name) ? networks[name].namedParameters().map(([path]) => path) : [],
    );
  };
}

/** Each optimizer once, by the name of the first phase that holds it. */
function optimizers({ phases }: Training): [phase: string, optimizer: Optimizer][] {
  const first = phases.filter(
    ({ running }, i) => phases.findIndex((other) => other.running === running) === i,
  );
  return first.map(({ name, running }) => [name, running]);
}

function captureCounters(training: Training, members: TensorRecords): TensorRecords {
  const records: Record<string, TensorRecord> = {
    step: integers(training.step),
    images: integers(training.images),
    ...members,
  };
  for (const [name, { updates, images }] of Object.entries(training.averages)) {
    records[`ema.${name}.updates`] = integers(updates);
    if (images !== undefined) records[`ema.${name}.images`] = integers(images);
  }
  for (const { name, guard } of training.phases) {
    if (!guard.skips) continue;
    const { count, row } = guard.counts;
    records[`skipped.${name}`] = integers(count, row);
  }
  return records;
}

function restoreCounters(training: Training, records: TensorRecords): void {
  const integersOf = (name: string) =>
    Array.from(new BigInt64Array(filed(records, name).bytes.slice().buffer), Number);
  const integer = (name: string) => integersOf(name)[0];
  training.step = integer('step');
  training.images = integer('images');
  for (const [name, average] of Object.entries(training.averages)) {
    average.updates = integer(`ema.${name}.updates`);
    const images = `ema.${name}.images`;
    average.images = Object.hasOwn(records, images) ? integer(images) : undefined;
  }
  for (const { name, guard } of training.phases) {
    const key = `skipped.${name}`;
    const [count, row] = guard.skips && Object.hasOwn(records, key) ? integersOf(key) : [0, 0];
    guard.reset({ count, row });
  }
  filed(records, 'random.cpu');
  filed(records, 'random.latents');
  restoreRandom(training, records);
  restoreOwnBuffers(training, records);
}

function filed<T>(holder: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(holder, name)) return holder[name];
  throw new GanError(
    'ERR_BAD_CHECKPOINT',
    `the checkpoint expected an entry ${name} but has ${Object.keys(holder).join(', ')}: it is of another model`,
  );
}

function integers(...values: number[]): TensorRecord {
  const view = BigInt64Array.from(values, BigInt);
  return { dtype: 'I64', shape: [values.length], bytes: new Uint8Array(view.buffer) };
}

import { GanError } from '../errors';
import { isJsonObject } from '../io/json';
import type { TensorRecord, TensorRecords } from '../io/safetensors';
import type { Json } from '../parallel/group';
import { isCpu } from '../tensor/device';
import { getRngState, manualSeed, setRngState } from '../tensor/random';
import { memberSeed } from './member-seed';
import type { Training } from './training';

/** States of random generators by name: `latents`, `cpu`, `cuda`. */
type States = Readonly<Record<string, Uint8Array>>;

/** Those of every member, the first one's first. */
export type RandomStates = readonly States[];

/** The states of all members of a training's group: every one must ask. */
export function gatherRandom(training: Training): RandomStates {
  const { group } = training;
  const own = ownStates(training);
  if (group.size === 1) return [own];
  const texts = Object.entries(own).map(([name, state]) => [name, Buffer.from(state).toString('base64')]);
  return group.gather(Object.fromEntries(texts)).map(decoded);
}

function ownStates({ random, device }: Training): States {
  return {
    latents: random.getState(),
    cpu: getRngState(),
    ...(!isCpu(device) && { cuda: getRngState(device) }),
  };
}

function decoded(told: Json): States {
  if (!isJsonObject(told)) throw new GanError('ERR_PARALLEL', 'expected states of generators of all members');
  return Object.fromEntries(
    Object.entries(told).map(([name, text]) => [name, new Uint8Array(Buffer.from(String(text), 'base64'))]),
  );
}

/** The records of a checkpoint that hold the states: `random.latents` of the first member, `random.1.latents` of the next. */
export function randomRecords(states: RandomStates): Record<string, TensorRecord> {
  const records: Record<string, TensorRecord> = {};
  for (const [rank, each] of states.entries())
    for (const [name, bytes] of Object.entries(each))
      records[nameOf(rank, name)] = { dtype: 'U8', shape: [bytes.length], bytes };
  return records;
}

/** How many processes wrote a checkpoint's counters. */
export function membersIn(records: TensorRecords): number {
  let members = 1;
  while (Object.hasOwn(records, nameOf(members, 'cpu'))) members++;
  return members;
}

/** Goes on from a member's states; one that the checkpoint does not know begins a stream of its own, which no other has. */
export function restoreRandom(training: Training, records: TensorRecords): void {
  const { group, device, random, seed, step } = training;
  const { rank } = group;
  const held = (name: string) =>
    Object.hasOwn(records, nameOf(rank, name)) ? records[nameOf(rank, name)].bytes : undefined;
  const cpu = held('cpu');
  if (cpu === undefined) {
    const fresh = memberSeed(seed, { rank, step });
    manualSeed(fresh);
    random.seed(fresh);
    return;
  }
  setRngState(cpu);
  // A run may go on another kind of device; its random numbers then start from the seed.
  const cuda = held('cuda');
  if (!isCpu(device) && cuda) setRngState(cuda, device);
  const latents = held('latents');
  if (latents?.length === random.getState().length) random.setState(latents);
}

/** Sentences to tell where another number of processes goes on than wrote the checkpoint. */
export function membersNotes({ group }: Pick<Training, 'group'>, records: TensorRecords): string[] {
  const before = membersIn(records);
  if (before === group.size) return [];
  return [
    `${group.size} ${group.size === 1 ? 'process goes' : 'processes go'} on with what ${before} began: weights, averages, optimizers and the order of the images are the same, but latents, dropout and the last bits of sums are not`,
  ];
}

function nameOf(rank: number, name: string): string {
  return rank === 0 ? `random.${name}` : `random.${rank}.${name}`;
}

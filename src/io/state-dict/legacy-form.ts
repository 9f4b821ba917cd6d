import type { FileBytes } from '../file-bytes';
import type { Failure } from '../safetensors-header';
import { quote, SAVE_AGAIN } from './failure';
import { MAX_PICKLE_BYTES, PickleReader } from './pickle';
import { PickleCutOff } from './pickle-bytes';
import type { TorchFile } from './torch-file';
import { TorchMeaning } from './torch-objects';
import { PickleDict, PickleList, type PickleValue, type StorageReference } from './values';

/** What such a file begins with, pickled. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** How much is read at first for the pickles; they say how much more lies behind them. */
const FIRST_BYTES = 1 << 20;

/**
 * Opens what `torch.save` wrote before PyTorch 1.6, and still does on request: pickles of a number, a version, the machine, the object and the
 * names of its storages, then for each of these its length and its numbers.
 *
 * @throws what `fail` makes, for a file that is damaged, cut off, big-endian or of something else
 */
export async function openLegacyForm(file: FileBytes, fail: Failure): Promise<TorchFile> {
  const { root, keys, meaning, end } = await readPickles(file, fail);
  const places = await placesOf(file, { keys, storages: meaning.storages, end }, fail);
  return {
    root,
    load({ key, stored }) {
      const at = places.get(key);
      if (at === undefined) throw fail(`expected a storage ${quote(key)}: it is damaged`);
      return file.read(at, stored);
    },
  };
}

interface Pickles {
  readonly root: PickleValue;
  /** Names of the storages, in the order in which they lie in the file. */
  readonly keys: readonly string[];
  readonly meaning: TorchMeaning;
  /** Where the pickles end. */
  readonly end: number;
}

/** Nothing says how long the pickles are: where they go on beyond what was read, more is read. */
async function readPickles(file: FileBytes, fail: Failure): Promise<Pickles> {
  for (let length = FIRST_BYTES; ; length = Math.min(8 * length, MAX_PICKLE_BYTES)) {
    const bytes = await file.readUpTo(0, length);
    try {
      return parsePickles(bytes, fail);
    } catch (error) {
      const isAll = bytes.length === file.size || length === MAX_PICKLE_BYTES;
      if (!(error instanceof PickleCutOff) || isAll) throw error;
    }
  }
}

function parsePickles(bytes: Uint8Array, fail: Failure): Pickles {
  const meaning = new TorchMeaning(fail);
  const reader = new PickleReader(bytes, meaning, fail);
  if (reader.read() !== MAGIC) throw fail(`it is a pickle, but not one of torch.save: ${SAVE_AGAIN}`);
  const version = reader.read();
  if (version !== VERSION)
    throw fail(`expected version ${VERSION} of torch.save, but it is of ${String(version)}`);
  const machine = reader.read();
  if (!(machine instanceof PickleDict) || machine.entries.get('little_endian') !== true)
    throw fail('expected little-endian numbers, but it was written on another machine');
  const root = reader.read();
  const keys = reader.read();
  const names = keys instanceof PickleList ? keys.items.filter((key) => typeof key === 'string') : [];
  if (!(keys instanceof PickleList) || names.length !== keys.items.length)
    throw fail('expected the names of its storages: it is damaged');
  return { root, keys: names, meaning, end: reader.position };
}

interface Layout {
  readonly keys: readonly string[];
  readonly storages: ReadonlyMap<string, StorageReference>;
  readonly end: number;
}

/** Where each storage's numbers begin. */
async function placesOf(
  file: FileBytes,
  { keys, storages, end }: Layout,
  fail: Failure,
): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  let at = end;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined || places.has(key))
      throw fail(`its storage ${quote(key)} is listed twice, or no tensor lies in it: it is damaged`);
    const count = Number((await file.read(at, LENGTH_BYTES)).readBigUInt64LE());
    if (count * storage.width !== storage.stored)
      throw fail(
        `the storage ${quote(key)} should have ${storage.stored / storage.width} elements, but ${count} are told: it is damaged`,
      );
    places.set(key, at + LENGTH_BYTES);
    at += LENGTH_BYTES + storage.stored;
  }
  if (at > file.size) throw fail(`its storages end at byte ${at}, but it has ${file.size}: it is cut off`);
  return places;
}

/** Before each storage, how many elements it has. */
const LENGTH_BYTES = 8;

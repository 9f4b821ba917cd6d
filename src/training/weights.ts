import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathText } from '../check';
import { UsageError } from '../errors';
import { readError } from '../io/file-error';
import { readSafetensors, type TensorRecords } from '../io/safetensors';
import { badSafetensors } from '../io/safetensors-header';
import { withoutPrefix, wrapperPrefix } from '../io/state-dict/prefixes';
import { isTorchFile, readStateFile, type StateDictRecords } from '../io/state-dict/state-file';
import { BEST, openCheckpoint, readCheckpoint } from './checkpoint';
import { findCheckpoint } from './find-checkpoint';

/** Weights as they were stored, on the host: what {@link readWeights} reads. */
export interface Weights {
  /** The checkpoint's folder or the file, as an absolute path. */
  readonly source: string;
  /** Steps they were trained; null for a file that does not say. */
  readonly step: number | null;
  /** Of the file; of a checkpoint's manifest, which has the hashes of its files. */
  readonly sha256: string;
  /** The tensors of a checkpoint by network, all that a file has, or those of several state dicts by the keys that a file has them under. */
  readonly held:
    | { readonly by: 'network'; readonly networks: Readonly<Record<string, TensorRecords>> }
    | { readonly by: 'dicts'; readonly dicts: Readonly<Record<string, TensorRecords>> }
    | { readonly by: 'file'; readonly name: string; readonly tensors: TensorRecords };
  /** Sentences about damaged checkpoints that were passed over. */
  readonly notes: readonly string[];
}

/**
 * Reads the weights of a run (its newest whole checkpoint), of one checkpoint (`RUN/best`, `RUN/checkpoints/step-000100`) or of a file, in the
 * safetensors format or of PyTorch (`.pt`, `.pth`, see `readStateDict`): a state dict of one network, or of several whose names are prefixes
 * (`generator.0.weight`), or several state dicts. Of a checkpoint they are the ones in training; `RUN/best/ema/generator.safetensors` names averaged ones. Only
 * tensors and the manifest are read: nothing runs.
 *
 * @param options.key the entry of a file that holds the tensors (as `readStateDict` has it, or all that there are)
 * @throws GanError `ERR_CANNOT_READ`; `ERR_NO_RUN`, `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT` where the manifest or a file is not what was
 *   sealed; `ERR_BAD_SAFETENSORS`, `ERR_BAD_STATE_DICT` also for a pickle of other things than tensors; UsageError for a key of what is no file
 */
export async function readWeights(path: string, { key }: { readonly key?: string } = {}): Promise<Weights> {
  pathText('readWeights', path);
  if (await isFile(path)) return readFileWeights(path, key);
  if (key === undefined) return readCheckpointWeights(path);
  throw new UsageError(`key ${key} is of a file, but ${path} is a run or a checkpoint: leave it out`);
}

/** Where the networks in training are in a checkpoint. */
const NETWORKS = 'networks/';

async function readCheckpointWeights(path: string): Promise<Weights> {
  const { checkpoint, named, notes } = await findCheckpoint(path, 'starting from');
  const { names, description, sha256 } = checkpoint;
  const live = names.filter((name) => name.startsWith(NETWORKS));
  const files = Object.entries(await readCheckpoint(checkpoint.path, live));
  const networks = Object.fromEntries(
    files.map(([name, records]) => [name.slice(NETWORKS.length), records] as const),
  );
  const held = { by: 'network', networks } as const;
  return { source: resolve(named), step: description.step, sha256, held, notes };
}

async function readFileWeights(path: string, key: string | undefined): Promise<Weights> {
  const source = resolve(path);
  const name = key?.split('.').at(-1) ?? basename(path).replace(/\.(safetensors|pth?)$/, '');
  if (key === undefined && !(await isTorchFile(path))) {
    const sealed = await sealedFile(path);
    const { records: tensors, sha256 } = await readSafetensors(path, { sha256: sealed?.sha256 });
    const held = { by: 'file', name, tensors } as const;
    return { source, step: sealed?.step ?? null, sha256, held, notes: [] };
  }
  const dicts = await readStateFile(path, { key, several: true });
  return { source, step: null, sha256: await sha256Of(path), held: heldOf(dicts, name), notes: [] };
}

function heldOf(dicts: readonly StateDictRecords[], name: string): Weights['held'] {
  const plain = dicts.map(({ path, records }) => {
    const prefix = wrapperPrefix(Object.keys(records));
    return [path.join('.'), withoutPrefix(records, prefix)] as const;
  });
  if (plain.length > 1) return { by: 'dicts', dicts: Object.fromEntries(plain) };
  return { by: 'file', name, tensors: plain[0][1] };
}

async function sha256Of(path: string): Promise<string> {
  return orReadError(path, async () => {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return hash.digest('hex');
  });
}

/** What the checkpoint around a file says of it; nothing for a file outside one. */
async function sealedFile(path: string): Promise<{ sha256: string; step: number } | undefined> {
  const place = resolve(path);
  const kind = basename(dirname(place));
  const folder = dirname(dirname(place));
  if (!['networks', 'ema'].includes(kind) || !existsSync(join(folder, 'manifest.json'))) return undefined;
  const { files, description } = await openCheckpoint(folder);
  const name = `${kind}/${basename(place, '.safetensors')}`;
  return Object.hasOwn(files, name) ? { sha256: files[name].sha256, step: description.step } : undefined;
}

/** @throws GanError `ERR_CANNOT_READ` where nothing is, unless it may be a checkpoint that is being replaced */
async function isFile(path: string): Promise<boolean> {
  if (!existsSync(path) && basename(path) === BEST) return false;
  const found = await orReadError(path, () => stat(path));
  if (found.isFile() || found.isDirectory()) return found.isFile();
  // Opening a pipe would wait for its writer.
  throw badSafetensors(path)('it is not a regular file');
}

async function orReadError<T>(path: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw readError(path, error);
  }
}

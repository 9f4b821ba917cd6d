import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GanError } from '../errors';
import { readError } from '../io/file-error';
import { readSafetensors, type TensorRecords } from '../io/safetensors';
import { badSafetensors } from '../io/safetensors-header';
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
  /** The tensors of a checkpoint by network, or all that a file has. */
  readonly held:
    | { readonly by: 'network'; readonly networks: Readonly<Record<string, TensorRecords>> }
    | { readonly by: 'file'; readonly name: string; readonly tensors: TensorRecords };
  /** Sentences about damaged checkpoints that were passed over. */
  readonly notes: readonly string[];
}

/**
 * Reads the weights of a run (its newest whole checkpoint), of one checkpoint (`RUN/best`, `RUN/checkpoints/step-000100`) or of a safetensors
 * file: a state dict of one network, or of several whose names are prefixes (`generator.0.weight`). Of a checkpoint they are the ones in
 * training; `RUN/best/ema/generator.safetensors` names averaged ones. Only tensors and the manifest are read: nothing runs.
 *
 * @throws GanError `ERR_CANNOT_READ`; `ERR_NO_RUN`, `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT` where the manifest or a file is not what was
 *   sealed; `ERR_BAD_SAFETENSORS`, also for a pickle
 */
export async function readWeights(path: string): Promise<Weights> {
  return (await isFile(path)) ? readFileWeights(path) : readCheckpointWeights(path);
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

async function readFileWeights(path: string): Promise<Weights> {
  await refusePickle(path);
  const sealed = await sealedFile(path);
  const { records: tensors, sha256 } = await readSafetensors(path, { sha256: sealed?.sha256 });
  const held = { by: 'file', name: basename(path, '.safetensors'), tensors } as const;
  return { source: resolve(path), step: sealed?.step ?? null, sha256, held, notes: [] };
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

/** @throws GanError `ERR_BAD_SAFETENSORS` for what `torch.save` writes: a zip file or a bare pickle */
async function refusePickle(path: string): Promise<void> {
  const start = Buffer.alloc(9);
  await orReadError(path, async () => {
    const file = await open(path, 'r');
    await file.read(start, 0, start.length, 0).finally(() => file.close());
  });
  const isSafetensors = start[8] === '{'.charCodeAt(0);
  if (isSafetensors || !(start[0] === 0x80 || start.toString('latin1').startsWith('PK\x03\x04'))) return;
  throw new GanError(
    'ERR_BAD_SAFETENSORS',
    `${path}: expected a safetensors file but it is a pickle, as torch.save writes, and opening one runs code: where you trust it, write its state dict with Python's safetensors.torch.save_file`,
  );
}

async function orReadError<T>(path: string, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw readError(path, error);
  }
}

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathText } from '../check';
import { GanError, messageOf } from '../errors';
import { readError, writeError } from '../io/file-error';
import { readSafetensors, type TensorRecords, writeSafetensors } from '../io/safetensors';
import { syncFile } from '../io/sync-file';
import {
  type CheckpointDescription,
  type FileEntry,
  formatManifest,
  type Manifest,
  parseManifest,
} from './manifest';
import { besideOf, removeFolder, replaceFolder } from './replaced-folder';

/** A checkpoint as it is on disk. */
export interface Checkpoint {
  readonly path: string;
  readonly description: CheckpointDescription;
  /** Paths of its files in the folder, without `.safetensors`: `networks/generator`, `ema/generator`, `state`. */
  readonly names: readonly string[];
  /** Their hashes and sizes, by the same paths. */
  readonly files: Readonly<Record<string, FileEntry>>;
  /** Of the manifest, which has all of that. */
  readonly sha256: string;
}

/** The folder of a step's checkpoint, e.g. `step-000100`. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`;
}

/** The name of a run's folder with the checkpoint that was judged best. */
export const BEST = 'best';

/**
 * Writes a checkpoint: into a temporary folder first, every file synced, then renamed, so that it is there whole or not at all.
 *
 * @param path the checkpoint's folder; one that is there already is replaced
 * @param files tensors by the path of their file in the folder, without `.safetensors`
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function writeCheckpoint(
  path: string,
  description: CheckpointDescription,
  files: Readonly<Record<string, TensorRecords>>,
): Promise<void> {
  const temporary = besideOf(path, 'tmp');
  let complete = false;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    const written: Record<string, FileEntry> = {};
    const folders = new Set(Object.keys(files).map((name) => dirname(join(temporary, name))));
    for (const inner of folders) await mkdir(inner, { recursive: true });
    for (const [name, records] of Object.entries(files))
      written[name] = await writeSafetensors(join(temporary, `${name}.safetensors`), records, {
        fsync: true,
      });
    await writeFile(join(temporary, 'manifest.json'), formatManifest({ ...description, files: written }), {
      flush: true,
    });
    for (const inner of [...folders, temporary]) await syncFile(inner);
    complete = true;
    await replaceFolder(temporary, path);
  } catch (error) {
    // One that is complete may be the only one: the next start sees whether it is.
    if (!complete) await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/**
 * Opens a checkpoint: reads its manifest and checks that the manifest is whole. The files are checked when they are read.
 *
 * @throws GanError `ERR_BAD_CHECKPOINT` naming what is wrong
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  pathText('openCheckpoint', path);
  const { sha256, manifest } = await loadManifest(path);
  const { files, ...description } = manifest;
  return { path, description, names: Object.keys(files), files, sha256 };
}

/**
 * Reads tensors of a checkpoint, checking each file against the hash in the manifest.
 *
 * @param names files to read, all of them when absent
 * @throws GanError `ERR_BAD_CHECKPOINT` naming the file that is missing or damaged
 */
export async function readCheckpoint(
  path: string,
  names?: readonly string[],
): Promise<Record<string, TensorRecords>> {
  pathText('readCheckpoint', path);
  const { files } = (await loadManifest(path)).manifest;
  const result: Record<string, TensorRecords> = {};
  for (const name of names ?? Object.keys(files)) {
    const entry = files[name];
    if (!entry)
      throw bad(
        path,
        `expected a file ${name}.safetensors but the manifest lists ${Object.keys(files).join(', ')}`,
      );
    try {
      result[name] = (
        await readSafetensors(join(path, `${name}.safetensors`), { sha256: entry.sha256 })
      ).records;
    } catch (error) {
      throw bad(path, messageOf(error), error);
    }
  }
  return result;
}

/** Whether a folder is a checkpoint whose files all have the hashes in its manifest. */
export function isWholeCheckpoint(path: string): Promise<boolean> {
  return readCheckpoint(path).then(
    () => true,
    () => false,
  );
}

/** Folders of complete-looking checkpoints, the newest first. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  return newestFirst(folder, await readdir(folder).catch(() => []));
}

/** The same at once: in a thread that has nothing else to do a look at the disk is sooner over than handed on. */
export function checkpointsNow(folder: string): string[] {
  return existsSync(folder) ? newestFirst(folder, readdirSync(folder)) : [];
}

function newestFirst(folder: string, names: readonly string[]): string[] {
  return names
    .filter(namesStep)
    .sort((a, b) => stepOf(b) - stepOf(a))
    .map((name) => join(folder, name));
}

/** Whether a folder is called as that of a step's checkpoint. */
export function namesStep(name: string): boolean {
  return /^step-\d+$/.test(name);
}

/** The step of a checkpoint's folder. */
export function stepOf(path: string): number {
  return Number(basename(path).slice('step-'.length));
}

/**
 * Deletes the checkpoints before the newest `keep` of those up to a step. Those after it are of a training that went further before it was
 * resumed: they count for nothing.
 */
export async function removeOldCheckpoints(
  folder: string,
  { keep, step }: { readonly keep: number; readonly step: number },
): Promise<void> {
  const earlier = (await listCheckpoints(folder)).filter((path) => stepOf(path) <= step);
  for (const path of earlier.slice(keep)) await removeFolder(path);
}

/** The newest checkpoint of a run whose manifest is whole, and what that says: without a look at the tensors, and at once. */
export function newestDescription(run: string): Pick<Checkpoint, 'path' | 'description'> | undefined {
  for (const path of checkpointsNow(join(run, 'checkpoints'))) {
    try {
      return { path, description: parseManifest(readFileSync(join(path, 'manifest.json'), 'utf8')) };
    } catch {
      // The one before, then.
    }
  }
  return undefined;
}

async function loadManifest(path: string): Promise<{ sha256: string; manifest: Manifest }> {
  const file = join(path, 'manifest.json');
  try {
    const text = await readFile(file, 'utf8');
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { sha256, manifest: parseManifest(text) };
  } catch (error) {
    throw bad(path, messageOf(readError(file, error)), error);
  }
}

function bad(path: string, problem: string, cause?: unknown): GanError {
  return new GanError('ERR_BAD_CHECKPOINT', `checkpoint ${path}: ${problem}`, { cause });
}

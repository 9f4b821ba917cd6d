import { access, constants, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GanError, messageOf } from '../errors';
import { writeError } from '../io/file-error';
import { makeFolder } from '../io/make-folder';
import { type Picture, writePng } from '../io/png';
import type { TensorRecords } from '../io/safetensors';
import { sealed } from '../io/sealed-json';
import { removePartials, writeWhole } from '../io/whole-file';
import { type EvaluationRow, readEvaluations } from '../report/evaluations';
import { appendEvaluation, rewriteEvaluations } from '../report/evaluations-log';
import { MetricsLog } from '../report/metrics-log';
import { EventWriter } from '../report/tensorboard';
import {
  checkpointName,
  isWholeCheckpoint,
  listCheckpoints,
  openCheckpoint,
  readCheckpoint,
} from './checkpoint';
import { exportedWeights } from './exported-weights';
import type { CheckpointDescription } from './manifest';
import { recoverFolders } from './replaced-folder';
import { isLeftover, removeLeftovers } from './run-leftovers';
import { RunLock } from './run-lock';

/** What a run goes on from. */
export interface ResumePoint {
  readonly path: string;
  readonly description: CheckpointDescription;
  readonly files: Readonly<Record<string, TensorRecords>>;
  /** Newer checkpoints that are damaged, a sentence each. */
  readonly damaged: readonly string[];
}

/**
 * The newest checkpoint of a run that is whole, with all its tensors. Only reads: the run may be training in another process.
 *
 * @param nonFinite names what is not finite in a checkpoint's files, so that it is passed over (nothing is looked at)
 * @throws GanError `ERR_NO_RUN` where the folder holds no run, `ERR_NO_CHECKPOINT` where it has no whole checkpoint
 */
export async function latestCheckpoint(
  run: string,
  nonFinite: (files: ResumePoint['files']) => string | null = () => null,
): Promise<ResumePoint> {
  await requireRun(run);
  const damaged: string[] = [];
  for (const path of await listCheckpoints(join(run, 'checkpoints'))) {
    try {
      const { description } = await openCheckpoint(path);
      const files = await readCheckpoint(path);
      const found = nonFinite(files);
      if (found === null) return { path, description, files, damaged };
      damaged.push(`checkpoint ${path}: expected finite numbers but ${found} holds NaN or infinity`);
    } catch (error) {
      damaged.push(messageOf(error));
    }
  }
  const weights = exportedWeights(run);
  if (weights !== null && damaged.length === 0)
    throw new GanError(
      'ERR_NO_CHECKPOINT',
      `${run} expected a run directory but is an export of weights: name ${weights}, which --init and import take`,
    );
  const why = damaged.length > 0 ? `none of its ${damaged.length} is whole (${damaged[0]})` : 'it has none';
  throw new GanError(
    'ERR_NO_CHECKPOINT',
    `${run} expected a whole checkpoint but ${why}: train until it writes one, or start a new run`,
  );
}

/**
 * The checkpoint of one step of a run, with all its tensors. Only reads.
 *
 * @throws GanError `ERR_NO_RUN`; `ERR_NO_CHECKPOINT` where there is none of that step, with the steps there are; `ERR_BAD_CHECKPOINT` where it is
 *   damaged or not finite
 */
export async function checkpointOf(
  run: string,
  step: number,
  nonFinite: (files: ResumePoint['files']) => string | null,
): Promise<ResumePoint> {
  await requireRun(run);
  const folder = join(run, 'checkpoints');
  const path = join(folder, checkpointName(step));
  if (!(await exists(path))) {
    const there = (await listCheckpoints(folder)).map((one) => basename(one)).reverse();
    throw new GanError(
      'ERR_NO_CHECKPOINT',
      `${run} expected a checkpoint ${checkpointName(step)} but has ${there.join(', ') || 'none'}: choose one of those`,
    );
  }
  const { description } = await openCheckpoint(path);
  const files = await readCheckpoint(path);
  const found = nonFinite(files);
  if (found === null) return { path, description, files, damaged: [] };
  throw new GanError(
    'ERR_BAD_CHECKPOINT',
    `checkpoint ${path}: expected finite numbers but ${found} holds NaN or infinity: go on from an earlier one`,
  );
}

/** A run on disk: its configuration, logs, sample grids and checkpoints. */
export class RunDirectory {
  readonly path: string;
  readonly #lock: RunLock;
  #metrics: MetricsLog | undefined;
  #events: EventWriter | undefined;

  private constructor(path: string, lock: RunLock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Makes a new run's folder; it is this process's until {@link RunDirectory.close}. What an earlier training left there that ended before
   * its first checkpoint is removed.
   *
   * @throws GanError `ERR_CANNOT_WRITE`; `ERR_RUN_EXISTS` where the folder holds a run already; `ERR_RUN_LOCKED` where another process
   *   has begun one
   */
  static async create(path: string): Promise<RunDirectory> {
    await requireNoRun(path);
    // Again under the lock: another process may have come and gone meanwhile.
    return RunDirectory.#locked(path, async () => {
      if (isLeftover(path)) removeLeftovers(path);
      await requireNoRun(path);
      await recover(path);
    });
  }

  /**
   * Opens an earlier run. It is this process's until {@link RunDirectory.close}.
   *
   * @throws GanError `ERR_NO_RUN` where the folder holds none; `ERR_RUN_LOCKED` where another process writes it
   */
  static async open(path: string): Promise<RunDirectory> {
    await requireRun(path);
    return RunDirectory.#locked(path, () => recover(path));
  }

  static async #locked(path: string, prepare: () => Promise<void>): Promise<RunDirectory> {
    await makeWritable(path);
    const lock = await RunLock.take(path);
    try {
      await prepare();
      for (const name of ['samples', 'checkpoints']) await makeWritable(join(path, name));
      return new RunDirectory(path, lock);
    } catch (error) {
      lock.release();
      throw writeError(path, error);
    }
  }

  get checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  /**
   * Before something is written.
   *
   * @throws GanError `ERR_CANNOT_WRITE`, `ERR_RUN_LOCKED` where the path is no longer the folder that was opened, or is another process's
   */
  async requireOwn(): Promise<void> {
    await this.#lock.require();
  }

  /** Writes `config.json`, sealed, or replaces it whole. */
  async writeConfig(config: Readonly<Record<string, unknown>>): Promise<void> {
    await this.requireOwn();
    await writeWhole(join(this.path, 'config.json'), (partial) =>
      writeFile(partial, `${JSON.stringify(sealed(config), null, 2)}\n`),
    );
  }

  /** Opens the logs, once more where they are open; lines and events after step `after` are dropped. */
  openLogs(after: number): void {
    this.#metrics?.close();
    this.#events?.close();
    this.#metrics = new MetricsLog(join(this.path, 'metrics.jsonl'), { after });
    this.#events = new EventWriter(this.path, after > 0 ? { resumedFrom: after } : {});
  }

  /** Adds a line to `metrics.jsonl`, and the same to TensorBoard. */
  log(step: number, values: Readonly<Record<string, number>>): void {
    this.#metrics?.append({ step, ...values });
    this.#events?.scalars(step, values);
  }

  /** Waits until the disk has all lines of `metrics.jsonl`: a checkpoint after it goes on from all of them. */
  syncLogs(): void {
    this.#metrics?.sync();
  }

  /**
   * Earlier evaluations of weights up to step `step`; those of a training that went further are dropped, as its log lines are.
   *
   * @param onNote is told of damaged ones
   */
  async evaluationsUpTo(step: number, onNote?: (note: string) => void): Promise<EvaluationRow[]> {
    const file = join(this.path, 'evaluations.jsonl');
    const rows = readEvaluations(file, onNote);
    const kept = rows.filter((row) => row.step <= step || row.source === 'evaluate');
    if (kept.length < rows.length) await rewriteEvaluations(file, kept);
    return kept.filter((row) => row.source === 'training');
  }

  /** Adds a row to `evaluations.jsonl`, and its numbers to TensorBoard. */
  async addEvaluation(row: EvaluationRow): Promise<void> {
    await this.requireOwn();
    await appendEvaluation(join(this.path, 'evaluations.jsonl'), row);
    const named = Object.entries(row.metrics).map(([name, value]) => [`evaluation/${name}`, value]);
    this.#events?.scalars(row.step, Object.fromEntries(named));
  }

  /** Writes a sample grid, or with a name another grid beside it; returns its path. */
  async writeSamples(
    step: number,
    { name, picture }: { readonly name?: string; readonly picture: Picture },
  ): Promise<string> {
    await this.requireOwn();
    const prefix = name === undefined ? '' : `${name}-`;
    const file = join(this.path, 'samples', `${prefix}${checkpointName(step)}.png`);
    const png = await writePng(file, picture);
    this.#events?.image(step, { tag: name ?? 'samples', picture, png });
    return file;
  }

  /** Closes the logs, and lets other processes write the folder. */
  close(): void {
    try {
      this.#metrics?.close();
      this.#events?.close();
    } finally {
      this.#lock.release();
    }
  }
}

async function makeWritable(path: string): Promise<void> {
  try {
    makeFolder(path);
    await access(path, constants.W_OK);
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Puts back what processes that died were replacing, and removes what they had half written. */
async function recover(path: string): Promise<void> {
  const inner = (name: string) => join(path, name);
  for (const folder of [path, inner('checkpoints')]) await recoverFolders(folder, isWholeCheckpoint);
  for (const folder of [path, inner('samples'), inner('evaluation')]) await removePartials(folder);
}

/** Without its configuration, too: checkpoints hold all that a training goes on from. */
async function holdsRun(path: string): Promise<boolean> {
  if (await exists(join(path, 'config.json'))) return true;
  return (await listCheckpoints(join(path, 'checkpoints'))).length > 0;
}

async function requireNoRun(path: string): Promise<void> {
  if (isLeftover(path) || !(await holdsRun(path))) return;
  throw new GanError(
    'ERR_RUN_EXISTS',
    `${path} expected a new folder but holds a run already: choose another, or resume that run`,
  );
}

async function requireRun(path: string): Promise<void> {
  if (await holdsRun(path)) return;
  throw new GanError(
    'ERR_NO_RUN',
    `${path} expected a run directory with a config.json but it has none: check the path`,
  );
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

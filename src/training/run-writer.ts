import { join } from 'node:path';
import type { TensorRecords } from '../io/safetensors';
import type { ProcessGroup } from '../parallel/group';
import { type ReportOptions, writeReport } from '../report/page/write-report';
import { type Reigning, setBestAside, settleBest } from './best-weights';
import { removeOldCheckpoints, writeCheckpoint } from './checkpoint';
import type { CheckpointDescription } from './manifest';
import { RunDirectory } from './run-directory';
import { setAsideAfter } from './set-aside';

/** What a training writes to its run directory. */
export type RunWriter = Pick<
  RunDirectory,
  | 'path'
  | 'checkpoints'
  | 'writeConfig'
  | 'openLogs'
  | 'log'
  | 'syncLogs'
  | 'evaluationsUpTo'
  | 'addEvaluation'
  | 'writeSamples'
  | 'close'
> & {
  /** Writes a checkpoint: {@link writeCheckpoint}. */
  writeCheckpoint(
    path: string,
    description: CheckpointDescription,
    files: Readonly<Record<string, TensorRecords>>,
  ): Promise<void>;
  /** Deletes those before the newest `keep` up to a step; none for 0. */
  removeOldCheckpoints(which: { readonly keep: number; readonly step: number }): Promise<void>;
  /** Draws the run's page anew. */
  writePage(options: ReportOptions): Promise<void>;
  /** Puts away what is of later steps; returns what is to be told of it. */
  setAsideAfter(step: number): Promise<readonly string[]>;
  /** Sees to it that `best/` has the best weights there are: {@link settleBest}. */
  settleBest(judged: Parameters<typeof settleBest>[1]): Promise<Reigning>;
  /** Puts away a `best/` of another step, which cannot be compared with what comes; returns what is to be told of it. */
  setBestAside(step: number): Promise<readonly string[]>;
};

/**
 * Opens the run directory of a training, a new one or that of a run to go on with. Of a group the first member writes it; the others come
 * when it is there, and what they write goes nowhere.
 */
export async function openRun(
  path: string,
  { resume, group }: { readonly resume: boolean; readonly group: ProcessGroup },
): Promise<RunWriter> {
  const run =
    group.rank > 0
      ? silentRun(path)
      : written(resume ? await RunDirectory.open(path) : await RunDirectory.create(path));
  group.barrier();
  return run;
}

function written(run: RunDirectory): RunWriter {
  const own =
    <Args extends readonly unknown[], T>(write: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      await run.requireOwn();
      return write(...args);
    };
  return Object.assign(run, {
    writeCheckpoint: own(writeCheckpoint),
    removeOldCheckpoints: own(async ({ keep, step }: { readonly keep: number; readonly step: number }) => {
      if (keep > 0) await removeOldCheckpoints(run.checkpoints, { keep, step });
    }),
    writePage: own(async (options: ReportOptions) => {
      await writeReport(run.path, options);
    }),
    setAsideAfter: own((step: number) => setAsideAfter(run.path, step)),
    settleBest: own((judged: Parameters<typeof settleBest>[1]) => settleBest(run.path, judged)),
    setBestAside: own((step: number) => setBestAside(run.path, step)),
  });
}

function silentRun(path: string): RunWriter {
  return {
    path,
    checkpoints: join(path, 'checkpoints'),
    async writeConfig() {},
    openLogs() {},
    log() {},
    syncLogs() {},
    evaluationsUpTo: async () => [],
    async addEvaluation() {},
    writeSamples: async () => path,
    close() {},
    async writeCheckpoint() {},
    async removeOldCheckpoints() {},
    async writePage() {},
    setAsideAfter: async () => [],
    settleBest: async ({ rows }) => ({ rows, notes: [] }),
    setBestAside: async () => [],
  };
}

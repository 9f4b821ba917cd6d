import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonObject } from '../../src/io/json';
import { readEvaluations } from '../../src/report/evaluations';
import { checkpointName, readCheckpoint } from '../../src/training/checkpoint';
import { latestCheckpoint } from '../../src/training/run-directory';
import { filesOf } from '../support/training';
import type { FaultPlace, FileCall } from './faulty-process';

/** What a run had whole at some time, and must have ever after. */
export interface Whole {
  /** The step of its newest checkpoint; 0 for none. */
  readonly step: number;
  readonly best: boolean;
  readonly config: boolean;
}

export const NOTHING: Whole = { step: 0, best: false, config: false };

/** What a run has once calls were made, but for those that went wrong. */
export function wholeAfter(before: Whole, calls: readonly FileCall[], { at, lasts }: FaultPlace): Whole {
  const good = calls.filter((_, i) => (lasts ? i + 1 < at : i + 1 !== at));
  // What is put back because its replacement failed may be damaged.
  const made = good.flatMap(({ call, path, to }) =>
    call === 'rename' && to && path.endsWith('.tmp') ? [to] : [],
  );
  const steps = made.flatMap((to) => /^checkpoints\/step-(\d+)$/.exec(to)?.slice(1).map(Number) ?? []);
  return {
    step: Math.max(before.step, ...steps),
    best: before.best || made.includes('best'),
    config: before.config || made.includes('config.json'),
  };
}

/**
 * Checks a run in which a process has died, before anything is done about it.
 *
 * @param mayLack whether a line of its log could not be written
 */
export async function expectWhole(
  run: string,
  { step, best, config }: Whole,
  mayLack: boolean,
): Promise<void> {
  if (config) expect(readJsonObject(join(run, 'config.json')).settings).toEqual({ recipe: 'tiny' });
  if (best) expect(await wholeBest(run)).not.toEqual([]);
  if (step === 0) return;
  const { description } = await latestCheckpoint(run);
  expect(description.step).toBeGreaterThanOrEqual(step);
  if (!mayLack)
    expect(loggedSteps(run).slice(0, description.step)).toEqual(
      Array.from({ length: description.step }, (_, i) => i + 1),
    );
}

/** Names of the folders that hold `best/` whole: its own, or those between which a process died. */
async function wholeBest(run: string): Promise<string[]> {
  const names = readdirSync(run).filter((name) => /^(best|\.best\..*)$/.test(name));
  const whole = await Promise.all(
    names.map((name) =>
      readCheckpoint(join(run, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, i) => whole[i]);
}

/** The steps that `metrics.jsonl` has whole lines of. */
function loggedSteps(run: string): number[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line).step);
}

/** What {@link endOf} tells. */
export interface End {
  readonly names: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly metrics: readonly { readonly step: number }[];
  readonly evaluations: unknown;
}

/** What of a run that has ended is the same each time it is trained, however often it was interrupted. */
export function endOf(run: string): End {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').slice(0, -1);
  const files = Object.entries(filesOf(run)).filter(([name]) => !/^(events\.|.*\.jsonl$|report)/.test(name));
  return {
    // With what is left over, which there must not be.
    names: readdirSync(run).filter((name) => !name.startsWith('events.')),
    files: Object.fromEntries(files),
    metrics: lines.map((line) => ({ ...JSON.parse(line), imagesPerSecond: null })),
    evaluations: evaluationsOf(run),
  };
}

/**
 * Checks that a run has ended as another one.
 *
 * @param mayLack whether a line of its log or a sample grid could not be written
 */
export function expectSameEnd(run: string, reference: End, mayLack: boolean): void {
  const end = endOf(run);
  expect(end).toEqual(mayLack ? withoutMissing(reference, end) : reference);
}

/** One end without the log lines and sample grids that the other has not. */
function withoutMissing(end: End, other: End): End {
  const files = Object.entries(end.files).filter(([name]) => !/^samples/.test(name) || name in other.files);
  const metrics = end.metrics.filter(({ step }) => other.metrics.some((line) => line.step === step));
  return { ...end, files: Object.fromEntries(files), metrics };
}

/** The evaluations of a run, without the times. */
function evaluationsOf(run: string) {
  return readEvaluations(join(run, 'evaluations.jsonl')).map(({ step, metrics, checkpoint }) => ({
    step,
    metrics,
    checkpoint,
  }));
}

/** The path of a step's checkpoint. */
export function checkpointOf(run: string, step: number): string {
  return join(run, 'checkpoints', checkpointName(step));
}

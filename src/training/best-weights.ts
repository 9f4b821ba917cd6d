import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeError } from '../io/file-error';
import { makeFolder } from '../io/make-folder';
import { syncFile } from '../io/sync-file';
import { type EvaluationRow, metricFacts, sameProtocol } from '../report/evaluations';
import { formatCount, summarizeMetric } from '../report/summary';
import { BEST, checkpointName, openCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint';
import { freeFolder } from './set-aside';

/** What a training that goes on has to beat, and what is to be told of it. */
export interface Reigning {
  /** The rows that compete: those whose weights are still there. */
  readonly rows: readonly EvaluationRow[];
  readonly notes: readonly string[];
}

/**
 * Before a training goes on: sees to it that `best/` has the weights of the best row there is. It has others where the run goes on from an
 * earlier checkpoint, after which better ones came and went, or where another number decides now. Then it is made of that row's checkpoint;
 * a row whose weights are in neither competes no longer, or `best/` would never be there again.
 *
 * @param rows evaluations of the run, up to the step it goes on from
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function settleBest(
  run: string,
  {
    rows,
    bestBy,
    step,
  }: { readonly rows: readonly EvaluationRow[]; readonly bestBy: string; readonly step: number },
): Promise<Reigning> {
  const damaged = await setDamagedAside(run);
  const held = await stepIn(join(run, BEST));
  // Of a training that died before it had told of it: it comes there again, by the same bits.
  if (held !== undefined && (held > step || (held === step && !rows.some((row) => row.step === step))))
    return { rows, notes: damaged };
  const newest = rows.at(-1)?.protocol ?? {};
  const bestOf = (among: readonly EvaluationRow[]) =>
    summarizeMetric(
      among.filter(({ protocol }) => sameProtocol(protocol, newest)),
      bestBy,
    )?.best;
  const kept = await Promise.all(
    rows.map(async (row) => row.step === held || (await stepIn(checkpointOf(run, row.step))) === row.step),
  );
  let competing = rows.filter((_, at) => kept[at]);
  let reigning = bestOf(competing);
  const notes: string[] = [];
  while (reigning && reigning.step !== held) {
    const { step: lost } = reigning;
    const restored = await restoreBest(run, { step: lost, held });
    notes.push(...restored);
    if (restored.length > 0) break;
    competing = competing.filter((row) => row.step !== lost);
    reigning = bestOf(competing);
  }
  const best = bestOf(rows);
  if (best && best.step !== reigning?.step)
    notes.unshift(
      `the weights of step ${formatCount(best.step)}, the best by ${metricFacts(bestBy).label} so far, are no longer there`,
    );
  return { rows: competing, notes: [...damaged, ...notes] };
}

/**
 * Moves `best/` to `set-aside/best-step-000100`: what comes in its place cannot be compared with it.
 *
 * @param step that of what comes: a training that died before it had told of it has the same there already
 * @returns a sentence for the user; none without `best/`
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function setBestAside(run: string, step?: number): Promise<string[]> {
  const best = join(run, BEST);
  const held = await stepIn(best);
  if (held === undefined || held === step) return [];
  const folder = await moveAside(run, `best-${checkpointName(held)}`);
  return [`what was best by another measure, of step ${formatCount(held)}, was set aside in ${folder}`];
}

/** The same with a `best/` that cannot be read: the next best would replace it, and some of its files may be whole. */
async function setDamagedAside(run: string): Promise<string[]> {
  const best = join(run, BEST);
  if (!existsSync(best)) return [];
  const damage = await openCheckpoint(best).then(
    () => null,
    (error: Error) => error,
  );
  if (damage === null) return [];
  return [`${best} was set aside in ${await moveAside(run, 'best-damaged')}: ${damage.message}`];
}

/** @returns where `best/` is then */
async function moveAside(run: string, name: string): Promise<string> {
  const folder = freeFolder(join(run, 'set-aside', name));
  try {
    makeFolder(dirname(folder));
    await rename(join(run, BEST), folder);
    await syncFile(dirname(folder));
  } catch (error) {
    throw writeError(folder, error);
  }
  return folder;
}

/** Makes `best/` of a checkpoint; no sentence where that is damaged. */
async function restoreBest(
  run: string,
  { step, held }: { readonly step: number; readonly held: number | undefined },
): Promise<string[]> {
  const from = checkpointOf(run, step);
  const whole = await openCheckpoint(from).catch(() => undefined);
  const files = await readCheckpoint(from).catch(() => undefined);
  if (!whole || !files) return [];
  const aside = held === undefined || existsSync(checkpointOf(run, held)) ? [] : await setBestAside(run);
  await writeCheckpoint(join(run, BEST), whole.description, files);
  return [...aside, `${join(run, BEST)} has the weights of step ${formatCount(step)} now, of ${from}`];
}

function checkpointOf(run: string, step: number): string {
  return join(run, 'checkpoints', checkpointName(step));
}

/** The step of a checkpoint's weights; undefined where there is none that can be read. */
function stepIn(checkpoint: string): Promise<number | undefined> {
  return openCheckpoint(checkpoint).then(
    ({ description }) => description.step,
    () => undefined,
  );
}

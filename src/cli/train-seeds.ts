import { join } from 'node:path';
import { hasTestSplit } from '../data/sources';
import { UsageError } from '../errors';
import { isRecipeFile } from '../io/program-name';
import { metricParts } from '../metrics/names';
import { deviationOf, meanOf } from '../metrics/statistics';
import { readConfig } from '../recipes/config';
import { metricFacts, readEvaluations } from '../report/evaluations';
import { formatValue } from '../report/summary';
import { evaluateFields } from './evaluate-settings';
import { checkRunFolder } from './run-folder';
import type { CommandContext } from './terminal';
import type { TrainingPlan } from './train-run';

/** A training that is to be done from several seeds. */
export interface SeedsPlan extends Omit<TrainingPlan, 'resume' | 'folder'> {
  /** The folder of the runs: `seed-1`, … */
  readonly folder: string;
  readonly seeds: readonly number[];
}

/**
 * Trains from each seed in a folder of its own, judges each, and tells mean and deviation of every figure: of a model that has learned one
 * class how well it tells the others apart, else what the training judges on its way.
 *
 * @returns the exit code: 0, or that of a training that a signal ended
 */
export async function runSeeds({ seeds, ...plan }: SeedsPlan, context: CommandContext): Promise<number> {
  const { runTraining } = require('./train-run') as typeof import('./train-run');
  const scored = await isOneClass(plan);
  if (!scored && !plan.evaluation)
    throw new UsageError(
      `--seeds compares figures, but nothing is judged: add --eval-every, or ${missingOf(plan)}`,
    );
  const runs = seeds.map((seed) => ({ seed, folder: join(plan.folder, `seed-${seed}`) }));
  for (const { folder } of runs) checkRunFolder(folder);
  for (const { seed, folder } of runs) {
    context.terminal.log(`seed       ${seed}`);
    const settings = { ...plan.settings, seed };
    const code = await runTraining({ ...plan, settings, folder, resume: false }, context);
    if (code !== 0) return code;
    const judged = scored ? await judge(folder, plan, context) : 0;
    if (judged !== 0) return judged;
  }
  tell(
    runs.map(({ folder }) => folder),
    context,
  );
  return 0;
}

/** Whether a model learns one class of a set that has others to judge it by. */
async function isOneClass({ settings: { set, dataset } }: Pick<TrainingPlan, 'settings'>): Promise<boolean> {
  return typeof set.normal === 'string' && set.normal !== 'all' && (await hasTestSplit(dataset));
}

/** What a model would need that is judged by what it has not learned. */
function missingOf({ settings: { set, dataset } }: Pick<TrainingPlan, 'settings'>): string {
  const learnsOne = typeof set.normal === 'string' && set.normal !== 'all';
  return learnsOne ? `a data set with a test split, which ${dataset} has not` : '--set normal=CLASS';
}

function judge(
  checkpoint: string,
  { settings }: Pick<TrainingPlan, 'settings'>,
  context: CommandContext,
): Promise<number> {
  const { runEvaluation } = require('./evaluate-run') as typeof import('./evaluate-run');
  const { device, dataDir } = settings;
  const recipe = isRecipeFile(settings.recipe) ? settings.recipe : undefined;
  const asked = readConfig(evaluateFields, []);
  const metrics = metricParts(['auroc']);
  return runEvaluation({ ...asked, checkpoint, recipe, device, dataDir, metrics }, context);
}

/** Mean ± deviation of the last row of each run. */
function tell(folders: readonly string[], { terminal }: CommandContext): void {
  const last = folders.map(
    (folder) => readEvaluations(join(folder, 'evaluations.jsonl')).at(-1)?.metrics ?? {},
  );
  const names = Object.keys(last[0]).filter((name) =>
    last.every((metrics) => Number.isFinite(metrics[name])),
  );
  const figures = names.map((name) => {
    const values = last.map((metrics) => metrics[name]);
    return [
      name,
      { mean: meanOf(values), deviation: deviationOf(values, { correction: 1 }), values },
    ] as const;
  });
  terminal.result('');
  for (const [name, { mean, deviation, values }] of figures)
    terminal.result(
      `${metricFacts(name).label}  ${formatValue(mean)} ± ${formatValue(deviation)} over ${values.length} seeds: ${values.map(formatValue).join(', ')}`,
    );
  terminal.record({ event: 'seeds', runs: folders, metrics: Object.fromEntries(figures) });
}

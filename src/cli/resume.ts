import { join, resolve } from 'node:path';
import { messageOf, UsageError } from '../errors';
import { isJsonObject, type JsonObject, readJsonObject } from '../io/json';
import type { Fields } from '../recipes/config';
import { isPrecision, type Precision } from '../training/manifest';
import { isRecipeFile } from './recipe-file';
import {
  flagOf,
  type Given,
  type Recipes,
  type Resolved,
  resolveSettings,
  type TrainSettings,
} from './settings';

/** What may differ when a run goes on: how long, where, and how often it reports; not what is computed. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'steps',
  'device',
  'graphs',
  'dataDir',
  'sampleEvery',
  'checkpointEvery',
  'logEvery',
]);

/**
 * The settings to go on with a run: those in its `config.json`, with the flags that may change.
 *
 * @throws UsageError when the folder is no run, or the command line asks for something else than the run does
 */
export function resumeSettings(recipes: Recipes, directory: string, given: Given): Resolved {
  if (given.file !== undefined)
    throw new UsageError(
      '--config and --resume exclude each other: a resumed run keeps its own configuration',
    );
  const { out } = given.flags;
  if (typeof out === 'string' && resolve(out) !== resolve(directory))
    throw new UsageError(
      `--out ${out} and --resume ${directory} exclude each other: a resumed run stays in its folder`,
    );
  const { settings, precision, evaluation } = readRun(directory);
  const file = { path: join(directory, 'config.json'), values: { ...settings, ...evaluation } };
  const before = resolveSettings(recipes, { flags: {}, set: {}, env: {}, file }).settings;
  if (given.recipe !== undefined && !isSameRecipe(given.recipe, before.recipe))
    throw new UsageError(
      `${directory} is a run of ${before.recipe}, not of ${given.recipe}: leave the recipe out, or start a new run without --resume`,
    );
  const flags = { ...given.flags, out: undefined };
  // The environment must not put other images under a run that was told where its own are.
  const env = before.dataDir === undefined ? given.env : { ...given.env, LIBTORCH_GAN_DATA: undefined };
  const after = resolveSettings(recipes, { ...given, recipe: undefined, flags, file, env });
  const fields = after.recipe.fields;
  const changes = checkSame({ before, after: after.settings, directory, fields });
  return { ...after, out: directory, precision, changes };
}

function isSameRecipe(a: string, b: string): boolean {
  return a === b || (isRecipeFile(a) && isRecipeFile(b) && resolve(a) === resolve(b));
}

interface Runs {
  readonly before: TrainSettings;
  readonly after: TrainSettings;
  readonly directory: string;
  readonly fields: Fields;
}

/** The changes of the recipe's configuration, a text each, e.g. `--set lr 0.0002 → 0.0001`. @throws UsageError for one that may not be */
function checkSame(runs: Runs): string[] {
  const changes = Object.entries(runs.after.set)
    .filter(([key, value]) => runs.fields[key]?.resumable && runs.before.set[key] !== value)
    .map(([key, value]) => `--set ${key} ${runs.before.set[key]} → ${value}`);
  const resumable = Object.keys(runs.fields).filter((key) => runs.fields[key].resumable);
  const free = new Set(resumable.map((key) => `--set ${key}`));
  const before = flatten(runs.before);
  for (const [flag, value] of flatten(runs.after))
    if (!free.has(flag) && before.get(flag) !== value)
      throw new UsageError(
        `${flag}${flag.startsWith('--set') ? '=' : ' '}${value} differs from the run ${runs.directory}, which has ${before.get(flag)}: leave it out, or start a new run without --resume`,
      );
  return changes;
}

/** What must stay, by flag. */
function flatten({ set, ...settings }: TrainSettings): Map<string, unknown> {
  const kept = Object.entries(settings).filter(([key]) => !CHANGEABLE.has(key));
  return new Map([
    ...kept.map(([key, value]) => [flagOf(key), value] as const),
    ...Object.entries(set).map(([key, value]) => [`--set ${key}`, value] as const),
  ]);
}

interface EarlierRun {
  readonly settings: JsonObject;
  readonly precision: Precision | undefined;
  /** How it was judged, as settings. */
  readonly evaluation: JsonObject;
}

function readRun(directory: string): EarlierRun {
  const file = join(directory, 'config.json');
  try {
    const { settings, precision, evaluation } = readJsonObject(file);
    if (isJsonObject(settings))
      return {
        settings,
        precision: isPrecision(precision) ? precision : undefined,
        evaluation: isJsonObject(evaluation) ? evaluationValues(evaluation) : {},
      };
    throw new UsageError(`${file} has no "settings": what a script has started, it resumes`);
  } catch (error) {
    throw new UsageError(`--resume ${directory}: no run that train can go on with: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function evaluationValues({ every, metrics, count, bestBy, features }: JsonObject): JsonObject {
  return {
    evalEvery: every,
    evalMetrics: Array.isArray(metrics) ? metrics.join(',') : undefined,
    evalCount: count,
    bestBy,
    features,
  };
}

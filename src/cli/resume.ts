import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { USUAL_CHANNELS } from '../data/image-folder';
import { domainNames, parseName } from '../data/sources';
import { hasCode, messageOf, UsageError } from '../errors';
import { readError } from '../io/file-error';
import { isJsonObject, type JsonObject } from '../io/json';
import { isRecipeFile } from '../io/program-name';
import { readSealedJson } from '../io/sealed-json';
import type { Fields } from '../recipes/config';
import { loadRecipeFile } from '../recipes/recipe-file';
import { BEST, namesStep, newestDescription, stepOf } from '../training/checkpoint';
import { isImported, isPrecision, type Precision, parseManifest } from '../training/manifest';
import { shownDataset, withAbsolutePaths } from './absolute-paths';
import {
  flagOf,
  type Given,
  type Recipes,
  type Resolved,
  readSettings,
  resolveSettings,
  type TrainSettings,
} from './settings';

/** What may differ when a run goes on: how long, where, and how often it reports; not what is computed. Which images are left out the comparison of data tells. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'steps',
  'device',
  'graphs',
  'dataDir',
  'onBadImage',
  'sampleEvery',
  'checkpointEvery',
  'keep',
  'logEvery',
  'onDivergence',
  'skipLimit',
  'rollbackFactor',
  'rollbackLimit',
]);

/**
 * The settings to go on with a run: those in its `config.json`, or of the checkpoint that is named, with the flags that may change.
 *
 * @param path the run's folder, or that of one of its checkpoints
 * @throws UsageError when the folder is no run, or the command line asks for something else than the run does
 */
export function resumeSettings(recipes: Recipes, path: string, given: Given): Resolved {
  const { directory, resumeStep } = placeOf(path);
  if (given.file !== undefined)
    throw new UsageError(
      '--config and --resume exclude each other: a resumed run keeps its own configuration',
    );
  const { out, init } = given.flags;
  if (init !== undefined)
    throw new UsageError(
      `--init ${init} and --resume ${directory} exclude each other: a resumed run goes on from its own weights; leave --init out, or start a new run with --out`,
    );
  if (typeof out === 'string' && resolve(out) !== resolve(directory))
    throw new UsageError(
      `--out ${out} and --resume ${directory} exclude each other: a resumed run stays in its folder`,
    );
  const { settings, precision, evaluation, notes } =
    resumeStep === undefined ? readRun(directory) : readCheckpointOf(path, directory);
  const file = { path: join(directory, 'config.json'), values: { ...settings, ...evaluation } };
  const known = { ...recipes, ...ownRecipe(settings.recipe, { directory, asked: given.recipe }) };
  const before = readSettings(known, { flags: {}, set: {}, env: {}, file });
  const flags = { ...given.flags, out: undefined };
  // The environment must not put other images under a run that was told where its own are.
  const env =
    before.settings.dataDir === undefined ? given.env : { ...given.env, LIBTORCH_GAN_DATA: undefined };
  const after = withAbsolutePaths(
    resolveSettings(known, { ...given, recipe: undefined, flags, file, env }),
    before,
  );
  const { fields, fixedLength } = after.recipe;
  if (fixedLength !== undefined && after.settings.steps !== before.settings.steps)
    throw new UsageError(
      `--steps ${after.settings.steps} differs from the run ${directory}, which has ${before.settings.steps}: ${fixedLength}; leave it out, or start a new run without --resume`,
    );
  const changes = checkSame({ before: before.settings, after: after.settings, directory, fields });
  return { ...after, out: directory, resumeStep, precision, notes, changes };
}

/** The run of a path, and the step of the checkpoint that it names. @throws UsageError for `best/`, which may be of any step */
function placeOf(path: string): { readonly directory: string; readonly resumeStep?: number } {
  const whole = resolve(path);
  const [name, parent] = [basename(whole), dirname(whole)];
  if (name === BEST && existsSync(join(whole, 'manifest.json')))
    throw new UsageError(
      `--resume ${path} is the best of a run, not where it goes on: name the run, ${join(path, '..')}, or one of ${join(path, '..', 'checkpoints')}`,
    );
  if (!namesStep(name) || basename(parent) !== 'checkpoints') return { directory: path };
  return { directory: join(path, '..', '..'), resumeStep: stepOf(whole) };
}

/**
 * The recipe of a run that names a file as its recipe, by that name: from the file that the command line names, which may lie elsewhere by
 * now. Nothing for other runs.
 *
 * @throws UsageError for another recipe than the run's
 */
function ownRecipe(
  recorded: unknown,
  { directory, asked }: { readonly directory: string; readonly asked: string | undefined },
): Recipes {
  if (asked === undefined || asked === recorded)
    return asked !== undefined && isRecipeFile(asked) ? { [asked]: loadRecipeFile(asked) } : {};
  if (
    typeof recorded === 'string' &&
    [recorded, asked].every(isRecipeFile) &&
    basename(recorded) === basename(asked)
  )
    return { [recorded]: loadRecipeFile(asked) };
  throw new UsageError(
    `${directory} is a run of ${recorded}, not of ${asked}: leave the recipe out, or start a new run without --resume`,
  );
}

interface Runs {
  readonly before: TrainSettings;
  readonly after: TrainSettings;
  readonly directory: string;
  readonly fields: Fields;
}

/** The changes of the recipe's configuration, a text each, e.g. `--set lr 0.0002 → 0.0001`. @throws UsageError for one that may not be */
function checkSame(runs: Runs): string[] {
  const resumable = Object.keys(runs.fields).filter((key) => mayChange(key, runs));
  const changes = resumable
    .filter((key) => runs.before.set[key] !== runs.after.set[key])
    .map((key) => `--set ${key} ${runs.before.set[key] ?? 'by rule'} → ${runs.after.set[key] ?? 'by rule'}`);
  const free = new Set(resumable.map((key) => `--set ${key}`));
  const before = flatten(runs.before);
  // What is not said is what stands where nobody says.
  const known = (flag: string) =>
    before.get(flag) ?? (flag === '--channels' ? usualChannels(runs.before) : undefined);
  for (const [flag, value] of flatten(runs.after))
    if (
      !free.has(flag) &&
      before.get(flag) !== value &&
      known(flag) !== value &&
      !(flag === '--dataset' && isMoved(before.get(flag), value))
    )
      throw new UsageError(
        `${flag}${flag.startsWith('--set') ? '=' : ' '}${shown(flag, value)} differs from the run ${runs.directory}, which has ${known(flag) ?? 'none'}: leave it out, or start a new run without --resume`,
      );
  return changes;
}

/** The channels of images of files where nobody says; undefined for a set that has its own. */
function usualChannels({ dataset }: TrainSettings): number | undefined {
  const { kind, place } = parseName(dataset);
  const domains = kind === 'unpaired' ? domainNames(place) : null;
  const isFiles = domains ? domains.every((name) => parseName(name).kind === 'folder') : kind !== 'set';
  return isFiles ? USUAL_CHANNELS : undefined;
}

function shown(flag: string, value: unknown): unknown {
  return flag === '--dataset' ? shownDataset(String(value)) : value;
}

function mayChange(key: string, { fields, before, after }: Runs): boolean {
  const { resumable } = fields[key];
  if (resumable !== 'above 0') return resumable === true;
  return [before, after].every(({ set }) => Number(set[key]) > 0);
}

/** Whether images of files may be the same ones in another folder: the checkpoint has their hash, and the training compares it. */
function isMoved(before: unknown, after: unknown): boolean {
  const kindOf = (name: unknown) => /^(folder|pairs|unpaired):/.exec(String(name))?.[1];
  return kindOf(before) !== undefined && kindOf(before) === kindOf(after);
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
  readonly notes?: readonly string[];
}

function readRun(directory: string): EarlierRun {
  const file = join(directory, 'config.json');
  try {
    const { settings, precision, evaluation, imported } = readSealedJson(file);
    if (imported === true) throw importedRun(directory);
    if (isJsonObject(settings) && typeof settings.recipe === 'string')
      return {
        settings,
        precision: isPrecision(precision) ? precision : undefined,
        evaluation: isJsonObject(evaluation) ? evaluationValues(evaluation) : {},
      };
    throw new UsageError(`${file} names no recipe: what a script has started, it resumes`);
  } catch (error) {
    const found = hasCode(error, 'ERR_USAGE')
      ? undefined
      : readCheckpointSettings(directory, messageOf(error));
    if (found) return found;
    throw new UsageError(`--resume ${directory}: no run that train can go on with: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What a run was when it wrote a checkpoint; how it is judged is in its `config.json` alone. */
function readCheckpointOf(path: string, directory: string): EarlierRun {
  const file = join(path, 'manifest.json');
  try {
    const manifest = parseManifest(readFileSync(file, 'utf8'));
    if (isImported(manifest)) throw importedRun(directory);
    const { settings, precision } = manifest;
    if (typeof settings.recipe !== 'string') throw new UsageError('what a script has started, it resumes');
    return { settings, precision, evaluation: readEvaluation(directory) };
  } catch (error) {
    throw new UsageError(
      `--resume ${path}: no checkpoint that train can go on from: ${messageOf(readError(file, error))}`,
      {
        cause: error,
      },
    );
  }
}

function importedRun(directory: string): UsageError {
  return new UsageError(
    `${directory} holds imported weights and no training: start one from them, --init ${directory}`,
  );
}

function readEvaluation(directory: string): JsonObject {
  try {
    const { evaluation } = readSealedJson(join(directory, 'config.json'));
    return isJsonObject(evaluation) ? evaluationValues(evaluation) : {};
  } catch {
    return {};
  }
}

/** Each checkpoint keeps what the run was started with, but for how it is judged. */
function readCheckpointSettings(directory: string, problem: string): EarlierRun | undefined {
  const newest = newestDescription(directory);
  if (!newest || typeof newest.description.settings.recipe !== 'string') return undefined;
  if (isImported(newest.description)) throw importedRun(directory);
  const { settings, precision } = newest.description;
  const note = `${problem}; going on with the settings in ${newest.path}, which do not say how the run was judged: repeat --eval-every and its like`;
  return { settings, precision, evaluation: {}, notes: [note] };
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

import type { DataKind } from '../data/dataset';
import { sizeOf } from '../data/image-size';
import { dataKindOf } from '../data/kind';
import { messageOf, UsageError } from '../errors';
import { isJsonObject } from '../io/json';
import { isRecipeFile, isTorchScript } from '../io/program-name';
import { decidingNumber, parseTrainingMetrics, type TrainingMetric, trainingParts } from '../metrics/names';
import { advise } from '../nearest';
import {
  boolean,
  type ConfigOf,
  choice,
  integer,
  number,
  optional,
  readConfig,
  type Source,
  text,
} from '../recipes/config';
import { type Preset, presetConfig } from '../recipes/preset';
import type { Recipe } from '../recipes/recipe';
import { loadRecipeFile, unasked } from '../recipes/recipe-file';
import { DIVERGENCE_POLICIES } from '../training/divergence-policy';
import type { Precision } from '../training/manifest';
import { type ResolutionSetting, resolutionField, resolutionOf } from './resolution';

/** The recipes by name. The first is the one to begin with. */
export type Recipes = Readonly<Record<string, Recipe>>;

/** The name of the recipe that is trained when none is named: the first. */
export function defaultRecipe(recipes: Recipes): string {
  return Object.keys(recipes)[0];
}

/** Steps that `--profile` profiles when it does not say how many, and those before them. */
export const PROFILE_STEPS = 20;
export const PROFILE_WARMUP = 10;

/** Steps between evaluations when `--eval-every` does not say how many. */
export const EVAL_STEPS = 1_000;

/** Environment variables that stand for a flag. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  dataDir: 'LIBTORCH_GAN_DATA',
  device: 'LIBTORCH_GAN_DEVICE',
};

/** `--device`: also what `sample` takes. */
export const deviceField = text('auto', {
  pattern: /^(auto|cpu|cuda(:\d{1,3})?)$/,
  expected: 'auto, cpu, cuda or cuda:N',
  help: 'auto, cpu, cuda or cuda:N',
});

/** The settings of a training, apart from the recipe's own: a field for each flag. */
export function trainFields(recipe: Recipe) {
  const { resolution, batch, steps } = recipe.training;
  return {
    dataset: text('digits', { help: 'the images to learn' }),
    dataDir: optional(text('data', { help: 'where data sets are kept' })),
    device: deviceField,
    resolution: resolutionField(resolution, { help: 'height and width of the images' }),
    channels: optional(integer(3, { min: 1, max: 4, help: 'channels of the images of folders' })),
    fit: choice('crop', ['crop', 'pad', 'stretch'], { help: 'how images of another shape are fitted' }),
    loadSize: optional(resolutionField(72, { help: 'size that random crops are taken from' })),
    augmentFlip: boolean(false, { help: 'mirrors images at random' }),
    batch: integer(batch, { min: 1, max: 65_536, help: 'images a step' }),
    accumulate: integer(1, { min: 1, max: 65_536, help: 'batches averaged for a step' }),
    steps: integer(steps, { min: 1, help: 'steps in all, those of a resumed run included' }),
    seed: integer(0, { min: 0, help: 'makes runs differ, or repeat' }),
    precision: choice('auto', ['auto', 'fp32', 'bf16'], { help: 'auto, fp32 or bf16' }),
    deterministic: boolean(false, { help: 'bit-equal runs' }),
    graphs: boolean(true, { help: 'CUDA graphs' }),
    syncBatchNorm: boolean(false, { help: 'batch norm over the batch of all processes' }),
    out: optional(text('runs/mine', { help: 'the run directory' })),
    init: optional(text('runs/mine/best', { help: 'the weights to start from' })),
    key: optional(text('state_dict', { help: 'the entry of a file of weights' })),
    sampleEvery: integer(100, { min: 1, help: 'steps between sample grids' }),
    checkpointEvery: integer(500, { min: 1, help: 'steps between checkpoints' }),
    keep: integer(3, { min: 0, help: 'newest checkpoints kept, 0 for all' }),
    logEvery: integer(10, { min: 1, help: 'steps between lines of the log' }),
    profile: optional(integer(PROFILE_STEPS, { min: 1, help: 'steps to profile' })),
    onDivergence: choice('stop', DIVERGENCE_POLICIES, {
      help: 'what to do where a loss or gradient is not finite',
    }),
    skipLimit: integer(10, { min: 1, help: 'skipped updates in a row that end a training' }),
    rollbackFactor: number(0.5, { min: 0.001, max: 1, help: 'what a rollback multiplies learning rates by' }),
    rollbackLimit: integer(3, { min: 1, help: 'rollbacks of a run' }),
    onBadImage: choice('fail', ['fail', 'skip'], { help: 'what to do with a file that is no image' }),
    evalEvery: optional(integer(EVAL_STEPS, { min: 0, help: 'steps between evaluations' })),
    evalMetrics: optional(text('fid', { help: 'what evaluations measure' })),
    evalCount: optional(integer(5_000, { min: 2, max: 1_000_000, help: 'images an evaluation judges' })),
    bestBy: optional(text('fid', { help: 'what decides which weights are best' })),
    features: optional(text('classifier', { help: 'the feature network of evaluations' })),
  };
}

/** The settings of a training that only its evaluations depend on. */
type EvaluationFields = 'evalEvery' | 'evalMetrics' | 'evalCount' | 'bestBy' | 'features';

/** How a training is judged on its way: what no step depends on. */
export interface EvaluationSettings {
  /** Steps between evaluations. */
  readonly every: number;
  readonly metrics: readonly TrainingMetric[];
  /** Images to judge. */
  readonly count: number;
  /** The number that decides which weights are best. */
  readonly bestBy: string;
  /** The feature network: a name or a file; undefined for the usual one. */
  readonly features: string | undefined;
}

/** All that says what to train, apart from where it is written: what a run directory keeps of the command line. */
export interface TrainSettings
  extends Omit<ConfigOf<ReturnType<typeof trainFields>>, 'out' | 'profile' | EvaluationFields> {
  /** The recipe's name, or the file that exports it. */
  readonly recipe: string;
  /** The recipe's own configuration. */
  readonly set: Readonly<Record<string, unknown>>;
  /** The feature network of a perceptual loss, and of evaluations beside it, where one is named: a name or a file. */
  readonly features?: string;
}

/** What the command line, the environment and a file say. */
export interface Given {
  /** The recipe named on the command line. */
  readonly recipe?: string;
  /** Flags by their name in camelCase, as texts; switches are true. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** What `--set` says. */
  readonly set: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file. */
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> };
}

/** The recipe, the settings for it, and what is said about this invocation alone. */
export interface Resolved {
  readonly recipe: Recipe;
  readonly settings: TrainSettings;
  /** The run directory, when one was named. */
  readonly out: string | undefined;
  /** Steps to profile; undefined for none. */
  readonly profile: number | undefined;
  /** The precision of the run that is resumed. */
  readonly precision?: Precision;
  /** The step of the checkpoint that a resumed run goes on from, where one was named. */
  readonly resumeStep?: number;
  /** What a resumed run's configuration has of another value than before, a text each. */
  readonly changes?: readonly string[];
  /** How it is judged on its way; undefined for not at all. */
  readonly evaluation: EvaluationSettings | undefined;
  /** What to warn of, a sentence each. */
  readonly notes?: readonly string[];
}

/**
 * The settings of a training: flag over environment over file over the recipe's default.
 *
 * @throws UsageError when a recipe, setting or value is not known or not possible
 */
export function resolveSettings(recipes: Recipes, given: Given): Resolved {
  const resolved = readSettings(recipes, given);
  checkFeatures(given, resolved);
  return resolved;
}

/** The same, of a run that is compared with but not gone on with: features that are a program are not refused. */
export function readSettings(recipes: Recipes, given: Given): Resolved {
  const { recipe: named, set, ...values } = given.file?.values ?? {};
  const name = given.recipe ?? named ?? defaultRecipe(recipes);
  checkAsked(recipes, given);
  const recipe = findRecipe(recipes, name);
  const sources = [
    flagSource(given.flags),
    environmentSource(given.env),
    fileSource(given.file?.path ?? '', values),
  ];
  const { out, profile, evalEvery, evalMetrics, evalCount, bestBy, features, ...said } = readConfig(
    trainFields(recipe),
    sources,
  );
  if (set !== undefined && !isJsonObject(set))
    throw new UsageError(`"set" in ${given.file?.path} expects an object, but got ${JSON.stringify(set)}`);
  checkKey(said);
  checkResolution(recipe, said.resolution);
  checkData(recipe, said);
  checkProfile(profile, said.steps);
  const usual = recipe.defaultsOn?.(said.device);
  const size = resolutionOf(said.resolution);
  const { config, preset } = presetConfig(recipe, { file: set, set: given.set, usual, size });
  const settings = { ...said, batch: batchOf(recipe, { said, sources, preset }) };
  const asked = { evalEvery, evalMetrics, evalCount, bestBy, features };
  const perceives = recipe.perceives?.(config) ?? false;
  const evaluation = evaluationSettings(asked, { dataset: settings.dataset, recipe, perceives });
  return {
    recipe,
    // A loss by features makes them a part of what is learned.
    settings: {
      ...{ recipe: String(name), ...settings, set: config },
      ...(perceives && features !== undefined && { features }),
    },
    out,
    profile,
    evaluation,
  };
}

/** The batch that was said, or what the preset or the recipe has for images of that size. */
function batchOf(
  recipe: Recipe,
  {
    said: { batch, resolution },
    sources,
    preset,
  }: {
    readonly said: Pick<TrainSettings, 'batch' | 'resolution'>;
    readonly sources: readonly Source[];
    readonly preset: Preset | undefined;
  },
): number {
  if (sources.some(({ values }) => values.batch !== undefined)) return batch;
  return preset?.batch ?? recipe.batchFor?.(resolutionOf(resolution)) ?? batch;
}

/** @throws UsageError for a recipe that is a program, and that only the configuration file names */
function checkAsked(recipes: Recipes, { recipe, file }: Given): void {
  const named = file?.values.recipe;
  if (recipe !== undefined || file === undefined || typeof named !== 'string') return;
  if (isRecipeFile(named) && !Object.hasOwn(recipes, named)) throw unasked(file.path, named);
}

/** @throws UsageError for features that are a program, and that only the configuration file names */
function checkFeatures({ flags, file }: Given, { settings, evaluation }: Resolved): void {
  const features = settings.features ?? evaluation?.features;
  if (features === undefined || flags.features !== undefined || !isTorchScript(features)) return;
  const without = settings.features === undefined ? '; or judge nothing with --eval-every 0' : '';
  throw new UsageError(
    `${file?.path} names the features ${features}, a TorchScript program, which is not run unasked: where you trust it, add --features ${features}${without}`,
  );
}

function evaluationSettings(
  values: Pick<ConfigOf<ReturnType<typeof trainFields>>, EvaluationFields>,
  {
    dataset,
    recipe,
    perceives,
  }: { readonly dataset: string; readonly recipe: Recipe; readonly perceives: boolean },
): EvaluationSettings | undefined {
  const { evalEvery: every, evalMetrics, evalCount = 5_000, bestBy, features } = values;
  const kind = recipe.prepares ?? dataKindOf(dataset);
  if (every === undefined || every === 0) {
    const used = perceives ? { features: undefined } : {};
    const idle = Object.entries({ ...values, evalEvery: undefined, ...used }).find(
      ([, value]) => value !== undefined,
    );
    if (idle && every === undefined)
      throw new UsageError(
        `${flagOf(idle[0])} says how to evaluate, but nothing says when: add --eval-every ${EVAL_STEPS}`,
      );
    // Wrong names are refused all the same: they would be kept, to be refused another time.
    if (evalMetrics !== undefined || bestBy !== undefined) decidedBy(metricsOf(evalMetrics, kind), bestBy);
    return undefined;
  }
  const metrics = metricsOf(evalMetrics, kind);
  const [pair] = trainingParts(metrics).pairs;
  if (pair !== undefined && kind !== 'pairs')
    throw new UsageError(
      `--eval-metrics ${pair} compares images with what they should be, but ${dataset} has no pairs: try --eval-metrics fid`,
    );
  return { every, metrics, count: evalCount, bestBy: decidedBy(metrics, bestBy), features };
}

/** What is measured; of data of a kind where nobody says. */
function metricsOf(named: string | undefined, kind: DataKind): readonly TrainingMetric[] {
  return parseTrainingMetrics(named ?? (kind === 'pairs' ? 'l1,psnr,ssim,lpips' : 'fid'));
}

/** What `--best-by` decides by. @throws UsageError for a number that is not measured, or of which neither more nor less is better */
function decidedBy(metrics: readonly TrainingMetric[], named: string | undefined): string {
  try {
    return decidingNumber(metrics, named);
  } catch (error) {
    throw new UsageError(`${named === undefined ? '--eval-metrics' : '--best-by'}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * The recipe of that name, or the one that a file of that name exports.
 *
 * @throws UsageError with the nearest name and the list, or what is wrong with the file
 */
export function findRecipe(recipes: Recipes, name: unknown): Recipe {
  const recipe = typeof name === 'string' && Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (recipe !== undefined) return recipe;
  if (typeof name === 'string' && isRecipeFile(name)) return loadRecipeFile(name);
  const known = Object.keys(recipes);
  const list = `there are ${known.join(', ')}`;
  throw new UsageError(`${JSON.stringify(name)} is no recipe${advise(String(name), known, list)}`);
}

/** Flags as commander gives them: texts by camelCase name. */
export function flagSource(values: Readonly<Record<string, unknown>>): Source {
  return {
    values,
    texts: true,
    name: flagOf,
    example: (key, value) => (typeof value === 'boolean' ? flagOf(key) : `${flagOf(key)} ${value}`),
  };
}

/** The flag of a setting: `--data-dir` for `dataDir`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The settings that environment variables make; an empty variable says nothing. */
export function environmentSource(env: Readonly<Record<string, string | undefined>>): Source {
  const values = Object.entries(ENVIRONMENT).map(([key, name]) => [key, env[name] || undefined]);
  return {
    values: Object.fromEntries(values),
    texts: true,
    name: (key) => ENVIRONMENT[key],
    example: (key, value) => `${ENVIRONMENT[key]}=${value}`,
  };
}

function fileSource(path: string, values: Readonly<Record<string, unknown>>): Source {
  return {
    values,
    texts: false,
    name: (key) => `"${key}" in ${path}`,
    example: (key, value) => `"${key}": ${JSON.stringify(value)}`,
  };
}

function checkKey({ init, key }: Pick<TrainSettings, 'init' | 'key'>): void {
  if (key !== undefined && init === undefined)
    throw new UsageError(
      `--key ${key} is an entry of the file that --init names, but there is no --init: add it, or leave --key out`,
    );
}

function checkProfile(profile: number | undefined, steps: number): void {
  if (profile === undefined || profile + PROFILE_WARMUP <= steps) return;
  const advice =
    steps > PROFILE_WARMUP ? `--profile ${steps - PROFILE_WARMUP}` : `--steps ${profile + PROFILE_WARMUP}`;
  throw new UsageError(
    `--profile ${profile} needs ${profile + PROFILE_WARMUP} steps, ${PROFILE_WARMUP} of them to warm up, but there are ${steps}: try ${advice}`,
  );
}

/** What to say of data of another kind. */
const KINDS: Readonly<Record<DataKind, string>> = {
  images: 'images alone: try --dataset digits, or folder:PATH',
  pairs: 'pairs of images: try --dataset pairs:PATH',
  unpaired: 'images of two domains: try --dataset unpaired:PATH, or unpaired:digits+mnist',
};

/** @throws UsageError for data of another kind than a recipe learns from, or crops that are larger than the images */
function checkData(
  { name, data = 'images' }: Recipe,
  { dataset, resolution, loadSize }: Pick<TrainSettings, 'dataset' | 'resolution' | 'loadSize'>,
): void {
  const kind = dataKindOf(dataset);
  if (kind !== data)
    throw new UsageError(`--dataset ${dataset} gives ${kind}, but ${name} learns from ${KINDS[data]}`);
  if (loadSize === undefined) return;
  const [whole, crop] = [resolutionOf(loadSize), resolutionOf(resolution)];
  if (whole.height < crop.height || whole.width < crop.width)
    throw new UsageError(
      `--load-size ${loadSize} expects at least the size of the crops, --resolution ${resolution}: try --load-size ${Math.round(1.125 * Math.max(crop.height, crop.width))}`,
    );
}

/** @throws UsageError for a size that the recipe's networks cannot make, with the nearest that they can */
export function checkResolution(recipe: Recipe, resolution: ResolutionSetting): void {
  const { accepts, description } = recipe.resolutions;
  const size = resolutionOf(resolution);
  if (accepts(size)) return;
  throw new UsageError(
    `--resolution ${resolution}: ${recipe.name} makes images of ${description}: try --resolution ${nearestResolution(recipe, Math.min(size.height, size.width))}`,
  );
}

function nearestResolution(recipe: Recipe, resolution: number): number {
  for (let distance = 0; distance < resolution; distance++)
    for (const candidate of [resolution - distance, resolution + distance])
      if (recipe.resolutions.accepts(sizeOf(candidate))) return candidate;
  return recipe.training.resolution;
}

import { argumentError, oneOf, positiveInteger } from '../check';
import type { DataKind, DataSpecs, Dataset } from '../data/dataset';
import type { DataIdentity } from '../data/identity';
import { GanError, UsageError } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import { recordsToTensors } from '../io/tensors';
import type { Autoencoder } from '../metrics/autoencoder';
import type { Module } from '../nn/module';
import { resolveDevice } from '../tensor/device';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { type Checkpoint, readCheckpoint } from './checkpoint';
import { findCheckpoint } from './find-checkpoint';
import { NORMS_IN_WORDS, type SampledNetworks } from './generated-images';
import type { Model } from './model';
import type { Networks } from './phase';
import { type RunRequest, run } from './run-model';
import type { Sampler } from './sampler';
import type { Scorer } from './scorer';
import { takeStandingStatistics } from './standing-latents';

/** What a data set is prepared for. */
export interface Preparation {
  /** Whether its images are learned from, or judged by. */
  readonly split: 'train' | 'test';
  /** Of what is drawn: that of the training. */
  readonly seed: number;
}

/** What can build a model again from the configuration in a checkpoint: a recipe. */
export interface ModelBuilder {
  /** The configuration's fields: what a checkpoint of an earlier version does not say has its default. */
  readonly fields?: Readonly<Record<string, { readonly default: unknown }>>;
  /** What a data set must give (`images`). */
  readonly data?: DataKind;
  /** What the model is given of a data set (the set as it is). */
  prepare?(dataset: Dataset, config: Readonly<Record<string, unknown>>, preparation: Preparation): Dataset;
  /** Whether what it learns are patches of the images that it is for (false). */
  readonly patches?: boolean;
  /** The model of a configuration, with new networks each time: they are loaded into, and given back with the model. */
  build(config: Readonly<Record<string, unknown>>, specs: DataSpecs): Model;
}

/** Which weights, where, and what builds the networks. */
export interface LoadOptions {
  /** The averaged ones where the checkpoint has them, or those in training (`ema`). */
  readonly weights?: 'ema' | 'live';
  /** (`auto`) */
  readonly device?: string;
  /** Loads what an autoencoder needs to be shown images, too (false). */
  readonly autoencoder?: boolean;
  /** Loads what the model scores images with, too (false). */
  readonly scorer?: boolean;
  /**
   * Takes the running statistics of batch norms anew, as the mean over so many batches of 64 latents, 0 for those of the training
   * (what the sampler says for averaged weights, mostly 0), within ±truncation where one is given: `nn.standingStatistics`.
   */
  readonly standingStatistics?: { readonly batches?: number; readonly truncation?: number };
  /** Recipes by name. */
  readonly recipes: Readonly<Record<string, ModelBuilder>>;
  /**
   * What builds the model of a run that names a file as its recipe, or that was trained by a script and names none; undefined for other names.
   * It is asked first.
   */
  readonly recipeFile?: (name: string | undefined) => ModelBuilder | undefined;
}

/** A trained model, by its sampler. */
export interface LoadedModel extends SampledNetworks {
  /** The checkpoint it came from. */
  readonly checkpoint: string;
  readonly step: number;
  /** Which of its networks makes images, and of what. */
  readonly sampler: Sampler;
  /** The images that it was trained on, by their names in batches. */
  readonly specs: DataSpecs;
  /** Names of the classes of those images, by number; none where they have none, or the checkpoint does not say. */
  readonly classNames: readonly string[];
  /** What those images were, by their names in batches; empty where the checkpoint does not say. */
  readonly data: DataIdentity;
  /** What the run was started with. */
  readonly settings: JsonObject;
  /** What a data set must give for it. */
  readonly dataKind: DataKind;
  /** Whether what it has learned were patches of the images that it is for. */
  readonly patches: boolean;
  /** What the model was given of its data set, of any split. */
  prepare(dataset: Dataset, split: Preparation['split']): Dataset;
  /** How it encodes real images, on `device`: where that was asked for, and the model can. */
  readonly autoencoder: Autoencoder | null;
  /** How unusual images are to it: where that was asked for, and the model can tell. */
  readonly scorer: Scorer | null;
  /** Sentences about damaged checkpoints that were passed over, and a training that was not in its last stage. */
  readonly notes: readonly string[];
  /**
   * Images float32 [N, C, H, W] in [−1, 1] on the CPU, the caller's to dispose: `run({ count: 16, seed: 7 })` or `run({ latents })` of a
   * model that takes latents, `run({ images })` of one that takes images.
   *
   * @throws UsageError for a request of the other kind, or what the model does not take
   */
  run(request: RunRequest): Tensor;
  /** Gives its networks back. */
  dispose(): void;
  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Loads the model of a run (its newest whole checkpoint) or of one checkpoint folder: the networks that its sampler runs.
 *
 * @throws UsageError for options that are not known; GanError `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT`, `ERR_NO_RECIPE` for a run that no recipe describes, or `ERR_NO_SAMPLER`
 *   where its recipe does not say how it is used
 */
export async function loadModel(path: string, options: LoadOptions): Promise<LoadedModel> {
  checkOptions(options);
  const { checkpoint, named, notes } = await findCheckpoint(path, 'sampling from');
  const { description } = checkpoint;
  const device = resolveDevice(options.device ?? 'auto');
  const { builder, config } = builderOf(checkpoint, options);
  const model = requireModel(builder.build(config, description.specs));
  const sampler = requireSampler(model, checkpoint);
  const wanted = [
    ...sampler.networks,
    ...((options.autoencoder && model.autoencoder?.networks) || []),
    ...((options.scorer && model.scorer?.networks) || []),
  ];
  const networks = keepOnly(model.networks, wanted);
  try {
    const averaged = await loadNetworks(
      checkpoint,
      networks,
      options.weights === 'live' ? [] : sampler.networks,
    );
    // As in a training, where the same weights must make the same images.
    for (const network of Object.values(networks))
      network.to({ device, memoryFormat: 'channels_last' }).eval();
    const { batches = averaged ? usualBatches(sampler) : 0, truncation } = options.standingStatistics ?? {};
    const standing =
      batches > 0 ? takeStandingStatistics(networks, sampler, { batches, truncation, device }) : undefined;
    const { stage } = description;
    const unfinished = stage && stage.number < stage.of ? stage.name : undefined;
    const told = [
      stage &&
        unfinished &&
        `this model’s training was in stage ${stage.number} of ${stage.of}: ${stage.name}`,
      standing === null && 'this model has no batch norm: standing statistics change nothing',
    ].filter((note) => typeof note === 'string');
    const sampled: SampledNetworks = {
      networks,
      weights: averaged ? 'ema' : 'live',
      device,
      ...(unfinished !== undefined && { stage: unfinished }),
      batchNorm: standing ?? (sampler.takes === 'images' ? NORMS_IN_WORDS[sampler.norms] : undefined),
    };
    const dispose = () => {
      for (const network of Object.values(networks)) network.dispose();
    };
    return {
      ...sampled,
      checkpoint: named,
      step: description.step,
      sampler,
      specs: description.specs,
      classNames: description.data?.images?.classNames ?? [],
      data: description.data ?? {},
      settings: description.settings,
      dataKind: builder.data ?? 'images',
      patches: builder.patches ?? false,
      prepare: (dataset, split) =>
        builder.prepare?.(dataset, config, { split, seed: seedOf(description) }) ?? dataset,
      autoencoder: (options.autoencoder && model.autoencoder) || null,
      scorer: (options.scorer && model.scorer) || null,
      notes: [...notes, ...told],
      run: (request) => run({ ...sampled, sampler, specs: description.specs }, request),
      dispose,
      [Symbol.dispose]: dispose,
    };
  } catch (error) {
    for (const network of Object.values(networks)) network.dispose();
    throw error;
  }
}

/** Scripts say anything. @throws UsageError for other weights than there are, or no number of batches */
function checkOptions({ weights = 'ema', standingStatistics: { batches = 0 } = {} }: LoadOptions): void {
  oneOf('load', 'weights', weights, ['ema', 'live']);
  if (batches !== 0) positiveInteger('load', 'standingStatistics.batches', batches);
}

/** Batches of standing statistics that a sampler's averaged weights get where nobody says how many. */
function usualBatches(sampler: Sampler): number {
  return sampler.takes === 'latents' ? sampler.standingStatistics : 0;
}

function keepOnly(networks: Networks, wanted: readonly string[]): Record<string, Module> {
  const kept: Record<string, Module> = {};
  for (const [name, network] of Object.entries(networks))
    if (wanted.includes(name)) kept[name] = network;
    else network.dispose();
  return kept;
}

/** Fills networks from a checkpoint, those that are `averaged` with averages where it has them; returns whether it has any. */
async function loadNetworks(
  { path, names }: Checkpoint,
  networks: Networks,
  averaged: readonly string[],
): Promise<boolean> {
  const sources = Object.keys(networks).map((name) => {
    const average = `ema/${name}`;
    return [name, averaged.includes(name) && names.includes(average) ? average : `networks/${name}`] as const;
  });
  const files = await readCheckpoint(
    path,
    sources.map(([, file]) => file),
  );
  for (const [name, file] of sources)
    scope(() => networks[name].loadStateDict(recordsToTensors(files[file])));
  return sources.some(([, file]) => file.startsWith('ema/'));
}

/** Scripts build anything. @throws UsageError for what is no model */
function requireModel(built: Model): Model {
  if (typeof built === 'object' && built !== null && 'networks' in built) return built;
  throw argumentError('load', 'a recipe whose build returns a model, { networks, … },', built);
}

function requireSampler({ sampler, networks }: Model, { path }: Checkpoint): Sampler {
  if (sampler) return sampler;
  for (const network of Object.values(networks)) network.dispose();
  throw new GanError(
    'ERR_NO_SAMPLER',
    `checkpoint ${path}: expected a recipe whose model has a sampler, which says how it is used, but this one has none: add \`sampler\` to what its build returns`,
  );
}

/** What a checkpoint's model is built by. */
interface Building {
  readonly builder: ModelBuilder;
  readonly config: Readonly<Record<string, unknown>>;
}

function seedOf({ settings: { seed } }: Checkpoint['description']): number {
  return typeof seed === 'number' ? seed : 0;
}

function builderOf(
  { path, description }: Checkpoint,
  { recipes, recipeFile }: Pick<LoadOptions, 'recipes' | 'recipeFile'>,
): Building {
  const { recipe, set } = description.settings;
  const named = typeof recipe === 'string' && isJsonObject(set) ? recipe : undefined;
  const builder = recipeFile?.(named) ?? (named !== undefined && recipeNamed(recipes, named));
  if (builder) {
    const { fields = {} } = builder;
    const defaults = Object.entries(fields).map(([key, field]) => [key, field.default]);
    return { builder, config: { ...Object.fromEntries(defaults), ...(isJsonObject(set) && set) } };
  }
  throw new GanError(
    'ERR_NO_RECIPE',
    named === undefined
      ? `checkpoint ${path}: expected a recipe to build the networks from but it was trained by a script of its own: name what builds them, load(run, { recipe: { build: () => model } }), or the file of a recipe`
      : `checkpoint ${path}: expected one of the recipes ${Object.keys(recipes).join(', ')} but it is of ${named}: another version of libtorch-gan wrote it`,
  );
}

function recipeNamed(recipes: LoadOptions['recipes'], name: string): ModelBuilder | undefined {
  return Object.hasOwn(recipes, name) ? recipes[name] : undefined;
}

/** The sampler of a model that makes images of latents. @throws UsageError for one that takes images in */
export function requireLatents({ sampler, checkpoint }: LoadedModel) {
  if (sampler.takes === 'latents') return sampler;
  throw new UsageError(
    `${checkpoint} is of a model that takes images in (${Object.keys(sampler.directions).join(', ')}), not latents: use apply`,
  );
}

/** The sampler of a model that makes images of images. @throws UsageError for one that takes latents */
export function requireImages({ sampler, checkpoint }: LoadedModel) {
  if (sampler.takes === 'images') return sampler;
  throw new UsageError(`${checkpoint} is of a model that makes images of latents, not of images: use sample`);
}

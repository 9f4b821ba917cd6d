import { basename } from 'node:path';
import type { ImageSpec } from '../data/dataset';
import { GanError, UsageError } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import { recordsToTensors } from '../io/tensors';
import type { Autoencoder } from '../metrics/autoencoder';
import type { Module } from '../nn/module';
import { standingStatistics } from '../nn/standing-statistics';
import { resolveDevice } from '../tensor/device';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { BEST, type Checkpoint, openCheckpoint, readCheckpoint } from './checkpoint';
import { type GeneratedImages, generatedImages, seededLatents } from './generated-images';
import { drawLatents, type Latent, latentShape, latentSize } from './latent';
import { latestCheckpoint } from './run-directory';
import { generateImages } from './samples';
import type { Model } from './trainer';

/** What can build a model again from the configuration in a checkpoint: a recipe. */
export interface ModelBuilder {
  /** The configuration's fields: what a checkpoint of an earlier version does not say has its default. */
  readonly fields?: Readonly<Record<string, { readonly default: unknown }>>;
  build(config: Readonly<Record<string, unknown>>, images: ImageSpec): Model;
}

/** Which weights, where, and what builds the networks. */
export interface LoadOptions {
  /** The averaged ones where the checkpoint has them, or those in training (`ema`). */
  readonly weights?: 'ema' | 'live';
  /** (`auto`) */
  readonly device?: string;
  /** Loads what an autoencoder needs to be shown images, too (false). */
  readonly autoencoder?: boolean;
  /**
   * Takes the running statistics of batch norms anew, as the mean over so many batches of 64 latents, within ±truncation where one is
   * given (those of the training): {@link standingStatistics}.
   */
  readonly standingStatistics?: { readonly batches: number; readonly truncation?: number };
  /** Recipes by name. */
  readonly recipes: Readonly<Record<string, ModelBuilder>>;
}

/** What to generate. */
export interface GenerateOptions {
  readonly count: number;
  /** Of the latents (0); the same seed gives the same images. */
  readonly seed?: number;
  /** Latents [N, z] instead of drawn ones. */
  readonly latents?: Tensor;
  /** The class, for a conditional model. */
  readonly label?: number;
  /** Keeps the normal numbers of latents within ± this: fewer odd images, and less variety (none). */
  readonly truncation?: number;
}

/** A trained generator. */
export interface LoadedGenerator {
  /** The checkpoint it came from. */
  readonly checkpoint: string;
  readonly step: number;
  /** Whose weights these are. */
  readonly weights: 'ema' | 'live';
  /** What its batch norms normalise with, where it is not the statistics of the training. */
  readonly batchNorm?: string;
  readonly latentSize: number;
  readonly latent: Latent;
  readonly spec: ImageSpec;
  /** What the run was started with. */
  readonly settings: JsonObject;
  /** Whether it takes a `label`. */
  readonly conditional: boolean;
  /** How it encodes real images, on `device`: where that was asked for, and the model can. */
  readonly autoencoder: Autoencoder | null;
  /** Where it computes. */
  readonly device: string;
  /** Sentences about damaged checkpoints that were passed over. */
  readonly notes: readonly string[];
  /** Images [N, C, H, W] float32 in [−1, 1]; the caller's to dispose. */
  generate(options: GenerateOptions): Tensor;
  /** Images of latents [N, z] on `device`, in the caller's scope: {@link LoadedGenerator.generate} without copies. */
  forward(latents: Tensor): Tensor;
  /** The same images as `generate` makes, piece by piece: for many of them. */
  images(options: Omit<GenerateOptions, 'latents'>): GeneratedImages;
  dispose(): void;
}

/** Images computed at once: bounds the memory of a big `count`. */
const CHUNK = 256;

/**
 * Loads the generator of a run (its newest whole checkpoint) or of one checkpoint folder.
 *
 * @throws GanError `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT`, or `ERR_NO_RECIPE` for a run that no recipe describes
 */
export async function loadGenerator(path: string, options: LoadOptions): Promise<LoadedGenerator> {
  const { checkpoint, notes } = await findCheckpoint(path);
  const { description } = checkpoint;
  const device = resolveDevice(options.device ?? 'auto');
  const weights = options.weights !== 'live' && checkpoint.names.includes('ema') ? 'ema' : 'live';
  const model = buildModel(checkpoint, options.recipes);
  const { [description.generator]: generator } = model.networks;
  const others = (options.autoencoder && model.autoencoder?.networks) || [];
  const kept = Object.fromEntries(others.map((name) => [name, model.networks[name]]));
  for (const [name, network] of Object.entries(model.networks))
    if (network !== generator && !kept[name]) network.dispose();
  await loadNetworks(checkpoint, { ...kept, [weights === 'ema' ? 'ema' : description.generator]: generator });
  // As in a training, where the same weights must make the same images.
  for (const network of [generator, ...Object.values(kept)])
    network.to({ device, memoryFormat: 'channels_last' }).eval();
  const standing = options.standingStatistics
    ? takeStatistics(generator, model.latent, { ...options.standingStatistics, device })
    : undefined;
  const batchNorm = standing ?? undefined;
  const idle = ['this generator has no batch norm: standing statistics change nothing'];
  const context = { generator, model, device };
  return {
    checkpoint: checkpoint.path,
    step: description.step,
    weights,
    batchNorm,
    latentSize: latentSize(model.latent),
    latent: model.latent,
    spec: description.spec,
    settings: description.settings,
    conditional: (model.latent.classes ?? 0) > 0,
    autoencoder: (options.autoencoder && model.autoencoder) || null,
    device,
    forward: (latents) => generateImages(generator, given(latents, { model, device })),
    notes: standing === null ? [...notes, ...idle] : notes,
    generate: (request) => scope(() => generate(context, request)),
    images: ({ seed = 0, ...drawn }) =>
      generatedImages({
        generator,
        weights,
        latent: model.latent,
        conditional: model.conditional,
        spec: description.spec,
        device,
        seed,
        batchNorm,
        ...drawn,
      }),
    dispose() {
      for (const network of [generator, ...Object.values(kept)]) network.dispose();
    },
  };
}

/** Fills networks from the files of those names. */
async function loadNetworks({ path }: Checkpoint, networks: Readonly<Record<string, Module>>): Promise<void> {
  const files = await readCheckpoint(path, Object.keys(networks));
  for (const [name, network] of Object.entries(networks))
    scope(() => network.loadStateDict(recordsToTensors(files[name])));
}

/** Images of a batch that standing statistics are taken from, and what those are drawn by: other images must not change them. */
const STANDING_BATCH = 64;
const STANDING_SEED = 0x57a7;

/** What figures say of the statistics it takes; null for a generator without batch norm. */
function takeStatistics(
  generator: Module,
  latent: Latent,
  { batches, device, truncation }: { batches: number; device: string; truncation?: number },
): string | null {
  const random = new Generator({ device: 'cpu', seed: STANDING_SEED });
  try {
    const input = () =>
      drawLatents(latent, { count: STANDING_BATCH, generator: random, device: 'cpu', truncation }).to(device);
    if (standingStatistics(generator, { batches, input }) === 0) return null;
    return `standing statistics of ${batches} × ${STANDING_BATCH} latents`;
  } finally {
    random.dispose();
  }
}

interface Context {
  readonly generator: Module;
  readonly model: Model;
  readonly device: string;
}

function generate({ generator, model, device }: Context, request: GenerateOptions): Tensor {
  const latents = request.latents
    ? given(request.latents, { model, device })
    : seededLatents(model.latent, { seed: 0, ...request }).to(device);
  const chunks = latents.split(CHUNK).map((chunk) => scope(() => generateImages(generator, chunk).to('cpu')));
  return cat(chunks);
}

function given(latents: Tensor, { model, device }: Omit<Context, 'generator'>): Tensor {
  const size = latentSize(model.latent);
  const [count, ...shape] = latents.shape;
  if (count > 0 && latents.numel === count * size)
    return latents.to({ device, dtype: 'float32' }).reshape([count, ...latentShape(model.latent)]);
  throw new UsageError(
    `latents expected a tensor [N, ${size}] but received [${[count, ...shape].join(', ')}]`,
  );
}

function buildModel({ path, description }: Checkpoint, recipes: LoadOptions['recipes']): Model {
  const { recipe, set } = description.settings;
  if (typeof recipe !== 'string' || !isJsonObject(set))
    throw new GanError(
      'ERR_NO_RECIPE',
      `checkpoint ${path}: expected a recipe to build the networks from but it was trained by a script of its own: build them there and load ${description.generator}.safetensors with loadStateDict`,
    );
  if (Object.hasOwn(recipes, recipe)) {
    const { fields = {} } = recipes[recipe];
    const defaults = Object.entries(fields).map(([key, field]) => [key, field.default]);
    return recipes[recipe].build({ ...Object.fromEntries(defaults), ...set }, description.spec);
  }
  throw new GanError(
    'ERR_NO_RECIPE',
    `checkpoint ${path}: expected one of the recipes ${Object.keys(recipes).join(', ')} but it is of ${recipe}: another version of libtorch-gan wrote it`,
  );
}

async function findCheckpoint(path: string): Promise<{ checkpoint: Checkpoint; notes: readonly string[] }> {
  if (basename(path) === BEST || /^step-\d+$/.test(basename(path)))
    return { checkpoint: await openCheckpoint(path), notes: [] };
  const { path: latest, damaged } = await latestCheckpoint(path);
  return {
    checkpoint: await openCheckpoint(latest),
    notes: damaged.map((problem) => `${problem}; sampling from ${latest}`),
  };
}

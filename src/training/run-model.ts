import { argumentError } from '../check';
import type { DataSpecs } from '../data/dataset';
import { UsageError } from '../errors';
import { isFloating } from '../tensor/full-precision';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import { Tensor } from '../tensor/tensor';
import { type SampledNetworks, seededLatents } from './generated-images';
import type { ImageSampler, MaskOptions } from './image-sampler';
import { type Latent, latentShape, latentSize } from './latent';
import type { LatentSampler } from './latent-sampler';
import { checkedMasks } from './masks';
import type { Sampler } from './sampler';
import { makeInTiles } from './tiled';
import { type TruncationOptions, truncationOf } from './truncation';

/** Latents to draw: of a seed, so that the same seed gives the same images. */
export interface DrawRequest extends TruncationOptions {
  readonly count: number;
  /** (0) */
  readonly seed?: number;
  /** The class, for a conditional model. */
  readonly label?: number;
}

/** Latents float32 [N, z]; a truncation is of their w, for models that have one. */
export interface LatentsRequest extends TruncationOptions {
  readonly latents: Tensor;
}

/** What a model with an intermediate latent makes images of: a w [N, s], or one for each layer [N, L, s]. */
export interface StylesRequest {
  readonly styles: Tensor;
  /** The noise maps [1, 1, H, W], or of each image [N, 1, H, W], in the order of the layers (those of use). */
  readonly noise?: readonly Tensor[];
}

/** Images float32 [N, C, H, W] in [−1, 1] of any size that the model takes, with `masks` where it fills holes. */
export interface ImagesRequest extends MaskOptions {
  readonly images: Tensor;
  /** Makes images in tiles of so many pixels a side, for those that do not fit in memory (whole). */
  readonly tile?: number;
  /** Pixels that tiles see beyond what is kept of them (half of the network's receptive field). */
  readonly overlap?: number;
}

/** What a model is to make images of. */
export type RunRequest = DrawRequest | LatentsRequest | StylesRequest | ImagesRequest;

/** What only requests of images have. */
const OF_IMAGES = ['masks', 'direction', 'tile', 'overlap'] as const;

/** What requests, by which there are, have no use for. */
const IDLE = {
  styles: ['latents', 'count', 'seed', 'label', 'truncation', 'truncationLayers', ...OF_IMAGES],
  latents: ['count', 'seed', 'label', 'noise', ...OF_IMAGES],
  count: ['noise', ...OF_IMAGES],
  images: ['styles', 'latents', 'count', 'label', 'truncation', 'truncationLayers', 'noise'],
} as const;

/** Refuses what would be ignored: the types of several requests together allow it. */
function refuseIdle(request: RunRequest): void {
  const given = new Map(Object.entries(request));
  const kind = (['images', 'styles', 'latents'] as const).find((name) => given.has(name)) ?? 'count';
  const idle = IDLE[kind].filter((name) => given.get(name) !== undefined);
  if (idle.length > 0)
    throw new UsageError(
      `${idle.join(', ')} would do nothing beside ${kind}: leave ${idle.length > 1 ? 'them' : 'it'} out`,
    );
}

/** Images computed at once: bounds the memory of a big `count`. */
const CHUNK = 256;

/** A trained model, and the images that it has learned, by their names in batches. */
export interface RunModel extends SampledNetworks {
  readonly sampler: Sampler;
  readonly specs: DataSpecs;
}

/** Images float32 [N, C, H, W] on the CPU, the caller's. @throws UsageError for a request that the sampler does not serve */
export function run(model: RunModel, request: RunRequest): Tensor {
  const { sampler } = model;
  if (typeof request !== 'object' || request === null)
    throw argumentError(
      'model.run',
      sampler.takes === 'latents' ? '{ count, seed } or { latents }' : '{ images }',
      request,
    );
  return scope(() =>
    sampler.takes === 'latents'
      ? runLatents({ ...model, sampler }, request)
      : runImages({ ...model, sampler }, request),
  );
}

function runLatents(
  model: SampledNetworks & { readonly sampler: LatentSampler },
  request: RunRequest,
): Tensor {
  const { sampler, networks, device } = model;
  if ('images' in request)
    throw new UsageError('this model makes images of latents but was given images: give it count and seed');
  refuseIdle(request);
  if ('styles' in request) return runStyles(model, request);
  if (!('latents' in request) && !(Number.isInteger(request.count) && request.count >= 1))
    throw new UsageError(`count expected a whole number of at least 1 but received ${request.count}`);
  if (!('latents' in request)) requireSeed(request.seed);
  const truncation = truncationOf(sampler.style(networks), request);
  if ('latents' in request && truncation.latents !== undefined)
    throw new UsageError('truncation is of latents that are drawn, but these are given: leave it out');
  const latents =
    'latents' in request
      ? formLatents(sampler.latent, finite('latents', request.latents), device)
      : seededLatents(sampler.latent, { seed: 0, ...request, truncation: truncation.latents }).to(device);
  const make = (chunk: Tensor) => scope(() => sampler.make(networks, chunk, truncation.styles).to('cpu'));
  return cat(latents.split(CHUNK).map(make));
}

function runStyles(
  { sampler, networks, device }: SampledNetworks & { readonly sampler: LatentSampler },
  { styles, noise }: StylesRequest,
): Tensor {
  const given = finite('styles', styles).to({ device, dtype: 'float32' });
  const maps = noise?.map((map) => finite('noise', map).to({ device, dtype: 'float32' }));
  const make = (chunk: Tensor, i: number) => {
    const span = { start: i * CHUNK, length: chunk.shape[0] };
    const ofChunk = maps?.map((map) => (map.shape[0] === 1 ? map : map.narrow(0, span)));
    return scope(() => sampler.synthesise(networks, chunk, ofChunk).to('cpu'));
  };
  return cat(given.split(CHUNK).map(make));
}

function runImages(
  { sampler, networks, device, specs }: RunModel & { readonly sampler: ImageSampler },
  request: RunRequest,
): Tensor {
  if (!('images' in request))
    throw new UsageError('this model makes images of images: give it `images` [N, C, H, W] in [-1, 1]');
  refuseIdle(request);
  const { images, masks: holes, tile, overlap, ...options } = request;
  requireTensor('images', images);
  requireSeed(options.seed);
  if (!isFloating(images.dtype))
    throw new UsageError(
      `images expected floating-point numbers in [-1, 1] but received ${images.dtype}: of bytes, images.float().div(127.5).sub(1)`,
    );
  if (images.dim !== 4 || images.shape[0] < 1)
    throw new UsageError(`images expected [N, C, H, W] but received [${images.shape.join(', ')}]`);
  const learned = specs[sampler.direction(options.direction).from];
  if (learned && images.shape[1] !== learned.channels)
    throw new UsageError(
      `images expected [N, ${learned.channels}, H, W], the channels that this model has learned, but received [${images.shape.join(', ')}]`,
    );
  if (overlap !== undefined && tile === undefined)
    throw new UsageError('overlap is of tiles, but no tile is given: give both, or neither');
  const given = finite('images', images).to({ dtype: 'float32' });
  const masks = holes && checkedMasks(holes).to({ dtype: 'float32' });
  if (tile !== undefined)
    return makeInTiles({ sampler, networks, device }, given, { ...options, masks, tile, overlap });
  const there = { ...options, masks: masks?.to(device) };
  return sampler.make(networks, given.to(device), there).to('cpu');
}

/** @throws UsageError unless there is none, or it is a whole number of at least 0 */
function requireSeed(seed: number | undefined): void {
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0))
    throw new UsageError(`seed expected a whole number of at least 0 but received ${seed}`);
}

/** @throws UsageError for what is no tensor, e.g. an array of numbers */
function requireTensor(name: string, given: Tensor): void {
  if (!(given instanceof Tensor))
    throw argumentError('model.run', `${name} to be a tensor, as tensor(…) makes one,`, given);
}

/** @throws UsageError for NaN or infinity: what is made of them looks like an image of black */
function finite(name: string, given: Tensor): Tensor {
  requireTensor(name, given);
  if (scope(() => given.isfinite().all().item()) === 0)
    throw new UsageError(`${name} expected finite numbers but received some that are NaN or infinite`);
  return given;
}

/** Latents [N, z] in the shape that a model takes. @throws UsageError for another number of them */
export function formLatents(latent: Latent, latents: Tensor, device: string): Tensor {
  const size = latentSize(latent);
  const [count, ...shape] = latents.shape;
  if (count > 0 && latents.numel === count * size)
    return latents.to({ device, dtype: 'float32' }).reshape([count, ...latentShape(latent)]);
  throw new UsageError(
    `latents expected a tensor [N, ${size}] but received [${[count, ...shape].join(', ')}]`,
  );
}

import { UsageError } from '../errors';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type SampledNetworks, seededLatents } from './generated-images';
import type { ImageSampler, MaskOptions } from './image-sampler';
import { type Latent, latentShape, latentSize } from './latent';
import type { LatentSampler } from './latent-sampler';
import { checkedMasks } from './masks';
import type { Sampler } from './sampler';
import { makeInTiles } from './tiled';

/** Latents to draw: of a seed, so that the same seed gives the same images. */
export interface DrawRequest {
  readonly count: number;
  /** (0) */
  readonly seed?: number;
  /** The class, for a conditional model. */
  readonly label?: number;
  /** Keeps the normal numbers of latents within ± this: fewer odd images, and less variety (none). */
  readonly truncation?: number;
}

/** Latents float32 [N, z]. */
export interface LatentsRequest {
  readonly latents: Tensor;
}

/** Images float32 [N, C, H, W] in [−1, 1] of any size that the model takes, with `masks` where it fills holes. */
export interface ImagesRequest extends MaskOptions {
  readonly images: Tensor;
  /** Makes images in tiles of so many pixels a side, for those that do not fit in memory: {@link makeInTiles} (whole). */
  readonly tile?: number;
  /** Pixels that tiles see beyond what is kept of them (half of the network's receptive field). */
  readonly overlap?: number;
}

/** What a model is to make images of. */
export type RunRequest = DrawRequest | LatentsRequest | ImagesRequest;

/** Images computed at once: bounds the memory of a big `count`. */
const CHUNK = 256;

/** Images float32 [N, C, H, W] on the CPU, the caller's. @throws UsageError for a request that the sampler does not serve */
export function run(model: SampledNetworks & { readonly sampler: Sampler }, request: RunRequest): Tensor {
  const { sampler } = model;
  return scope(() =>
    sampler.takes === 'latents'
      ? runLatents({ ...model, sampler }, request)
      : runImages({ ...model, sampler }, request),
  );
}

function runLatents(
  { sampler, networks, device }: SampledNetworks & { readonly sampler: LatentSampler },
  request: RunRequest,
): Tensor {
  if ('images' in request)
    throw new UsageError('this model makes images of latents but was given images: give it count and seed');
  if (!('latents' in request) && !(Number.isInteger(request.count) && request.count >= 1))
    throw new UsageError(`count expected a whole number of at least 1 but received ${request.count}`);
  const latents =
    'latents' in request
      ? formLatents(sampler.latent, finite('latents', request.latents), device)
      : seededLatents(sampler.latent, { seed: 0, ...request }).to(device);
  return cat(latents.split(CHUNK).map((chunk) => scope(() => sampler.make(networks, chunk).to('cpu'))));
}

function runImages(
  { sampler, networks, device }: SampledNetworks & { readonly sampler: ImageSampler },
  request: RunRequest,
): Tensor {
  if (!('images' in request))
    throw new UsageError('this model makes images of images: give it `images` [N, C, H, W] in [-1, 1]');
  const { images, masks: holes, tile, overlap, ...options } = request;
  if (images.dim !== 4 || images.shape[0] < 1)
    throw new UsageError(`images expected [N, C, H, W] but received [${images.shape.join(', ')}]`);
  if (overlap !== undefined && tile === undefined)
    throw new UsageError('overlap is of tiles, but no tile is given: give both, or neither');
  const given = finite('images', images).to({ dtype: 'float32' });
  const masks = holes && checkedMasks(holes).to({ dtype: 'float32' });
  if (tile !== undefined)
    return makeInTiles({ sampler, networks, device }, given, { ...options, masks, tile, overlap });
  const there = { ...options, masks: masks?.to(device) };
  return sampler.make(networks, given.to(device), there).to('cpu');
}

/** @throws UsageError for NaN or infinity: what is made of them looks like an image of black */
function finite(name: string, given: Tensor): Tensor {
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

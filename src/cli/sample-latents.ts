import { GanError, UsageError } from '../errors';
import { readSafetensors } from '../io/safetensors';
import type { Tensor } from '../tensor/tensor';
import type { LatentSampler } from '../training/latent-sampler';
import type { DrawSettings } from './sample-settings';

/** Latents that `sample` was asked for in another way than by a number. */
export interface ChosenLatents {
  readonly latents: Tensor;
  /** Images in a row of the picture. */
  readonly columns?: number;
}

/** Images of a class where every class gets a row. */
const CLASS_COLUMNS = 8;
/** Frames of a walk when no number is given. */
const FRAMES = 30;

/**
 * Latents from a file, on a walk, of a sweep, or a row for each class; null where they are just to be drawn.
 *
 * @throws UsageError for settings that do not go together; GanError `ERR_BAD_LATENTS` for a file that holds something else, NaN or infinity
 */
export async function chooseLatents(
  sampler: LatentSampler,
  settings: DrawSettings,
): Promise<ChosenLatents | null> {
  checkTogether(settings);
  const { latents, interpolate, gridSweep, label, seed, truncation, count } = settings;
  if (latents !== undefined) return { latents: await readLatents(latents, sampler) };
  const paths = require('../training/latent-paths') as typeof import('../training/latent-paths');
  const { latent } = sampler;
  if (interpolate !== undefined) {
    const [from, to] = interpolate.split(':').map(Number);
    const { frames = FRAMES } = settings;
    return { latents: paths.walkLatents(latent, { from, to, frames, label, truncation }) };
  }
  if (gridSweep)
    return paths.withSeed(seed, (source) => paths.sweepLatents(latent, { ...source, truncation }));
  if (!latent.conditional || label !== undefined || count !== undefined) return null;
  const columns = settings.columns ?? CLASS_COLUMNS;
  return { latents: paths.classRows(latent, { seed, columns, truncation }), columns };
}

function checkTogether(settings: DrawSettings): void {
  const { latents, interpolate, gridSweep, frames, truncation, label, count } = settings;
  const ways = Object.entries({
    '--latents': latents !== undefined,
    '--interpolate': interpolate !== undefined,
    '--grid-sweep': gridSweep,
  }).filter(([, given]) => given);
  if (ways.length > 1)
    throw new UsageError(`${ways.map(([name]) => name).join(' and ')} each say what to draw: leave one out`);
  if (frames !== undefined && interpolate === undefined)
    throw new UsageError('--frames belongs to --interpolate: try --interpolate 1:2');
  if (count !== undefined && (interpolate !== undefined || gridSweep))
    throw new UsageError(`${ways[0][0]} says how many images there are: leave --count out`);
  if (truncation !== undefined && latents !== undefined)
    throw new UsageError(
      '--truncation belongs to latents that are drawn, but --latents gives them: leave it out',
    );
  if (label !== undefined && (latents !== undefined || gridSweep))
    throw new UsageError(`${ways[0][0]} says of what classes the images are: leave --label out`);
}

async function readLatents(file: string, { latent }: LatentSampler): Promise<Tensor> {
  const { latentSize } = require('../training/latent') as typeof import('../training/latent');
  const size = latentSize(latent);
  const { recordsToTensors } = require('../io/tensors') as typeof import('../io/tensors');
  const { records } = await readSafetensors(file);
  const { latents } = records;
  const names = Object.keys(records).join(', ') || 'nothing';
  if (latents === undefined || names !== 'latents')
    throw new GanError('ERR_BAD_LATENTS', `${file}: expected one tensor "latents", but it holds ${names}`);
  if (
    latents.dtype !== 'F32' ||
    latents.shape.length !== 2 ||
    latents.shape[0] < 1 ||
    latents.shape[1] !== size
  )
    throw new GanError(
      'ERR_BAD_LATENTS',
      `${file}: expected latents F32 [N, ${size}], but got ${latents.dtype} [${latents.shape.join(', ')}]`,
    );
  const { buffer, byteOffset, byteLength } = Uint8Array.from(latents.bytes);
  const values = new Float32Array(buffer, byteOffset, byteLength / 4);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new GanError(
      'ERR_BAD_LATENTS',
      `${file}: expected finite latents, but row ${Math.floor(wrong / size)} holds ${values[wrong]}`,
    );
  return recordsToTensors({ latents }).latents;
}

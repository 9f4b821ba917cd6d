import { GanError, UsageError } from '../errors';
import { readSafetensors, type TensorRecord, type TensorRecords } from '../io/safetensors';
import type { StyleNetwork } from '../nn/style-network';
import type { Tensor } from '../tensor/tensor';
import { latentSize } from '../training/latent';
import type { LatentSampler } from '../training/latent-sampler';
import type { LatentsRequest, StylesRequest } from '../training/run-model';

/** The name of a noise map in a file, before its number. */
const NOISE = 'noise.';

/**
 * The images that a file names: `latents` [N, z]; or, of a model with an intermediate latent, `styles` [N, w] or [N, layers, w], perhaps with the
 * noise maps that belong to them, `noise.0`, `noise.1`, …, as `invert` writes them.
 *
 * @returns tensors that are the caller's to dispose
 * @throws GanError `ERR_BAD_LATENTS` for a file that holds something else, NaN or infinity; UsageError for styles of another model
 */
export async function readInputs(
  file: string,
  sampler: LatentSampler,
  network: StyleNetwork | null,
): Promise<LatentsRequest | StylesRequest> {
  const { recordsToTensors } = require('../io/tensors') as typeof import('../io/tensors');
  const { records } = await readSafetensors(file);
  const names = Object.keys(records);
  if (network && records.styles !== undefined && names.every(isOfStyles)) {
    checkStyles(file, records, network);
    const { styles, ...rest } = recordsToTensors(records);
    const noise = Object.keys(rest)
      .sort((a, b) => Number(a.slice(NOISE.length)) - Number(b.slice(NOISE.length)))
      .map((name) => rest[name]);
    return noise.length === 0 ? { styles } : { styles, noise };
  }
  const { latents } = records;
  const found = names.join(', ') || 'nothing';
  if (latents === undefined || names.length !== 1)
    throw badLatents(
      file,
      `one tensor "latents"${network ? ', or "styles"' : ''}, but it holds ${found}`,
      network === null && records.styles !== undefined
        ? ': styles are of a model with an intermediate latent w, and this one has none'
        : '',
    );
  const size = latentSize(sampler.latent);
  if (
    latents.shape.length !== 2 ||
    latents.shape[0] < 1 ||
    latents.shape[1] !== size ||
    latents.dtype !== 'F32'
  )
    throw badLatents(file, `latents F32 [N, ${size}], but got ${formOf(latents)}`);
  requireFinite(file, 'latents', latents);
  return { latents: recordsToTensors({ latents }).latents };
}

/** The tensors of a request, for their release. */
export function tensorsOf(request: LatentsRequest | StylesRequest): readonly Tensor[] {
  return 'latents' in request ? [request.latents] : [request.styles, ...(request.noise ?? [])];
}

function isOfStyles(name: string): boolean {
  return name === 'styles' || /^noise\.\d+$/.test(name);
}

function checkStyles(file: string, records: TensorRecords, { styleLayers, styleSize }: StyleNetwork): void {
  const { styles, ...noise } = records;
  const [count, ...rest] = styles.shape;
  const known = [[styleSize], [styleLayers, styleSize]].some((shape) => String(shape) === String(rest));
  if (!known || count < 1 || styles.dtype !== 'F32')
    throw new UsageError(
      `${file}: expected styles F32 [N, ${styleSize}] or [N, ${styleLayers}, ${styleSize}], but got ${formOf(styles)}: they are of another model`,
    );
  for (const [name, record] of Object.entries(records)) requireFinite(file, name, record);
  const wrong = Object.entries(noise).find(
    ([, { shape, dtype }]) => dtype !== 'F32' || shape.length !== 4 || ![1, count].includes(shape[0]),
  );
  if (wrong) throw badLatents(file, `${wrong[0]} F32 [1 or ${count}, 1, H, W], but got ${formOf(wrong[1])}`);
}

function requireFinite(file: string, name: string, { bytes, shape }: TensorRecord): void {
  const { buffer, byteOffset, byteLength } = Uint8Array.from(bytes);
  const values = new Float32Array(buffer, byteOffset, byteLength / 4);
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const row = Math.floor(wrong / (values.length / shape[0]));
  throw badLatents(file, `finite ${name}, but row ${row} holds ${values[wrong]}`);
}

function formOf({ dtype, shape }: TensorRecord): string {
  return `${dtype} [${shape.join(', ')}]`;
}

function badLatents(file: string, expected: string, why = ''): GanError {
  return new GanError('ERR_BAD_LATENTS', `${file}: expected ${expected}${why}`);
}

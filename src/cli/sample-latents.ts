import { UsageError } from '../errors';
import type { StyleNetwork } from '../nn/style-network';
import type { Tensor } from '../tensor/tensor';
import type { LatentSampler } from '../training/latent-sampler';
import type { LoadedModel } from '../training/load';
import type { RunRequest } from '../training/run-model';
import type { StyledModel } from '../training/style-paths';
import { readLayers, readMix } from './mix-sides';
import type { DrawSettings, SampleSettings } from './sample-settings';

/** What `sample` is to draw. */
export interface ChosenImages {
  readonly request: RunRequest;
  readonly count: number;
  /** Images in a row of the picture. */
  readonly columns?: number;
  /** The class of each image, of a conditional model that was not asked for one class. */
  readonly labels?: Int32Array;
  /** Tensors of the request: the caller's to dispose. */
  readonly held: readonly Tensor[];
}

/** Images made when no number is given. */
export const DEFAULT_COUNT = 64;
/** Images of a class where every class gets a row. */
const CLASS_COLUMNS = 8;
/** Frames of a walk when no number is given. */
const FRAMES = 30;

/**
 * What the settings ask for: images of a file, on a walk, of a mixing, of a sweep, a row for each class, or just those of a seed. Where the model has an
 * intermediate latent w, walks and truncation go through it.
 *
 * @throws UsageError for settings that the model cannot do; GanError `ERR_BAD_LATENTS` for a file that holds
 *   something else, NaN or infinity
 */
export async function chooseImages(
  model: LoadedModel,
  sampler: LatentSampler,
  settings: DrawSettings,
): Promise<ChosenImages> {
  const { truncationOf } = require('../training/truncation') as typeof import('../training/truncation');
  const network = sampler.style(model.networks);
  const { truncation, truncationLayers, seed, label, latents } = settings;
  const drawn = truncationOf(network, { truncation, truncationLayers });
  if (drawn.latents === 0)
    throw new UsageError(
      '--truncation 0 is of models with an intermediate latent w, but this one draws numbers within ±t: give one above 0, or leave it out',
    );
  if (latents !== undefined) {
    const { readInputs, tensorsOf } = require('./sample-inputs') as typeof import('./sample-inputs');
    const request = await readInputs(latents, sampler, network);
    const held = tensorsOf(request);
    return { request, count: held[0].shape[0], held };
  }
  const styled = { sampler, networks: model.networks, device: model.device };
  if (settings.mix !== undefined) return mixing(settings.mix, styled, { ...settings, network });
  if (settings.interpolate !== undefined && network) return ofStyles(walkOfStyles(styled, settings));
  const chosen = chooseLatents(sampler, { ...settings, truncation: drawn.latents });
  const ofW = drawn.styles && { truncation, truncationLayers };
  if (chosen) {
    const { latents: given, columns } = chosen;
    const labels = labelsOf(sampler, settings, () => given);
    return { request: { latents: given, ...ofW }, count: given.shape[0], columns, labels, held: [given] };
  }
  const { count = DEFAULT_COUNT } = settings;
  const { seededLatents } =
    require('../training/generated-images') as typeof import('../training/generated-images');
  const draw = () => seededLatents(sampler.latent, { count, seed, truncation: drawn.latents });
  const labels = labelsOf(sampler, settings, draw);
  return { request: { count, seed, label, truncation, truncationLayers }, count, labels, held: [] };
}

/** The classes in latents, where images are of several. */
function labelsOf(
  { latent }: LatentSampler,
  { label, interpolate }: DrawSettings,
  latents: () => Tensor,
): Int32Array | undefined {
  if (!latent.conditional || label !== undefined || interpolate !== undefined) return undefined;
  const { scope } = require('../tensor/scope') as typeof import('../tensor/scope');
  const { classesOf } = require('../training/latent') as typeof import('../training/latent');
  return scope(() => classesOf(latent, latents()));
}

/** Latents that are asked for in another way than by a number, or null. */
function chooseLatents(
  { latent }: LatentSampler,
  settings: DrawSettings,
): { readonly latents: Tensor; readonly columns?: number } | null {
  const { interpolate, gridSweep, label, seed, truncation, count } = settings;
  const paths = require('../training/latent-paths') as typeof import('../training/latent-paths');
  if (interpolate !== undefined)
    return { latents: paths.walkLatents(latent, { ...walkOf(interpolate, settings), label, truncation }) };
  if (gridSweep)
    return paths.withSeed(seed, (source) => paths.sweepLatents(latent, { ...source, truncation }));
  if (!latent.conditional || label !== undefined || count !== undefined) return null;
  const columns = settings.columns ?? CLASS_COLUMNS;
  return { latents: paths.classRows(latent, { seed, columns, truncation }), columns };
}

function walkOf(interpolate: string, { frames = FRAMES }: DrawSettings) {
  const [from, to] = interpolate.split(':').map(Number);
  return { from, to, frames };
}

function walkOfStyles(styled: StyledModel, settings: DrawSettings): { readonly styles: Tensor } {
  const { walkStyles } = require('../training/style-paths') as typeof import('../training/style-paths');
  const { interpolate = '', label, truncation, truncationLayers } = settings;
  const walk = walkOf(interpolate, settings);
  return { styles: walkStyles(styled, { ...walk, label, truncation, truncationLayers }) };
}

function mixing(
  mix: string,
  styled: StyledModel,
  {
    network,
    mixLayers,
    seed,
    label,
    truncation,
    truncationLayers,
  }: DrawSettings & { readonly network: StyleNetwork | null },
): ChosenImages {
  if (!network)
    throw new UsageError(
      '--mix is of models with an intermediate latent w, but this one makes images of its latents directly: leave it out',
    );
  const { mixingStyles } = require('../training/style-paths') as typeof import('../training/style-paths');
  const range = readLayers('--mix-layers', mixLayers, network.styleLayers);
  return ofStyles(
    mixingStyles(styled, { ...readMix(mix), range, seed, label, truncation, truncationLayers }),
  );
}

function ofStyles({ styles, columns }: { readonly styles: Tensor; readonly columns?: number }): ChosenImages {
  return { request: { styles }, count: styles.shape[0], columns, held: [styles] };
}

/**
 * @param options.seeded whether a seed was given
 * @throws UsageError for settings that do not go together, or that say nothing
 */
export function checkTogether(settings: SampleSettings, { seeded }: { readonly seeded: boolean }): void {
  const { latents, interpolate, gridSweep, frames, truncation, label, count, mix, mixLayers } = settings;
  const ways = Object.entries({
    '--latents': latents !== undefined,
    '--interpolate': interpolate !== undefined,
    '--mix': mix !== undefined,
    '--grid-sweep': gridSweep,
  }).filter(([, given]) => given);
  if (ways.length > 1)
    throw new UsageError(`${ways.map(([name]) => name).join(' and ')} each say what to draw: leave one out`);
  if (frames !== undefined && interpolate === undefined)
    throw new UsageError('--frames belongs to --interpolate: try --interpolate 1:2');
  if (settings.columns !== undefined && mix !== undefined)
    throw new UsageError('--mix says how many columns there are: leave --columns out');
  const sides = mix === undefined ? [] : Object.values(readMix(mix));
  readLayers('--mix-layers', mixLayers);
  if (mixLayers !== undefined && mix === undefined)
    throw new UsageError('--mix-layers belongs to --mix: try --mix 4:6');
  if (count !== undefined && (interpolate !== undefined || gridSweep || mix !== undefined))
    throw new UsageError(`${ways[0][0]} says how many images there are: leave --count out`);
  const isSeeded = sides.length > 0 && sides.every((side) => 'seeds' in side);
  if (seeded && (interpolate !== undefined || isSeeded))
    throw new UsageError(`${ways[0][0]} names seeds of its own: leave --seed out`);
  if (seeded && latents !== undefined)
    throw new UsageError('--seed is of latents that are drawn, but --latents gives them: leave it out');
  if (truncation !== undefined && latents !== undefined)
    throw new UsageError(
      '--truncation belongs to latents that are drawn, but --latents gives them: leave it out',
    );
  if (label !== undefined && (latents !== undefined || gridSweep))
    throw new UsageError(`${ways[0][0]} says of what classes the images are: leave --label out`);
}

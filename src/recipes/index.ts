import { pathText } from '../check';
import { type LoadedModel, type LoadOptions, loadModel, type ModelBuilder } from '../training/load';
import { acgan } from './acgan';
import { anogan } from './anogan';
import { betaVae } from './beta-vae';
import { biggan } from './biggan';
import { cgan } from './cgan';
import { convDropout } from './conv-dropout';
import { cutPaste } from './cut-paste';
import { cyclegan } from './cyclegan';
import { dcgan } from './dcgan';
import { denoise } from './denoise';
import { dragan } from './dragan';
import { fAnogan } from './f-anogan';
import { ganomaly } from './ganomaly';
import { infogan } from './infogan';
import { inpaint } from './inpaint';
import { hinge, lsgan, relativistic } from './losses';
import { mlp } from './mlp';
import { modern } from './modern';
import { pix2pix } from './pix2pix';
import { progressive } from './progressive';
import { projection } from './projection';
import type { Recipe } from './recipe';
import { askedRecipe } from './recipe-file';
import { sngan } from './sngan';
import { stylegan2 } from './stylegan2';
import { superResolution } from './super-resolution';
import { vae } from './vae';
import { vaeGan } from './vae-gan';
import { wgan } from './wgan';
import { wganGp } from './wgan-gp';

export { adversarialLoss, LOSSES as adversarialLosses } from './adversarial';
export type { AugmentationName } from './augmentation';
export { reconstructions, type ShownOptions, traversals } from './autoencoder';
/** Fields of a recipe’s configuration, and how they are read. */
export * as field from './config';
export { type GanConfig, type GanOptions, type GanParts, gan, type Penalty } from './gan';
export type { Preset } from './preset';
export type { Recipe, TrainingLength } from './recipe';

/** Every recipe, by name; the first is trained when none is named. */
export const recipes: Readonly<Record<string, Recipe>> = {
  dcgan,
  mlp,
  'conv-dropout': convDropout,
  lsgan,
  hinge,
  relativistic,
  wgan,
  'wgan-gp': wganGp,
  dragan,
  sngan,
  modern,
  progressive,
  stylegan2,
  cgan,
  acgan,
  projection,
  biggan,
  infogan,
  vae,
  'beta-vae': betaVae,
  'vae-gan': vaeGan,
  anogan,
  'f-anogan': fAnogan,
  ganomaly,
  'cut-paste': cutPaste,
  pix2pix,
  cyclegan,
  'super-resolution': superResolution,
  denoise,
  inpaint,
};

/** Options of {@link load}. */
export interface OpenOptions extends Partial<Omit<LoadOptions, 'recipeFile' | 'recipes'>> {
  /** Recipes of one’s own beside the library’s, by the name that the run says. */
  readonly recipes?: LoadOptions['recipes'];
  /**
   * For a run whose recipe is a file: that file, or the recipe itself; for one that a script trained, what builds its model anew,
   * `{ build: () => ({ networks, phases, sampler }) }`. What a run names is not loaded by itself.
   */
  readonly recipe?: string | ModelBuilder;
}

/**
 * Loads a trained model, by its sampler. The caller disposes it.
 *
 * ```ts
 * const model = await load('runs/f');
 * const images = model.run({ count: 16, seed: 7 }); // of one that takes images in: model.run({ images })
 * ```
 *
 * @param path a run directory (its newest whole checkpoint), its `best`, or one checkpoint in it
 * @throws UsageError for a run whose recipe is a file, without `recipe`; GanError `ERR_NO_CHECKPOINT`, `ERR_BAD_CHECKPOINT`, `ERR_NO_RECIPE` or `ERR_NO_SAMPLER`
 */
export function load(
  path: string,
  { recipes: own = {}, recipe: asked, ...options }: OpenOptions = {},
): Promise<LoadedModel> {
  pathText('load', path);
  const known = { ...recipes, ...own };
  return loadModel(path, { ...options, recipes: known, recipeFile: askedRecipe(known, { path, asked }) });
}

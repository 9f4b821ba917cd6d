import type { Loader } from '../../src/data/loader';
import { recipes } from '../../src/recipes';
import type { Model } from '../../src/training/model';
import { testDevice } from './fixtures';
import { buildModel, tinyDataFor } from './training';

/** A recipe with networks of a few units. */
export interface SmallRecipe {
  /** What is special about it. */
  readonly name: string;
  readonly recipe: string;
  readonly set: Readonly<Record<string, string>>;
  readonly resolution: number;
}

const dcgan = { width: '4', latentSize: '8' };
const resnet = { ...dcgan, network: 'resnet' };
const style = {
  ...{ latentSize: '8', width: '1', maxWidth: '4', mapping: '2', emaImages: '40' },
  // Learning rates are multiplied by n / (n + 1), which float32 has exactly for 3.
  ...{ gammaEvery: '3', pathEvery: '3' },
};
const inpaint = { width: '2', patch: '16' };
const boosts = { critic: '2', boost: '3', boostFirst: '2', boostEvery: '5' };

/** Every recipe, some of them in more than one way. */
export const SMALL: readonly SmallRecipe[] = [
  { name: 'dcgan', recipe: 'dcgan', set: dcgan, resolution: 16 },
  { name: 'mlp', recipe: 'mlp', set: { latentSize: '8' }, resolution: 8 },
  { name: 'conv-dropout', recipe: 'conv-dropout', set: { units: '8', width: '4' }, resolution: 16 },
  { name: 'lsgan', recipe: 'lsgan', set: dcgan, resolution: 16 },
  { name: 'hinge on residual networks', recipe: 'hinge', set: resnet, resolution: 32 },
  { name: 'relativistic', recipe: 'relativistic', set: dcgan, resolution: 16 },
  {
    name: 'relativistic with R1',
    recipe: 'relativistic',
    set: { ...dcgan, norm: 'none', r1: '0.5' },
    resolution: 16,
  },
  { name: 'wgan with its boosted steps', recipe: 'wgan', set: { ...dcgan, ...boosts }, resolution: 16 },
  { name: 'wgan-gp', recipe: 'wgan-gp', set: { ...dcgan, critic: '2' }, resolution: 16 },
  { name: 'dragan', recipe: 'dragan', set: dcgan, resolution: 16 },
  {
    name: 'sngan with attention',
    recipe: 'sngan',
    set: { latentSize: '8', width: '4', discriminatorWidth: '4', attention: '16', critic: '2' },
    resolution: 32,
  },
  {
    name: 'modern',
    recipe: 'modern',
    set: { latentSize: '8', width: '4', maxWidth: '8', groupSize: '4' },
    resolution: 8,
  },
  {
    name: 'stylegan2 with its lazy phases',
    recipe: 'stylegan2',
    set: style,
    resolution: 32,
  },
  {
    name: 'stylegan2 of classes',
    recipe: 'stylegan2',
    set: { ...style, conditional: 'true', augment: 'ada' },
    resolution: 32,
  },
  {
    name: 'progressive over its stages, of batches that differ',
    recipe: 'progressive',
    set: {
      latentSize: '8',
      width: '4',
      maxWidth: '8',
      batches: '8,8,4',
      fadeImages: '8',
      stableImages: '8',
    },
    resolution: 16,
  },
  { name: 'cgan', recipe: 'cgan', set: dcgan, resolution: 16 },
  {
    name: 'acgan without averaged weights',
    recipe: 'acgan',
    set: { ...dcgan, emaImages: '0' },
    resolution: 16,
  },
  {
    name: 'projection with a falling rate',
    recipe: 'projection',
    set: {
      ...{ latentSize: '8', width: '2', discriminatorWidth: '2', growth: '1' },
      ...{ critic: '2', decaySteps: '16' },
    },
    resolution: 32,
  },
  {
    name: 'biggan with attention, several steps of D and an average that begins later',
    recipe: 'biggan',
    set: {
      ...{ latentSize: '8', width: '1', discriminatorWidth: '1', embeddingSize: '3', attention: '16' },
      ...{ critic: '2', emaStart: '3' },
    },
    resolution: 32,
  },
  {
    name: 'biggan, deep',
    recipe: 'biggan',
    set: { latentSize: '8', width: '2', discriminatorWidth: '2', embeddingSize: '3', deep: 'true' },
    resolution: 32,
  },
  {
    name: 'biggan as for CIFAR-10',
    recipe: 'biggan',
    set: { latentSize: '8', width: '1', discriminatorWidth: '1', size: 'cifar' },
    resolution: 32,
  },
  { name: 'infogan', recipe: 'infogan', set: { ...dcgan, hidden: '5', categories: '4' }, resolution: 16 },
  {
    name: 'vae in its warm-up',
    recipe: 'vae',
    set: { hidden: '8', latentSize: '4', warmUp: '6' },
    resolution: 16,
  },
  {
    name: 'vae of convolutions and discretised pixels',
    recipe: 'vae',
    set: { network: 'conv', width: '2', latentSize: '4', likelihood: 'discretized', binarize: 'true' },
    resolution: 16,
  },
  {
    name: 'beta-vae of Gaussian pixels',
    recipe: 'beta-vae',
    set: { hidden: '8', latentSize: '4', likelihood: 'gaussian' },
    resolution: 16,
  },
  { name: 'vae-gan', recipe: 'vae-gan', set: { width: '4', latentSize: '3' }, resolution: 16 },
  { name: 'anogan', recipe: 'anogan', set: { ...dcgan, searchSteps: '2' }, resolution: 16 },
  {
    name: 'f-anogan in both of its stages',
    recipe: 'f-anogan',
    set: { latentSize: '8', width: '4', discriminatorWidth: '4', growth: '1', critic: '2' },
    resolution: 32,
  },
  { name: 'ganomaly', recipe: 'ganomaly', set: dcgan, resolution: 16 },
  { name: 'cut-paste', recipe: 'cut-paste', set: { width: '2' }, resolution: 16 },
  {
    name: 'cut-paste in any light and any way up, by distance',
    recipe: 'cut-paste',
    set: { width: '2', lighting: '0.2', turns: 'any', score: 'distance' },
    resolution: 16,
  },
  {
    name: 'pix2pix',
    recipe: 'pix2pix',
    set: { width: '4', patch: '16' },
    resolution: 16,
  },
  {
    name: 'cyclegan with its pools and averages',
    recipe: 'cyclegan',
    set: { width: '2', blocks: '1', patch: '16', geometry: '1', pool: '6', emaImages: '40' },
    resolution: 16,
  },
  {
    name: 'super-resolution with its averages',
    recipe: 'super-resolution',
    set: { width: '4', blocks: '1', emaImages: '40' },
    resolution: 16,
  },
  {
    name: 'super-resolution, adversarial, of dense blocks',
    recipe: 'super-resolution',
    set: {
      ...{ stage: 'adversarial', network: 'rrdb', scale: '4', perceptual: '0' },
      ...{ width: '4', growth: '2', blocks: '1', patch: '16' },
    },
    resolution: 16,
  },
  { name: 'denoise', recipe: 'denoise', set: { width: '4', depth: '3', emaImages: '40' }, resolution: 16 },
  {
    name: 'denoise, blind and adversarial, of few photons',
    recipe: 'denoise',
    set: {
      ...{ sigma: '0-55', noise: 'poisson', adversarial: '0.005' },
      ...{ width: '4', depth: '3', patch: '16' },
    },
    resolution: 16,
  },
  {
    name: 'inpaint with its averages',
    recipe: 'inpaint',
    set: { ...inpaint, emaImages: '40' },
    resolution: 16,
  },
  { name: 'inpaint of strokes', recipe: 'inpaint', set: { ...inpaint, masks: 'free-form' }, resolution: 16 },
];

/** Its model for a training of so many steps, from the same weights every time. */
export function buildSmall({ recipe, set, resolution }: SmallRecipe, steps: number): Model {
  return buildModel(recipes[recipe], { set: { ...set }, resolution, steps });
}

/** A loader of what a small recipe learns from. */
export function smallLoader(
  { recipe, set, resolution }: SmallRecipe,
  { count }: { readonly count?: number } = {},
): Loader {
  const data = tinyDataFor(recipes[recipe], { set, resolution, count });
  return data.loader({ batch: 8, seed: 3, device: testDevice });
}

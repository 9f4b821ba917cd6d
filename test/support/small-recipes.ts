import { recipes } from '../../src/recipes';
import type { Model } from '../../src/training/trainer';
import { buildModel } from './training';

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
const boosts = { critic: '2', boost: '3', boostFirst: '2', boostEvery: '5' };

/** Recipes whose phases have more to them than a DCGAN's. */
export const SMALL: readonly SmallRecipe[] = [
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
];

/** Its model for a training of so many steps, from the same weights every time. */
export function buildSmall({ recipe, set, resolution }: SmallRecipe, steps: number): Model {
  return buildModel(recipes[recipe], { set: { ...set }, resolution, steps });
}

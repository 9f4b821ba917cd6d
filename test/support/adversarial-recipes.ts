import type { SmallRecipe } from './small-recipes';

const dcgan = { width: '4', latentSize: '8' };

const CASES: readonly Omit<SmallRecipe, 'name'>[] = [
  { recipe: 'dcgan', set: dcgan, resolution: 16 },
  { recipe: 'mlp', set: { latentSize: '8' }, resolution: 16 },
  { recipe: 'conv-dropout', set: { units: '8', width: '4' }, resolution: 16 },
  { recipe: 'lsgan', set: { ...dcgan, norm: 'none', r1: '0.5' }, resolution: 16 },
  { recipe: 'hinge', set: dcgan, resolution: 16 },
  { recipe: 'relativistic', set: dcgan, resolution: 16 },
  { recipe: 'wgan', set: { ...dcgan, critic: '2', boost: '3', boostFirst: '1' }, resolution: 16 },
  { recipe: 'wgan-gp', set: { ...dcgan, critic: '2' }, resolution: 16 },
  { recipe: 'dragan', set: dcgan, resolution: 16 },
  { recipe: 'sngan', set: { ...dcgan, discriminatorWidth: '4', critic: '2' }, resolution: 32 },
  { recipe: 'modern', set: { latentSize: '8', width: '4', maxWidth: '8', groupSize: '4' }, resolution: 8 },
  {
    recipe: 'stylegan2',
    set: { latentSize: '8', width: '1', maxWidth: '4', mapping: '2', emaImages: '40' },
    resolution: 32,
  },
  {
    recipe: 'progressive',
    set: { latentSize: '8', width: '4', maxWidth: '8', fadeImages: '16', stableImages: '16' },
    resolution: 16,
  },
  { recipe: 'cgan', set: { width: '4' }, resolution: 16 },
  { recipe: 'acgan', set: { width: '4' }, resolution: 16 },
  {
    recipe: 'projection',
    set: { width: '2', discriminatorWidth: '2', growth: '1', critic: '2' },
    resolution: 32,
  },
  {
    recipe: 'biggan',
    set: { latentSize: '8', width: '1', discriminatorWidth: '1', embeddingSize: '3', discriminatorLr: '0' },
    resolution: 32,
  },
  { recipe: 'infogan', set: { width: '4', hidden: '5' }, resolution: 16 },
];

/** Every recipe whose D sees augmented images where it is told to, small. */
export const ADVERSARIAL: readonly SmallRecipe[] = CASES.map((small) => ({ name: small.recipe, ...small }));

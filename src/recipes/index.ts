import { acgan } from './acgan';
import { betaVae } from './beta-vae';
import { cgan } from './cgan';
import { convDropout } from './conv-dropout';
import { dcgan } from './dcgan';
import { infogan } from './infogan';
import { mlp } from './mlp';
import { projection } from './projection';
import type { Recipe } from './recipe';
import { vae } from './vae';
import { vaeGan } from './vae-gan';

export type { Recipe } from './recipe';

/** Every recipe, by name. */
export const recipes: Readonly<Record<string, Recipe>> = {
  dcgan,
  mlp,
  'conv-dropout': convDropout,
  cgan,
  acgan,
  projection,
  infogan,
  vae,
  'beta-vae': betaVae,
  'vae-gan': vaeGan,
};

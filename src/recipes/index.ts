import { acgan } from './acgan';
import { betaVae } from './beta-vae';
import { cgan } from './cgan';
import { convDropout } from './conv-dropout';
import { dcgan } from './dcgan';
import { dragan } from './dragan';
import { infogan } from './infogan';
import { hinge, lsgan, relativistic } from './losses';
import { mlp } from './mlp';
import { modern } from './modern';
import { projection } from './projection';
import type { Recipe } from './recipe';
import { sngan } from './sngan';
import { vae } from './vae';
import { vaeGan } from './vae-gan';
import { wgan } from './wgan';
import { wganGp } from './wgan-gp';

export {
  type AdversarialOptions,
  adversarialLoss,
  adversarialPhases,
  LOSSES as adversarialLosses,
} from './adversarial';
export { reconstructions, traversals } from './autoencoder';
export * as field from './config';
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
  cgan,
  acgan,
  projection,
  infogan,
  vae,
  'beta-vae': betaVae,
  'vae-gan': vaeGan,
};

import { number } from './config';
import type { Recipe } from './recipe';
import { vae } from './vae';
import { variationalFields, variationalModel } from './variational';

const fields = {
  ...variationalFields,
  beta: number(4, { resumable: true, min: 0, help: 'weight of KL: above 1, latents are to be independent' }),
};

/** Higgins et al. 2017, "β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework". */
export const betaVae: Recipe<typeof fields> = {
  ...vae,
  name: 'beta-vae',
  summary: 'VAE with a heavier KL, for factors that are apart (Higgins et al. 2017)',
  fields,
  build: (config, { images }) => variationalModel(config, images),
};

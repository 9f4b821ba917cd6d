import { prepareOneClass } from './one-class';
import type { Recipe } from './recipe';
import { variationalFields, variationalModel } from './variational';

/** Kingma and Welling 2014, "Auto-Encoding Variational Bayes": networks 784-400-20-400-784 by default. */
export const vae: Recipe<typeof variationalFields> = {
  name: 'vae',
  summary: 'variational autoencoder (Kingma & Welling 2014)',
  fields: variationalFields,
  resolutions: {
    description: 'any size from 8 to 128',
    accepts: ({ height, width }) => Math.min(height, width) >= 8 && Math.max(height, width) <= 128,
  },
  prepare: prepareOneClass,
  training: { resolution: 28, batch: 128, steps: 3_000 },
  build: (config, { images }) => variationalModel({ ...config, beta: 1 }, images),
};

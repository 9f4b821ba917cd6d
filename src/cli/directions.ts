import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import { directionsFields } from './directions-settings';
import type { Host } from './host';
import { readLayers } from './mix-sides';
import { refuseCheckpoints } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { ENVIRONMENT, environmentSource, flagSource } from './settings';

/**
 * `directions --checkpoint RUN`: the main axes of the intermediate latent w, and what moving along each does to an image.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(directionsProgram(), { argv, host }, (invocation) => directions(invocation, host));
}

function directionsProgram(): Command {
  return createProgram(
    'directions',
    'Finds the main axes of the intermediate latent w, draws a row for each, from one side of an image to the other, and writes them as NAME.safetensors beside the picture: "directions" [K, w], unit vectors, with "importances" [K] and "deviations" [K], the standard deviation of w along each.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option('--count <k>', 'how many, the most important first (5)')
    .option('--out <file>', 'the picture; the vectors get its name with .safetensors (directions.png)')
    .option(
      '--by <what>',
      'weights, singular vectors of what turns w into styles, in closed form; or pca, principal components of the w of 10000 latents (weights)',
    )
    .option('--layers <a-b>', 'moves w in these layers only, counted from 1 (all)')
    .option('--reach <x>', 'standard deviations of w to each side (3)')
    .option('--columns <n>', 'images in a row; an odd number has the image itself in the middle (7)')
    .option('--seed <n>', 'whose image is moved (0)')
    .option('--label <class>', 'of that class, of a conditional model')
    .option('--truncation <t>', 'draws its w to the mean first, 1 stays (1)')
    .option('--truncation-layers <n>', 'in the first n layers only (all)')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option('--device <device>', `auto, cpu, cuda or cuda:N; also ${ENVIRONMENT.device} (auto)`);
}

async function directions({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE } = host.env;
  const settings = readConfig(directionsFields, [
    flagSource(flags),
    environmentSource({ LIBTORCH_GAN_DEVICE }),
  ]);
  const { checkpoint } = settings;
  if (checkpoint === undefined)
    throw new UsageError('--checkpoint expects a run directory, but got nothing: try --checkpoint runs/NAME');
  refuseCheckpoints({ '--out': settings.out });
  readLayers('--layers', settings.layers);
  // Only now: --help and wrong calls need no LibTorch.
  const { runDirections } = require('./directions-run') as typeof import('./directions-run');
  return runDirections({ ...settings, checkpoint }, terminal);
}

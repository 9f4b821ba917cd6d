import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import type { Host } from './host';
import { invertFields } from './invert-settings';
import { refuseCheckpoints } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { ENVIRONMENT, environmentSource, flagSource } from './settings';

/**
 * `invert --checkpoint RUN --in PATH --out PATH`: the intermediate latents whose images come nearest to given ones.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(invertProgram(), { argv, host }, (invocation) => invert(invocation, host));
}

function invertProgram(): Command {
  return createProgram(
    'invert',
    'Searches the intermediate latent w of images: what the generator makes of it comes as near to them as it can. Of each image NAME.png (what was found), NAME.safetensors (its latent, for sample --latents) and NAME.gif (the search, beside the image) are written.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option('--in <path>', 'an image, or a folder of images, at any depth')
    .option('--out <path>', 'NAME.png for one image, a folder for several, whose names are kept')
    .option(
      '--space <which>',
      'w, one for all layers, or w+, one for each: nearer to the image, further from what the model has learned (w)',
    )
    .option('--steps <n>', 'steps of the search (1000)')
    .option('--rate <x>', 'the largest learning rate (0.1)')
    .option('--label <class>', 'begins at the mean w of that class, of a conditional model (of all)')
    .option(
      '--features <what>',
      'the network whose features are compared beside pixels: as of evaluate, or none (the classifier of the run’s images, of digits where they have no labels)',
    )
    .option('--dataset <name>', 'the images that a classifier is of (those of the run)')
    .option(
      '--data-dir <folder>',
      `where data sets are kept; also ${ENVIRONMENT.dataDir} (the run’s, or the cache)`,
    )
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option('--batch <n>', 'images that are searched at once; each is found the same (16)')
    .option('--seed <n>', 'of the noise on w, larger by one for each further image (0)')
    .option(
      '--on-bad-image <what>',
      'fail, or skip files that are no images, too small, or of other channels or proportions (fail)',
    )
    .option('--device <device>', `auto, cpu, cuda or cuda:N; also ${ENVIRONMENT.device} (auto)`);
}

async function invert({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const settings = readConfig(invertFields, [flagSource(flags), environmentSource(host.env)]);
  const { checkpoint, in: input, out } = settings;
  if (checkpoint === undefined) throw noPath('--checkpoint', 'runs/NAME');
  if (input === undefined) throw noPath('--in', 'photo.png');
  if (out === undefined) throw noPath('--out', 'found');
  refuseCheckpoints({ '--out': out });
  // Only now: --help and wrong calls need no LibTorch.
  const { runInvert } = require('./invert-run') as typeof import('./invert-run');
  return runInvert({ ...settings, checkpoint, in: input, out }, { host, terminal });
}

function noPath(flag: string, example: string): UsageError {
  return new UsageError(`${flag} expects a path, but got nothing: try ${flag} ${example}`);
}

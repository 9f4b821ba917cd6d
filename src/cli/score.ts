import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import type { Host } from './host';
import { refuseCheckpoints } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { scoreFields } from './score-settings';
import { ENVIRONMENT, environmentSource, flagSource } from './settings';

/**
 * `score --checkpoint RUN --in PATH`: how unusual images are to a trained model, and where in them.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(scoreProgram(), { argv, host }, (invocation) => score(invocation, host));
}

function scoreProgram(): Command {
  return createProgram(
    'score',
    'Tells how unusual images are to a model that has learned what is normal: a line for each, with its score, and whether it lies above the threshold that normal images gave.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option('--in <path>', 'an image, or a folder of images, at any depth')
    .option(
      '--maps <folder>',
      'draws where each image is unusual, a PNG of its name and size: black as usual, over red and yellow to white',
    )
    .option(
      '--masks <folder>',
      'what is known of the images: PNGs of their names and sizes, white where they are unusual, none for a normal one; tells AUROC by images and by pixels. They are not scored where they lie in --in',
    )
    .option('--out <file>', 'the rows also in this file: JSON, one object a line')
    .option(
      '--false-alarms <share>',
      'share of normal images that may lie above the threshold (that of the run)',
    )
    .option(
      '--dataset <name>',
      'where the threshold’s images are, when the checkpoint keeps none (that of the run)',
    )
    .option(
      '--data-dir <folder>',
      `where data sets are kept; also ${ENVIRONMENT.dataDir} (the run’s, or the cache)`,
    )
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option('--batch <n>', "images at once (the model's)")
    .option('--on-bad-image <what>', 'fail, or skip files that are no images or too small (fail)')
    .option('--device <device>', `auto, cpu, cuda or cuda:N; also ${ENVIRONMENT.device} (auto)`);
}

async function score({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const settings = readConfig(scoreFields, [flagSource(flags), environmentSource(host.env)]);
  const { checkpoint, in: input, out, maps } = settings;
  if (checkpoint === undefined) throw noPath('--checkpoint', 'runs/NAME');
  if (input === undefined) throw noPath('--in', 'photos');
  refuseCheckpoints({ '--out': out, '--maps': maps });
  // Only now: --help and wrong calls need no LibTorch.
  const { runScore } = require('./score-run') as typeof import('./score-run');
  return runScore({ ...settings, checkpoint, in: input }, { host, terminal });
}

function noPath(flag: string, example: string): UsageError {
  return new UsageError(`${flag} expects a path, but got nothing: try ${flag} ${example}`);
}

import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import { applyFields } from './apply-settings';
import type { Host } from './host';
import { refuseCheckpoints, refuseDash } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { environmentSource, flagSource } from './settings';

/**
 * `apply --checkpoint RUN --in PATH --out PATH`: what a trained model makes of images of any size.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(applyProgram(), { argv, host }, (invocation) => apply(invocation, host));
}

function applyProgram(): Command {
  return createProgram(
    'apply',
    'Gives images of any size to a trained model, and writes what it makes of them. Names are kept; pictures are PNG.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option('--in <path>', 'an image, or a folder of images, at any depth')
    .option('--out <path>', 'a file for one image, a folder for several; not needed with --raw')
    .option(
      '--mask <path>',
      'where the holes are, of models that fill them: white (or transparent) in the hole, as large as the image; one for all images, or a folder with one of each image’s name',
    )
    .option('--direction <name>', 'which way, where a model has more than one (its first)')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option('--batch <n>', 'images of one size that are made at once (as many as have 512×512 pixels in all)')
    .option('--seed <n>', 'of dropout that stays on in use, the same for each image (0)')
    .option(
      '--scale <n>',
      'how many times as high and wide images are to become: refused where the checkpoint was trained for another (its own)',
    )
    .option(
      '--tile <n>',
      'makes images larger than n pixels a side in tiles, one image at a time, for what does not fit in memory; equal to the whole where the network sees no further than their margins, else seams may be seen, with a warning (whole images)',
    )
    .option(
      '--overlap <n>',
      'pixels that a tile sees beyond each side of what is kept of it (half of the network’s receptive field, a quarter of the tile where that is all of the image)',
    )
    .option(
      '--depth <bits>',
      'bits of each channel in pictures, 8 or 16 (16 for images that have them, else 8)',
    )
    .option(
      '--on-bad-image <what>',
      'fail, or skip files that are no images or too small (fail, before anything is made where their headers tell)',
    )
    .option(
      '--raw <file>',
      'safetensors with one tensor "images" [N, C, H, W] in [-1, 1], of images of one size',
    )
    .option('--device <device>', 'auto, cpu, cuda or cuda:N; also LIBTORCH_GAN_DEVICE (auto)');
}

async function apply({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE } = host.env;
  const settings = readConfig(applyFields, [flagSource(flags), environmentSource({ LIBTORCH_GAN_DEVICE })]);
  const { checkpoint, in: input, out, raw, tile, overlap } = settings;
  if (checkpoint === undefined) throw noPath('--checkpoint', 'runs/NAME');
  if (input === undefined) throw noPath('--in', 'photos');
  if (out === undefined && raw === undefined) throw noPath('--out', 'made');
  refuseDash(out, 'made');
  refuseCheckpoints({ '--out': out, '--raw': raw });
  if (overlap !== undefined && tile === undefined)
    throw new UsageError('--overlap is of tiles, but there is no --tile: give both, or leave --overlap out');
  // Only now: --help and wrong calls need no LibTorch.
  const { runApply } = require('./apply-run') as typeof import('./apply-run');
  return runApply({ ...settings, checkpoint, in: input }, { host, terminal });
}

function noPath(flag: string, example: string): UsageError {
  return new UsageError(`${flag} expects a path, but got nothing: try ${flag} ${example}`);
}

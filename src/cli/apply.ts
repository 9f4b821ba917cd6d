import type { Command } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import { applyFields } from './apply-settings';
import type { Host } from './host';
import { createProgram, type Invocation, runProgram } from './program';
import { environmentSource, flagSource } from './settings';

/**
 * `apply --checkpoint RUN --in PATH --out PATH`: what a trained model makes of images of any size.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 130 or 143 after SIGINT or SIGTERM
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
    .option('--in <path>', 'an image, or a folder of images, at any depth')
    .option('--out <path>', 'a file for one image, a folder for several')
    .option('--direction <name>', 'which way, where a model has more than one (its first)')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option('--batch <n>', 'images of one size that are made at once (8)')
    .option('--seed <n>', 'of dropout that stays on in use (0)')
    .option(
      '--tile <n>',
      'makes large images in tiles of n pixels, for what does not fit in memory; equal to the whole where the network sees no further than their margin (whole)',
    )
    .option('--on-bad-image <what>', 'fail, or skip files that are no images (fail)')
    .option('--raw <file>', 'also safetensors with one tensor "images" [N, C, H, W], where all have one size')
    .option('--device <device>', 'auto, cpu, cuda or cuda:N; also LIBTORCH_GAN_DEVICE (auto)');
}

async function apply({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE } = host.env;
  const settings = readConfig(applyFields, [flagSource(flags), environmentSource({ LIBTORCH_GAN_DEVICE })]);
  const { checkpoint, in: input, out } = settings;
  for (const [flag, value, example] of [
    ['--checkpoint', checkpoint, 'runs/NAME'],
    ['--in', input, 'photos'],
    ['--out', out, 'made'],
  ])
    if (value === undefined)
      throw new UsageError(`${flag} expects a path, but got nothing: try ${flag} ${example}`);
  if (checkpoint === undefined || input === undefined || out === undefined) return 2;
  // Only now: --help and wrong calls need no LibTorch.
  const { runApply } = require('./apply-run') as typeof import('./apply-run');
  return runApply({ ...settings, checkpoint, in: input, out }, { host, terminal });
}

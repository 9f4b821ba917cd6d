import { type Command, Option } from 'commander';
import { UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import { recipes } from '../recipes/index';
import { presetConfig } from '../recipes/preset';
import type { Host } from './host';
import { importFields, readClasses } from './import-settings';
import { splitNetwork } from './init';
import { createProgram, type Invocation, KEY_HELP, runProgram } from './program';
import { resolutionOf } from './resolution';
import { checkRunFolder } from './run-folder';
import { checkResolution, defaultRecipe, findRecipe, flagSource } from './settings';
import { collectSetting } from './train-program';

/**
 * `import --weights FILE --recipe NAME --out RUN`: makes a run of weights that another program trained.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(importProgram(), { argv, host }, importWeights);
}

function importProgram(): Command {
  return createProgram(
    'import',
    'Makes a run of weights that PyTorch trained, for sample, apply, evaluate and train --init. No code in the file runs.',
  )
    .option(
      '--weights <file>',
      'a state dict, .pth or .pt of PyTorch or .safetensors; FILE:NETWORK for one network of the recipe, where it does not tell',
    )
    .option('--key <name>', KEY_HELP)
    .option(
      '--recipe <name>',
      `whose networks they are: ${Object.keys(recipes).join(', ')}, or a file: ./mine.ts`,
    )
    .addOption(
      new Option(
        '--set <key=value>',
        'a field of the recipe, as in train: the sizes of the networks; may come again',
      )
        .argParser(collectSetting)
        .default({}, 'none'),
    )
    .option('--resolution <n>', "height and width of the images, 64 or 96x64 (the recipe's)")
    .option('--channels <n>', 'channels of the images: 1 grey, 2 with alpha, 3 RGB, 4 RGBA (3)')
    .option(
      '--classes <list>',
      'how many classes, or their names in the order of their numbers: cat,dog (none)',
    )
    .option('--out <folder>', 'the run directory that is made');
}

async function importWeights({ options, terminal }: Invocation): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, set, ...flags } = options;
  const settings = readConfig(importFields, [flagSource(flags)]);
  const { weights, key, out, channels } = settings;
  if (weights === undefined)
    throw new UsageError('--weights expects a file, but got nothing: try --weights netG.pth');
  if (settings.recipe === undefined)
    throw new UsageError(
      `--recipe expects whose networks they are, but got nothing: try --recipe ${defaultRecipe(recipes)}`,
    );
  if (out === undefined)
    throw new UsageError('--out expects the folder to make, but got nothing: try --out runs/imported');
  const recipe = findRecipe(recipes, settings.recipe);
  const { resolution = recipe.training.resolution } = settings;
  checkResolution(recipe, resolution);
  const { config } = presetConfig(recipe, { set, size: resolutionOf(resolution) });
  checkRunFolder(out, { resumes: false });
  // Only now: --help and wrong calls need no LibTorch.
  const { runImport } = require('./import-run') as typeof import('./import-run');
  const shape = { ...resolutionOf(resolution), channels };
  return runImport(
    {
      ...splitNetwork(weights),
      key,
      out,
      recipe,
      config,
      shape,
      classNames: readClasses(settings.classes),
      settings: { recipe: settings.recipe, resolution, channels, set: config },
    },
    terminal,
  );
}

import { Command, Option } from 'commander';
import { sizeOf } from '../data/image-size';
import { UsageError } from '../errors';
import { trainingMetricNames } from '../metrics/names';
import type { Fields } from '../recipes/config';
import { presetChanges } from '../recipes/preset';
import type { Recipe } from '../recipes/recipe';
import { readConfigFile } from './config-file';
import type { Host } from './host';
import { createProgram, type Invocation, KEY_HELP, RECIPE_HELP } from './program';
import {
  defaultRecipe,
  ENVIRONMENT,
  EVAL_STEPS,
  type Given,
  PROFILE_STEPS,
  PROFILE_WARMUP,
  type Recipes,
} from './settings';

/** The flags that are no settings of a training. */
const OTHER_FLAGS: ReadonlySet<string> = new Set([
  'recipe',
  'config',
  'resume',
  'seeds',
  'processes',
  'serve',
  'advise',
  'set',
  'json',
  'quiet',
  'color',
]);

/** `train [recipe]` with all its flags; what their values may be is checked later, when the recipe is known. */
export function trainProgram(recipes: Recipes): Command {
  return createProgram(
    'train',
    'Trains a generative image model and leaves its pictures and checkpoints in a folder.',
  )
    .argument(
      '[recipe]',
      `one of ${Object.keys(recipes).join(', ')} (${defaultRecipe(recipes)}), or a file that exports one: ./mine.ts`,
    )
    .option('--recipe <name>', `the same as a flag, for --resume and --config: ${RECIPE_HELP}`)
    .option('--device <device>', `auto, cpu, cuda or cuda:N; also ${ENVIRONMENT.device} (auto)`)
    .option(
      '--dataset <name>',
      'digits, mnist, fashion-mnist, cifar10, sign-language-digits, folder:PATH, pairs:PATH, unpaired:PATH or unpaired:NAME1+NAME2 (digits: drawn by code)',
    )
    .option(
      '--data-dir <folder>',
      `where data sets are kept, a folder each; also ${ENVIRONMENT.dataDir} (the cache)`,
    )
    .option('--resolution <n>', "height and width of the images, 64 or 96x64 (the recipe's)")
    .option('--channels <n>', '1 grey, 2 with alpha, 3 RGB, 4 RGBA; of folders (3)')
    .option('--fit <how>', 'crop, pad or stretch: how images of another shape are fitted; of folders (crop)')
    .option(
      '--load-size <n>',
      'loads images at this size and learns random crops of --resolution; models of patches are judged by whole images of this size (no crops)',
    )
    .option('--augment-flip', 'mirrors images at random, both of a pair alike')
    .option('--batch <n>', "images a step (the recipe's)")
    .option(
      '--accumulate <n>',
      'averages so many batches for each step: --batch 16 --accumulate 4 learns as from 64, in less memory (1)',
    )
    .option(
      '--processes <n>',
      'trains in so many processes of this machine, each on its share of every batch: by mpirun on the CPU, one for each GPU on CUDA, by NCCL, which has not run on GPUs yet (1)',
    )
    .option(
      '--sync-batch-norm',
      'batch norm over the batch of all processes, not over the share of each: then N processes learn what one does from the whole batch',
    )
    .option('--steps <n>', "steps in all, those of a resumed run included (the recipe's)")
    .option('--seed <n>', 'equal seeds give equal runs (0)')
    .option(
      '--seeds <list>',
      'trains from each of these seeds, in OUT/seed-1 and so on, judges each, and tells mean and deviation: 1,2,3',
    )
    .option(
      '--precision <kind>',
      'fp32, bf16, or auto: bf16 where it is known or measured to be faster (auto)',
    )
    .option('--deterministic', 'bit-equal runs, at the price of some speed; auto precision is then fp32')
    .option('--no-graphs', 'launches every kernel by itself: no CUDA graphs (on the CPU there are none)')
    .option('--out <folder>', 'the run directory (runs/RECIPE-DATASET-TIME)')
    .option(
      '--resume <folder>',
      'goes on from the latest checkpoint of that run directory, or from the one named, RUN/checkpoints/step-N; --dataset may name the same images in another folder',
    )
    .option(
      '--init <run|file>',
      'starts a new run from the weights of a run, a checkpoint (RUN/best) or a file (safetensors, or .pth of PyTorch), where names and shapes fit; RUN:NETWORK or FILE:NETWORK for one network (random weights)',
    )
    .option('--key <name>', `of --init: ${KEY_HELP}`)
    .option('--sample-every <n>', 'steps between sample grids (100)')
    .option('--checkpoint-every <n>', 'steps between checkpoints (500)')
    .option('--keep <n>', 'newest checkpoints that are kept, beside best/; 0 for all (3)')
    .option('--log-every <n>', 'steps between reports (10)')
    .option(
      '--eval-every [n]',
      `judges the generator every so many steps (${EVAL_STEPS}) and at the end, and keeps the best weights in best/; 0 for never (never)`,
    )
    .option(
      '--eval-metrics <list>',
      `of ${trainingMetricNames.join(', ')} (fid; with pairs l1,psnr,ssim,lpips)`,
    )
    .option('--eval-count <n>', 'generated images an evaluation judges (5000)')
    .option('--best-by <metric>', 'the number that decides which weights are best (the first)')
    .option(
      '--features <what>',
      'the feature network of evaluations, and of a perceptual loss: classifier, trained here on first use, classifier:DATASET, or a file: Inception or TorchScript (classifier, of digits for models that take in images without labels)',
    )
    .option(
      '--profile [steps]',
      `prints where the time of so many steps goes (${PROFILE_STEPS}), after ${PROFILE_WARMUP} of warm-up; also in profile.json and trace.json`,
    )
    .option(
      '--advise [minutes]',
      'looks at the data set and the machine and tells what to train in so many minutes (10), why, and what to type; measures a few steps on noise, trains and writes nothing; beside --dataset, --data-dir, --channels and --device alone',
    )
    .option(
      '--serve [port]',
      'shows the run in a browser while it trains, to this machine alone, and with LIBTORCH_GAN_TOKEN set to those who know it; the address is told at the start (a free port)',
    )
    .option(
      '--on-divergence <what>',
      'where a loss or gradient is not finite: stop, skip the update, or rollback to the newest finite checkpoint, with lower rates (stop)',
    )
    .option(
      '--skip-limit <n>',
      'with skip: so many skipped updates of a phase in a row end the training (10)',
    )
    .option('--rollback-factor <x>', 'with rollback: what multiplies the learning rates each time (0.5)')
    .option('--rollback-limit <n>', 'with rollback: how often a run goes back before it stops (3)')
    .option(
      '--on-bad-image <what>',
      'fail, or skip files of a folder that are no images; may change at a resume (fail)',
    )
    .option('--config <file>', 'JSON: settings by flag in camelCase, those of the recipe under "set"')
    .addOption(
      new Option('--set <key=value>', "a field of the recipe's configuration, see below; may come again")
        .argParser(collectSetting)
        .default({}, 'none'),
    )
    .addHelpText('after', `\n${describeRecipes(recipes)}`);
}

/** What an invocation of {@link trainProgram} says, its `--config` file read. */
export function readGiven({ options, args }: Invocation, host: Host): Given {
  const flags = Object.entries({
    ...options,
    profile: options.profile === true ? String(PROFILE_STEPS) : options.profile,
    evalEvery: options.evalEvery === true ? String(EVAL_STEPS) : options.evalEvery,
    // Commander has a `--no-…` that was not given as true: that says nothing.
    graphs: options.graphs === false ? false : undefined,
  }).filter(([key]) => !OTHER_FLAGS.has(key));
  return {
    recipe: namedRecipe(args[0], options.recipe),
    flags: Object.fromEntries(flags),
    set: options.set,
    env: host.env,
    file:
      options.config === undefined
        ? undefined
        : { path: options.config, values: readConfigFile(options.config) },
  };
}

/** The recipe as an argument or as a flag. @throws UsageError for both, where they differ */
function namedRecipe(argument: string | undefined, flag: string | undefined): string | undefined {
  if (argument !== undefined && flag !== undefined && argument !== flag)
    throw new UsageError(`${argument} and --recipe ${flag} exclude each other: name one recipe`);
  return argument ?? flag;
}

/** Adds `key=value` of a `--set` to those before it. @throws UsageError for another form */
export function collectSetting(
  text: string,
  collected: Readonly<Record<string, string>>,
): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new UsageError(`--set expects key=value, but got ${JSON.stringify(text)}: try --set width=64`);
  return { ...collected, [text.slice(0, equals)]: text.slice(equals + 1) };
}

function describeRecipes(recipes: Recipes): string {
  return Object.values(recipes)
    .map((recipe) => {
      const { name, summary, resolutions, training, fields } = recipe;
      return [
        `${name}: ${summary}`,
        `  resolution ${resolutions.description} (${training.resolution}), batch (${training.batch}), steps (${training.steps})`,
        ...describeFields(fields),
        ...describePresets(recipe),
      ].join('\n');
    })
    .join('\n\n');
}

function describePresets(recipe: Recipe): string[] {
  const { training, presets = {} } = recipe;
  return Object.entries(presets).map(([name, preset]) => {
    const { from, otherwise, beside, batch = training.batch } = preset;
    const changes = [
      ...presetChanges(recipe, preset, sizeOf(training.resolution)),
      ...(batch === training.batch ? [] : [`--batch ${training.batch} → ${batch}`]),
    ];
    const left = beside === undefined ? '' : `; ${beside}`;
    return `  --set preset=${name}  as in ${from}: ${changes.join(', ')}, steps as they are${left}; by default ${otherwise}`;
  });
}

/** A default that depends on the device is told in words: to ask for the device would load LibTorch. */
function usualText(field: Fields[string]): string {
  const usual = field.usually ?? field.default;
  return usual === undefined ? '' : ` (${usual})`;
}

const RESUME_TEXTS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [true, ', may change at a resume'],
  ['above 0', ', may change at a resume where it is above 0 and stays so'],
]);

function describeFields(fields: Fields): string[] {
  return Object.entries(fields).map(
    ([key, field]) =>
      `  --set ${key}=…  ${field.help}: ${field.expected}${usualText(field)}${RESUME_TEXTS.get(field.resumable) ?? ''}`,
  );
}

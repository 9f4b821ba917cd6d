import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../errors';
import { writeGif } from '../io/gif';
import { makeFolder, requirePlace } from '../io/make-folder';
import { type Picture, writePng } from '../io/png';
import { writeSafetensors } from '../io/safetensors';
import { quote } from '../io/shell-quote';
import { readConfig } from '../recipes/config';
import { type ImageBatch, requireFinite, sampleGrid } from '../report/grid';
import type { Tensor } from '../tensor/tensor';
import type { LatentSampler } from '../training/latent-sampler';
import type { LoadedModel } from '../training/load';
import { chosenClass, classNamesOf, describeClasses } from './class-names';
import type { Host } from './host';
import { refuseCheckpoints, refuseSamePlace } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import {
  checkFolder,
  checkPicture,
  eachImage,
  fileNames,
  isFolder,
  isGif,
  writeImages,
} from './sample-files';
import { checkTogether, chooseImages, DEFAULT_COUNT } from './sample-latents';
import { type DrawSettings, sampleFields } from './sample-settings';
import { environmentSource, flagSource } from './settings';
import type { Terminal } from './terminal';
import { writeResult } from './write-result';

/**
 * `sample --checkpoint RUN`: draws images from a trained generator, into a picture, a file of tensors, or both.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(sampleProgram(argv), { argv, host }, (invocation) => sample(invocation, host));
}

function sampleProgram(argv: readonly string[]): Command {
  return createProgram(
    'sample',
    'Draws images from a trained generator. A checkpoint describes itself: nothing else is needed.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option('--count <n>', `how many images (${DEFAULT_COUNT}, or as many as --latents has)`)
    .option('--seed <n>', 'equal seeds give equal images (0)')
    .option(
      '--label <class>',
      'images of that class only, by its name or number, from a conditional model (a row for each class)',
    )
    .option(
      '--truncation <t>',
      'fewer odd images, less variety: of models with an intermediate latent w, that of each is drawn to their mean, 1 stays, 0 makes all of them one; of others, normal numbers within ±t only (all)',
    )
    .option('--truncation-layers <n>', 'draws w to the mean in the first n layers only (all)')
    .option(
      '--standing-statistics <n>',
      'takes the statistics of batch norms anew, over n batches of latents, 0 for those of the training (what the recipe says, mostly 0)',
    )
    .option(
      '--interpolate <a:b>',
      'images on the way from those of seed a to seed b, into walk.gif: through w where there is one',
    )
    .option('--frames <n>', 'how many of them (30)')
    .option(
      '--mix <rows:columns>',
      'a grid of images that have the w of their row, but in some layers that of their column, into mix.png: how many (4:6), or seeds (1,5:10-15); the corner is the mean w',
    )
    .option('--mix-layers <a-b>', 'the layers that take the w of the column, counted from 1 (the later half)')
    .option('--grid-sweep', 'what latents mean: each code, or else each of the first numbers, along a row')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option(
      '--latents <file>',
      'safetensors with one tensor "latents" [N, z], or what invert has written, in place of random ones',
    )
    .option(
      '--out <file>',
      'the picture, .gif for an animation, or DIR/ for one file an image, in a sub-folder for each class where there are several (grid.png, unless --raw is given)',
    )
    .option('--raw <file>', 'safetensors with one tensor "images" [N, C, H, W], float32 in [-1, 1]')
    .option('--columns <n>', 'images in a row of the picture (as many as rows)')
    .option('--device <device>', 'auto, cpu, cuda or cuda:N; also LIBTORCH_GAN_DEVICE (auto)')
    .addHelpText('after', ({ command }) =>
      classesHelp(command.opts().checkpoint ?? argv[argv.indexOf('--help') + 1]),
    );
}

/** The classes of the run that `--help` comes with: `--checkpoint RUN --help`, or `--help RUN`. */
function classesHelp(run: string | undefined): string {
  const names = run === undefined ? [] : classNamesOf(run);
  if (names.length === 0)
    return '\nWith --checkpoint RUN, --help lists the classes that the run learned, where it knows them.';
  return `\nClasses of ${run}, for --label of a conditional model: ${describeClasses(names)}`;
}

async function sample({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE } = host.env;
  const settings = readConfig(sampleFields, [flagSource(flags), environmentSource({ LIBTORCH_GAN_DEVICE })]);
  const { checkpoint, recipe, weights, device, standingStatistics: batches, truncation } = settings;
  if (checkpoint === undefined)
    throw new UsageError('--checkpoint expects a run directory, but got nothing: try --checkpoint runs/NAME');
  checkTogether(settings, { seeded: flags.seed !== undefined });
  if (settings.out !== undefined) checkPicture(settings.out);
  const places = { '--out': settings.out, '--raw': settings.raw };
  refuseCheckpoints(places);
  refuseSamePlace(places, { '--latents': settings.latents });
  // Not after all the work. What is there may be a device.
  for (const file of [settings.out, settings.raw])
    if (file !== undefined && !existsSync(file)) requirePlace(file);
  // Only now: --help and wrong calls need no LibTorch.
  const { load } = require('../recipes') as typeof import('../recipes');
  const { notesOf } = require('./model-notes') as typeof import('./model-notes');
  const { requireLatents } = require('../training/load') as typeof import('../training/load');
  const model = await load(checkpoint, {
    recipe,
    weights,
    device,
    // 0 is refused below, by its flag, where there is no w.
    standingStatistics: { batches, truncation: truncation || undefined },
  });
  try {
    for (const note of notesOf(model, weights)) terminal.warn(note);
    const sampler = requireLatents(model);
    const drawn = {
      ...settings,
      label: chosenClass(settings.label, { ...sampler.latent, names: model.classNames }),
    };
    report(model, await draw(model, sampler, drawn), { settings: drawn, terminal });
    return 0;
  } finally {
    model.dispose();
  }
}

function report(
  { checkpoint, weights, step, classNames, sampler }: LoadedModel,
  { count, shape, files }: Written,
  { settings, terminal }: { readonly settings: DrawSettings; readonly terminal: Terminal },
): void {
  const { seed, label } = settings;
  const className = label === undefined ? undefined : classNames[label];
  const isConditional = sampler.takes === 'latents' && sampler.latent.conditional === true;
  const classes = isConditional && classNames.length > 0 ? classNames : undefined;
  if (label !== undefined) terminal.log(`class ${label}${className === undefined ? '' : `: ${className}`}`);
  terminal.log(`${count} images of ${shape.join('×')} by the ${weights} weights of ${checkpoint}`);
  for (const [kind, path] of Object.entries(files)) terminal.result(`${kind.padEnd(8)}${path}`);
  const facts = { checkpoint, step, weights, count, seed, label, className, classes };
  terminal.record({ event: 'end', ...facts, ...files });
}

interface Written {
  readonly count: number;
  /** [C, H, W] */
  readonly shape: readonly number[];
  readonly files: { readonly picture?: string; readonly raw?: string };
}

async function draw(model: LoadedModel, sampler: LatentSampler, settings: DrawSettings): Promise<Written> {
  const { raw } = settings;
  if (settings.columns !== undefined && settings.out !== undefined && isFolder(settings.out))
    throw new UsageError(
      `--columns is of one picture, but --out ${settings.out} is a folder: leave one of them out`,
    );
  const usual = usualOut(settings);
  const { out = raw === undefined ? usual : undefined } = settings;
  const { request, count, held, labels, ...chosen } = await chooseImages(model, sampler, settings);
  let images: Tensor | undefined;
  try {
    if (settings.count !== undefined && settings.count !== count)
      throw new UsageError(`--count ${settings.count} but --latents has ${count}: leave --count out`);
    // Rows of classes are as long as there are columns, whatever they are written to.
    if (settings.columns !== undefined && chosen.columns === undefined) requirePicture(out);
    const numbered = { count, labels, classNames: model.classNames };
    if (out !== undefined && isFolder(out)) checkFolder(out, numbered);
    images = model.run(request);
    const { shape } = images;
    const bytes = images.toBytes();
    const values = new Float32Array(bytes.buffer);
    requireFinite({ values, shape });
    if (out !== undefined) makeFolder(dirname(out));
    if (raw !== undefined)
      await writeResult(raw, (partial) =>
        writeSafetensors(partial, { images: { dtype: 'F32', shape, bytes } }),
      );
    const columns = settings.columns ?? chosen.columns;
    if (out !== undefined && isFolder(out)) await writeImages(out, { values, shape }, fileNames(numbered));
    else if (out !== undefined && isGif(out)) await writeGif(out, frames({ values, shape }));
    else if (out !== undefined) await writePng(out, sampleGrid({ values, shape }, { columns }));
    return { count, shape: shape.slice(1), files: { ...(out && { picture: out }), ...(raw && { raw }) } };
  } finally {
    images?.dispose();
    for (const tensor of held) tensor.dispose();
  }
}

/** @throws UsageError where there is no picture that could have columns */
function requirePicture(out: string | undefined): void {
  if (out === undefined)
    throw new UsageError('--columns is of a picture, but --raw alone has none: leave it out, or add --out');
  if (isGif(out))
    throw new UsageError(
      `--columns is of a picture, but ${quote(out)} shows one image at a time: leave it out`,
    );
}

/** The picture where none is named. */
function usualOut({ interpolate, mix }: DrawSettings): string {
  if (interpolate !== undefined) return 'walk.gif';
  return mix === undefined ? 'grid.png' : 'mix.png';
}

/** Pixels that a frame of an animation has at least. */
const FRAME = 128;

/** Each image alone, small ones enlarged by a whole factor. */
function frames({ values, shape }: ImageBatch): Picture[] {
  const scale = Math.max(1, Math.ceil(FRAME / shape[3]));
  return eachImage({ values, shape }).map((image) => sampleGrid(image, { padding: 0, scale }));
}

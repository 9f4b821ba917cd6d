import type { Command } from 'commander';
import { UsageError } from '../errors';
import { type MetricParts, metricNames, metricParts, pairMetricNames, parseMetrics } from '../metrics/names';
import { type ConfigOf, readConfig } from '../recipes/config';
import { checkUses, evaluateFields } from './evaluate-settings';
import type { Host } from './host';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { ENVIRONMENT, environmentSource, flagSource } from './settings';

/**
 * `evaluate --checkpoint RUN`: judges a trained generator, or any images, against a data set.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(evaluateProgram(), { argv, host }, (invocation) => run(invocation, host));
}

function evaluateProgram(): Command {
  return createProgram(
    'evaluate',
    'Judges a trained model, or any images, against a data set. Every result says how it was measured.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option(
      '--images <what>',
      'in place of --checkpoint: safetensors with one tensor "images" [N, C, H, W] in [-1, 1], as sample --raw writes, folder:PATH, or test, the data set’s test split',
    )
    .option(
      '--metrics <list>',
      `of ${metricNames.join(', ')} (fid,kid,prdc; of models that take images in l1,psnr,ssim,lpips with pairs, else fid, and accuracy where there are labels)`,
    )
    .option('--dataset <name>', 'the real images (those of the run)')
    .option('--direction <name>', 'ab or ba, of a model that takes images in (its first)')
    .option(
      '--data-dir <folder>',
      `where data sets are kept; also ${ENVIRONMENT.dataDir} (the run’s, or the cache)`,
    )
    .option(
      '--split <which>',
      'train or test, of the real images (train; test for elbo, iwae, reconstruction, and pairs)',
    )
    .option(
      '--resolution <n>',
      'height and width of the real images, 64 or 96x64 (the size of the images to judge)',
    )
    .option(
      '--count <n>',
      'images to judge (10000, or as many as there are to judge or to take in), and paths of ppl',
    )
    .option('--real-count <n>', 'real images to compare with, or to show to an autoencoder (all)')
    .option(
      '--features <what>',
      'classifier, trained here on first use, classifier:DATASET, or a file: Inception or TorchScript (classifier, of digits for models that take in images without labels)',
    )
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option(
      '--truncation <t>',
      'of models with an intermediate latent w, draws that of each image to their mean, 1 stays, 0 would make all of them one; of others, normal numbers of latents within ±t only; the row says so (all)',
    )
    .option('--truncation-layers <n>', 'draws w to the mean in the first n layers only (all)')
    .option(
      '--standing-statistics <n>',
      'takes the statistics of batch norms anew, over n batches of latents, 0 for those of the training; the row says so (what the recipe says, mostly 0)',
    )
    .option(
      '--colours <which>',
      'y or own, of l1, psnr and ssim: luma of BT.601 in 16-235 of RGB images, by which enlarged ones are usually judged, or their own colours (what the recipe says, else own)',
    )
    .option(
      '--border <n>',
      'pixels at each side that do not count, of metrics of pairs (the scale of models that enlarge, else 0)',
    )
    .option('--seed <n>', 'of the latents and of random parts of metrics (0)')
    .option('--draws <k>', 'latents an image, for elbo and iwae (100)')
    .option(
      '--resize <filter>',
      'bilinear or bicubic: brings images to the size and channels of the real ones where they differ',
    )
    .option('--device <device>', `auto, cpu, cuda or cuda:N; also ${ENVIRONMENT.device} (auto)`);
}

function run({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const settings = readConfig(evaluateFields, [flagSource(flags), environmentSource(host.env)]);
  const metrics = settings.metrics === undefined ? undefined : metricParts(parseMetrics(settings.metrics));
  if ((settings.checkpoint === undefined) === (settings.images === undefined))
    throw new UsageError(
      'expected either --checkpoint, a run directory, or --images: try --checkpoint runs/NAME',
    );
  if (settings.images !== undefined && settings.dataset === undefined)
    throw new UsageError('--images needs --dataset, the real images to compare with: try --dataset mnist');
  if (settings.truncationLayers !== undefined && settings.truncation === undefined)
    throw new UsageError('--truncation-layers says where --truncation is, but there is none: give both');
  checkImages(settings);
  checkParts(metrics ?? metricParts([]), settings);
  if (metrics) checkUses(metrics, settings);
  // Only now: --help and wrong calls need no LibTorch.
  const { runEvaluation } = require('./evaluate-run') as typeof import('./evaluate-run');
  return runEvaluation({ ...settings, metrics }, { host, terminal });
}

/** What images from elsewhere have not. */
function checkImages({
  images,
  recipe,
  truncation,
  standingStatistics,
  direction,
  weights,
}: ConfigOf<typeof evaluateFields>): void {
  if (images === undefined) return;
  const none = 'but --images has none: leave one of the two out';
  if (recipe !== undefined) throw new UsageError(`--recipe is of a model, ${none}`);
  if (truncation !== undefined) throw new UsageError(`--truncation is of latents, ${none}`);
  if (standingStatistics !== undefined)
    throw new UsageError(`--standing-statistics are of a generator, ${none}`);
  if (direction !== undefined) throw new UsageError(`--direction is of a model, ${none}`);
  if (weights !== undefined) throw new UsageError(`--weights is of a model, ${none}`);
}

/** What some metrics need, and others have no use for. */
function checkParts(
  { images, pairs, paths, data, scores }: MetricParts,
  { images: given, metrics, truncation, draws, colours, border }: ConfigOf<typeof evaluateFields>,
): void {
  const [ofModel] = [...data, ...pairs, ...(paths ? ['ppl'] : []), ...(scores ? ['auroc'] : [])];
  if (given !== undefined && ofModel !== undefined)
    throw new UsageError(`${ofModel} judges a model, not images: give --checkpoint in place of --images`);
  if (truncation !== undefined && metrics !== undefined && images.length + pairs.length === 0)
    throw new UsageError(
      `--truncation is of images that are judged, but ${ofModel} draws latents of its own: leave it out`,
    );
  const flag = colours !== undefined ? '--colours' : border !== undefined ? '--border' : undefined;
  if (flag !== undefined && metrics !== undefined && pairs.length === 0)
    throw new UsageError(`${flag} is of ${pairMetricNames.join(', ')}, but none is asked for: leave it out`);
  if (draws !== undefined && !data.some((name) => name === 'elbo' || name === 'iwae'))
    throw new UsageError('--draws is of elbo and iwae, but neither is asked for: leave it out');
}

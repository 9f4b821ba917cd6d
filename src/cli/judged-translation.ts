import type { Dataset } from '../data/dataset';
import { type ImageSize, sizeOf } from '../data/image-size';
import { dataKindOf } from '../data/kind';
import { hasTestSplit } from '../data/sources';
import { UsageError } from '../errors';
import type { MetricName } from '../metrics/names';
import type { Direction, ImageSampler } from '../training/image-sampler';
import { type LoadedModel, requireImages } from '../training/load';
import { copiedImages, translatedImages } from '../training/translated-images';
import { readDatasetSettings } from './dataset-options';
import type { AskedSettings } from './evaluate-settings';
import type { EvaluationJob } from './evaluation-job';
import type { JudgedImages, Split } from './judged';
import { DEFAULT_COUNT, originOf } from './judged-images';
import { notesOf } from './model-notes';
import { type DataRequest, dataName, loadSplit } from './real-data';
import { resolutionOf } from './resolution';
import { checkClasses, type Domains, haveSameClasses } from './same-classes';

/**
 * What a model makes of the images of its data set that it has not learned, for an evaluation, and those images themselves.
 *
 * @throws UsageError for what is asked of models of latents, a direction that the model lacks, data of another kind, or more images than there are
 */
export async function judgeTranslation(
  model: LoadedModel,
  asked: AskedSettings,
  { device, ...telling }: Pick<EvaluationJob, 'device' | 'onProgress' | 'onNote'>,
): Promise<JudgedImages> {
  const sampler = requireImages(model);
  refuseOthers(model, asked);
  const way = sampler.direction(asked.direction);
  const request: DataRequest = { settings: asked, run: model.settings, model, ...telling };
  const name = dataName(request);
  checkKind(name, model, { metrics: asked.metrics, way });
  const split = await splitToShow(name, sampler, asked);
  const { channels } = readDatasetSettings(model.settings);
  const dataset = await loadSplit(request, { split, size: judgedSize(model, way), channels });
  checkChannels(dataset, model);
  const { [way.from]: inputs, [way.to]: targets } = dataset.parts;
  const masks = way.mask === undefined ? undefined : dataset.parts[way.mask];
  checkClasses(asked.metrics?.images ?? [], { inputs, targets });
  const { seed, count = Math.min(inputs.count, DEFAULT_COUNT) } = asked;
  if (count > inputs.count)
    throw new UsageError(
      `--count ${count}, but the ${split} split of ${name} has ${inputs.count} images to show to the model: ask for fewer`,
    );
  const shown = { sampler, inputs, masks, spec: targets.spec, direction: way.name, count, device };
  const source = await translatedImages({ ...model, ...shown, seed });
  return {
    source: { ...source, protocol: { ...source.protocol, inputsSplit: split } },
    described: `${way.to} of ${count} images ${way.from} of ${name} (${split}), by the ${model.weights} weights of ${model.checkpoint}`,
    origin: originOf(model),
    model,
    shown: {
      dataset,
      split,
      inputs,
      masks,
      to: way.to,
      compared: sampler.compared,
      copies: await copiesOf(shown, split),
    },
    usualMetrics: usualMetrics(dataset, { inputs, targets }),
    notes: notesOf(model, asked.weights),
    dispose() {
      source.dispose();
      model.dispose();
    },
  };
}

async function copiesOf(shown: Parameters<typeof copiedImages>[0], inputsSplit: Split) {
  const copies = await copiedImages(shown);
  return { ...copies, protocol: { ...copies.protocol, inputsSplit } };
}

/** What is measured where nobody says: pairs by their targets, two domains by the features of theirs. */
function usualMetrics({ kind }: Dataset, domains: Domains): readonly MetricName[] {
  if (kind === 'pairs') return ['l1', 'psnr', 'ssim', 'lpips'];
  return haveSameClasses(domains) ? ['fid', 'accuracy'] : ['fid'];
}

/** @throws UsageError for what only models of latents have */
function refuseOthers(
  { checkpoint }: LoadedModel,
  { metrics, truncation, truncationLayers, resize }: AskedSettings,
) {
  const why = `but ${checkpoint} is of a model that takes images in: leave it out`;
  if (metrics?.paths) throw new UsageError(`ppl walks between latents, ${why}`);
  if (truncation !== undefined || truncationLayers !== undefined)
    throw new UsageError(`--truncation is of latents, ${why}`);
  if (resize !== undefined)
    throw new UsageError(`--resize is of images that are not of the size of the real ones, ${why}`);
}

/** @throws UsageError for a data set that has not what the model takes in, or no pairs where they are needed */
function checkKind(
  name: string,
  { dataKind, sampler }: Pick<LoadedModel, 'dataKind' | 'sampler'>,
  {
    metrics,
    way: { from, to },
  }: Pick<AskedSettings, 'metrics'> & { readonly way: { from: string; to: string } },
): void {
  const kind = dataKindOf(name);
  if (dataKind === 'images' && kind !== dataKind)
    throw new UsageError(
      `--dataset ${name} gives ${kind === 'pairs' ? 'pairs' : 'images of two domains'}, but this model is judged by images alone, of which its ${from} is made: try --dataset folder:PATH`,
    );
  if (kind === 'images' && kind !== dataKind)
    throw new UsageError(
      `--dataset ${name} gives images alone, but this model makes ${to} of ${from}: try --dataset pairs:PATH or unpaired:PATH`,
    );
  const [pair] = metrics?.pairs ?? [];
  const isPaired = kind === 'pairs' || (sampler.takes === 'images' && sampler.paired);
  if (pair !== undefined && !isPaired)
    throw new UsageError(
      `${pair} compares images with what they should be, but ${name} has no pairs: try --metrics fid, or --dataset pairs:PATH`,
    );
}

/** The images that the model is shown: of the test split, unless others are asked for. */
async function splitToShow(
  name: string,
  { paired }: ImageSampler,
  { split, metrics }: AskedSettings,
): Promise<Split> {
  const ofPairs = metrics ? metrics.pairs.length > 0 : paired || dataKindOf(name) === 'pairs';
  if (ofPairs && split !== undefined) return split;
  if (await hasTestSplit(name)) return 'test';
  if (split === 'train') return split;
  throw new UsageError(
    `a model is judged by images that it has not learned, but ${name} has no test split: try --split train, or another --dataset`,
  );
}

/** The size of the images that a model is judged by where nobody says: of those it was given whole, or of what patches were cut from. */
function judgedSize({ patches, settings, specs }: LoadedModel, { to }: Direction): ImageSize {
  const { loadSize } = settings;
  const isSize = typeof loadSize === 'number' || typeof loadSize === 'string';
  return patches && isSize ? sizeOf(resolutionOf(loadSize)) : specs[to];
}

/** @throws UsageError for images of other channels than those that the model has learned */
function checkChannels({ name, specs }: Dataset, model: LoadedModel): void {
  for (const [part, spec] of Object.entries(model.specs))
    if (specs[part]?.channels !== spec.channels)
      throw new UsageError(
        `this model has learned images ${part} of ${spec.channels} channels, but those of ${name} have ${specs[part]?.channels ?? 'none'}: name another --dataset`,
      );
}

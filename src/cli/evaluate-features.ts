import { join } from 'node:path';
import type { ImageDataset } from '../data/dataset';
import { shapeText } from '../data/image-size';
import { UsageError } from '../errors';
import { asBaseLine } from '../metrics/base-line';
import { featuresNeeded } from '../metrics/check-metrics';
import { type Evaluation, evaluate } from '../metrics/evaluate';
import { evaluatePaths } from '../metrics/evaluate-paths';
import type { FeatureExtractor } from '../metrics/extractor';
import { convertedImages, describeConversion, type ImageSource } from '../metrics/image-source';
import type { PathLengthOptions } from '../metrics/path-length';
import { prepareReal, type RealImages } from '../metrics/real-images';
import { ofCopy, ofMean, type Protocol } from '../report/evaluations';
import type { Tensor } from '../tensor/tensor';
import { EvaluationPictures } from '../training/evaluation-pictures';
import { networkProtocol } from '../training/generated-images';
import { drawConditions, type Latent, latentSize } from '../training/latent';
import { type LoadedModel, requireLatents } from '../training/load';
import { formLatents } from '../training/run-model';
import type { EvaluateSettings } from './evaluate-settings';
import { openJobFeatures } from './evaluation-features';
import type { EvaluationJob } from './evaluation-job';
import type { Split } from './judged';
import { loadReal } from './real-data';

/** What is judged by a feature network: images, and paths between latents. */
export async function judgeByFeatures(job: EvaluationJob): Promise<void> {
  const { settings, judged, terminal } = job;
  const { images, paths } = settings.metrics;
  const model = paths ? requireModel(judged.model) : null;
  const split = settings.split ?? 'train';
  if (split === 'test' && images.includes('authenticity'))
    throw new UsageError(
      'authenticity looks for copies of training images: leave --split test out, or authenticity',
    );
  const dataset = await loadReal(job, split);
  const source = images.length > 0 ? conform(judged.source, dataset, settings) : judged.source;
  const extractor = await openJobFeatures(job, await learnedImages(job, dataset, split));
  try {
    terminal.log(`judging  ${judged.described}`);
    if (images.length > 0) await judgeImages(job, { dataset, extractor, source, split });
    if (model) await judgePaths(job, { model, extractor });
  } finally {
    extractor.dispose();
  }
}

/** What a classifier is trained on: the images that are learned, whatever split the others are compared with. */
async function learnedImages(job: EvaluationJob, dataset: ImageDataset, split: Split): Promise<ImageDataset> {
  const { features = 'classifier' } = job.settings;
  return split === 'test' && features === 'classifier' ? loadReal(job, 'train') : dataset;
}

interface Sides {
  readonly dataset: ImageDataset;
  readonly extractor: FeatureExtractor;
  readonly source: ImageSource;
  readonly split: Split;
}

async function judgeImages(job: EvaluationJob, { dataset, extractor, source, split }: Sides): Promise<void> {
  const { settings, judged, device, terminal, onProgress, signal, tell } = job;
  for (const note of dataset.notes) terminal.warn(note);
  const real = await prepareReal(dataset, {
    extractor,
    count: settings.realCount,
    features: featuresNeeded(settings.metrics.images, {
      real: settings.realCount ?? dataset.count,
      judged: source.count,
    }),
    device,
    onProgress,
    signal,
    onNote: (note) => terminal.warn(note),
  });
  try {
    terminal.log(`against  ${real.count} images of ${dataset.name} (${split}), by ${extractor.name}`);
    const evaluation = await measure(job, { real, source, split });
    const copies = judged.shown && (await measure(job, { real, source: judged.shown.copies, split }));
    await tell(evaluation, copies ? asBaseLine(copies, judged.shown?.masks ? ofMean : ofCopy) : undefined);
  } finally {
    real.dispose();
  }
}

/** Figures of images; those that a model has made leave pictures in its run. */
async function measure(
  { settings, judged, terminal, onProgress, signal }: EvaluationJob,
  { real, source, split }: Pick<Sides, 'source' | 'split'> & { readonly real: RealImages },
): Promise<Evaluation> {
  const { metrics, seed } = settings;
  const { origin, shown } = judged;
  const pictures = origin && source !== shown?.copies ? new EvaluationPictures(real) : null;
  try {
    const { features, ...evaluation } = await evaluate({
      real,
      fake: source,
      metrics: metrics.images,
      seed,
      protocol: { split },
      onImages: pictures ? (images) => pictures.add(images) : undefined,
      onNote: source === shown?.copies ? undefined : (note) => terminal.warn(note),
      onProgress,
      signal,
    });
    try {
      if (origin) await pictures?.write(join(origin.run, 'evaluation'), features);
    } finally {
      features.dispose();
    }
    return evaluation;
  } finally {
    pictures?.dispose();
  }
}

async function judgePaths(
  { settings, terminal, device, onProgress, signal, tell }: EvaluationJob,
  { model, extractor }: { readonly model: LoadedModel; readonly extractor: FeatureExtractor },
): Promise<void> {
  const { seed, count } = settings;
  const { networks } = model;
  const sampler = requireLatents(model);
  const isStyled = sampler.style(networks) !== null;
  terminal.log(`walking  between latents${isStyled ? ' in w' : ''}, by ${extractor.name}`);
  const formed = (latents: Tensor) => formLatents(sampler.latent, latents, device);
  const inW = {
    map: (latents: Tensor) => sampler.mapLatents(networks, formed(latents)),
    generate: (styles: Tensor) => sampler.synthesise(networks, styles),
  };
  const evaluation = await evaluatePaths({
    extractor,
    ...(isStyled ? inW : { generate: (latents: Tensor) => sampler.make(networks, formed(latents)) }),
    ...conditionsOf(sampler.latent),
    count,
    seed,
    device,
    protocol: { ...networkProtocol(model), ...protocolOfConditions(sampler.latent) },
    onProgress,
    signal,
  });
  await tell(evaluation);
}

/** What of latents a path runs through, and what it leaves as it is: classes and codes, drawn as for samples. */
function conditionsOf(latent: Latent): Pick<PathLengthOptions, 'latentSize' | 'conditions'> {
  const { classes = 0, codes = 0 } = latent;
  const size = latentSize(latent) - classes - codes;
  if (classes + codes === 0) return { latentSize: size };
  return { latentSize: size, conditions: (draw) => drawConditions(latent, draw) };
}

/** What stays as it is along a path, for the protocol; nothing where latents are normal numbers alone. */
function protocolOfConditions({ classes = 0, codes = 0 }: Latent): Protocol {
  const counts = Object.entries({ classes, codes }).filter(([, count]) => count > 0);
  if (counts.length === 0) return {};
  const words = counts.map(([name, count]) => `${name} ${count}`).join(', ');
  return { conditions: `${words}, the same at both ends, drawn as for samples` };
}

function requireModel(model: LoadedModel | null): LoadedModel {
  if (model) return model;
  throw new UsageError('ppl judges a model, not images: give --checkpoint in place of --images');
}

/** The images in the form of the real ones, where the user allows it. */
function conform(
  source: ImageSource,
  { name, spec }: ImageDataset,
  { resize }: Pick<EvaluateSettings, 'resize'>,
): ImageSource {
  if (shapeText(source.spec) === shapeText(spec)) return source;
  const { channels, height, width } = spec;
  const conversion = { channels, height, width, filter: resize };
  const words = describeConversion(source.spec, conversion);
  if (resize === undefined)
    throw new UsageError(
      `the images to judge are ${shapeText(source.spec)}, those of ${name} ${shapeText(spec)}: --resize bilinear would convert them (${words})`,
    );
  return convertedImages(source, conversion);
}

import { setImmediate as turn } from 'node:timers/promises';
import { shapeText, sizeText } from '../data/image-size';
import { quantise } from '../data/levels';
import type { PartImages } from '../data/part-images';
import { GanError, UsageError } from '../errors';
import { inHole, type Protocol } from '../report/evaluations';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { version } from '../version';
import type { CollectOptions } from './collect';
import {
  type Comparison,
  checkComparison,
  comparisonWords,
  inComparedColours,
  withoutBorder,
} from './comparison';
import type { Evaluation } from './evaluate';
import type { FeatureExtractor } from './extractor';
import { featureDistance } from './feature-distance';
import { ImageRange } from './image-range';
import { datasetImages, type ImageSource } from './image-source';
import { measures } from './measure';
import { METRICS, type PairMetric, pairMetricNames, requireMetrics } from './names';
import { MOST_PSNR, PSNR_WORDS, reconstructionErrors } from './reconstruction';
import { ssim } from './ssim';
import { errorOfMean, meanOf } from './statistics';

/** What {@link evaluatePairs} is told. */
export interface EvaluatePairsOptions
  extends Pick<CollectOptions, 'onProgress' | 'onImages' | 'signal' | 'device'> {
  /** The images to be judged. */
  readonly images: ImageSource;
  /** What they should be. */
  readonly targets: PartImages;
  /** The target of each image, by its place in `targets` (the first so many). */
  readonly order?: Int32Array;
  readonly metrics: readonly PairMetric[];
  /** The network with feature maps that `lpips` compares by; it stays the caller's. */
  readonly extractor?: FeatureExtractor;
  /** Told what a user should know: images that are probably not in [−1, 1]. */
  readonly onNote?: (note: string) => void;
  /** What of the images counts (all, in their own colours). */
  readonly compared?: Comparison;
  /** Where the hole of each target is, 1 in it and 0 elsewhere: all is measured there, too, under a name of its own, e.g. `l1InHole` (nowhere). */
  readonly masks?: PartImages;
  /** What the protocol should say besides, e.g. the split. */
  readonly protocol?: Protocol;
}

/** Images fetched at once, and pixels that are compared at once. */
const CHUNK = 250;
const AT_ONCE = 2 ** 20;

/** The number of each image, by name: of metrics, and of them {@link inHole}. */
type PerImage = Record<string, number[]>;

/**
 * Judges images by what they should be, each by its own: the mean absolute error of colours in [−1, 1], the peak signal-to-noise ratio in
 * dB ({@link reconstructionErrors}, at most 100), {@link ssim}, and {@link featureDistance} in the maps of a feature
 * network; with `masks` in the holes, too: of windows and of features those that lie there. They are rounded to 256 levels first, as those of a data set are. Means over images, with standard errors.
 *
 * @throws UsageError for images of another form than the targets, more than there are, or `lpips` without feature maps; GanError
 *   `ERR_BAD_FEATURES` naming an image that is not finite
 */
export async function evaluatePairs(options: EvaluatePairsOptions): Promise<Evaluation> {
  const { images: source, targets, metrics, onProgress, onImages, onNote, signal, device } = options;
  const range = new ImageRange();
  check(options);
  const { count } = source;
  const start = performance.now();
  const order = options.order ?? Int32Array.from({ length: count }, (_, i) => i);
  const wanted = datasetImages(targets, { indices: order, device });
  const holes = options.masks && datasetImages(options.masks, { indices: order, device });
  const names = metrics.flatMap((metric): readonly string[] => METRICS[metric]);
  const measured = names.flatMap((name) => (holes ? [name, inHole(name)] : [name]));
  const each: PerImage = Object.fromEntries(measured.map((name) => [name, []]));
  let area = 0;
  for (let at = 0; at < count; at += CHUNK) {
    signal?.throwIfAborted();
    const end = Math.min(count, at + CHUNK);
    const [make, makeTargets] = [await source.fetch(at, end), await wanted.fetch(at, end)];
    const makeMasks = await holes?.fetch(at, end);
    scope(() =>
      noGrad(() => {
        const images = make();
        range.add(images, at);
        onImages?.(images, at);
        const masks = makeMasks?.();
        if (masks) area += masks.mean([1, 2, 3]).sum().item();
        compare({ images, targets: makeTargets(), masks, each }, options);
      }),
    );
    requireFinite(names, each, at);
    onProgress?.({ task: 'comparing with targets', done: end, total: count });
    await turn();
  }
  for (const note of range.notes) onNote?.(note);
  const middle = performance.now();
  const values = measures(
    measured.map((name) => {
      const counted = names.includes(name) ? each[name] : inHolesSeen(name, each[name], onNote);
      return [name, { value: meanOf(counted), error: errorOfMean(counted) }] as const;
    }),
  );
  const seconds = { features: (middle - start) / 1000, metrics: (performance.now() - middle) / 1000 };
  const share = holes && { holeShare: Number((area / count).toFixed(4)) };
  return { ...values, protocol: { ...(await protocolOf(options)), ...share }, seconds };
}

function check({ images, targets, order, metrics, extractor, compared = {} }: EvaluatePairsOptions): void {
  requireMetrics('evaluatePairs', metrics, pairMetricNames);
  checkComparison(compared, targets.spec, metrics);
  if (shapeText(images.spec) !== shapeText(targets.spec))
    throw new UsageError(
      `expected images of the form of their targets, ${shapeText(targets.spec)}, but they are ${shapeText(images.spec)}`,
    );
  const most = order?.length ?? targets.count;
  if (images.count > most || images.count < 2)
    throw new UsageError(
      `expected from 2 to ${most} images, a target for each, but there are ${images.count}`,
    );
  if (metrics.includes('lpips')) requireMaps(extractor);
}

/** @throws UsageError for a feature network that has no maps */
export function requireMaps(extractor: FeatureExtractor | undefined): Required<FeatureExtractor>['maps'] {
  if (extractor?.maps) return (images) => extractor.maps?.(images) ?? [];
  throw new UsageError(
    `lpips needs a feature network with feature maps but ${extractor ? `${extractor.name} has none` : 'none was given'}: leave lpips out, or use another network`,
  );
}

interface Compared {
  readonly images: Tensor;
  readonly targets: Tensor;
  readonly masks: Tensor | undefined;
  readonly each: PerImage;
}

/** Piece by piece, so that large images take little memory. */
function compare({ images, targets, masks, each }: Compared, options: EvaluatePairsOptions): void {
  const [count, , height, width] = images.shape;
  const part = Math.max(1, Math.min(count, Math.floor(AT_ONCE / (height * width))));
  const wanted = targets.split(part);
  const holes = masks?.split(part);
  for (const [i, piece] of images.split(part).entries())
    scope(() =>
      comparePiece({ images: quantise(piece), targets: wanted[i], masks: holes?.[i], each }, options),
    );
}

function comparePiece(
  { each, ...whole }: Compared,
  { metrics, extractor, compared = {} }: EvaluatePairsOptions,
): void {
  const has = (metric: PairMetric) => metrics.includes(metric);
  const [inner, innerTargets] = [whole.images, whole.targets].map((each) => withoutBorder(each, compared));
  const [images, targets] = [inner, innerTargets].map((each) => inComparedColours(each, compared));
  const holes = whole.masks && withoutBorder(whole.masks, compared);
  const maps = has('lpips') ? requireMaps(extractor) : null;
  const [features, wanted] = maps ? [maps(inner), maps(innerTargets)] : [[], []];
  // Of all of the image, and of its hole.
  for (const masks of holes ? [undefined, holes] : [undefined]) {
    const add = (name: PairMetric, values: Iterable<number>) => {
      if (has(name)) each[masks ? inHole(name) : name].push(...values);
    };
    if (has('l1') || has('psnr')) {
      const errors = reconstructionErrors({ images: targets, reconstructions: images, masks });
      add('l1', errors.perImage.mae);
      add(
        'psnr',
        errors.perImage.psnr.map((value) => Math.min(value, MOST_PSNR)),
      );
    }
    if (has('ssim')) add('ssim', ssim({ images, references: targets, masks }).perImage);
    if (maps) add('lpips', Array.from(featureDistance(features, wanted, masks).toTypedArray(), Number));
  }
}

/** @param metrics of whole images: where those are finite, what is in the hole is too, or there is nothing of it to be seen */
function requireFinite(metrics: readonly string[], each: PerImage, from: number): void {
  for (const metric of metrics) {
    const bad = each[metric].findIndex((value, i) => i >= from && !Number.isFinite(value));
    if (bad >= 0)
      throw new GanError(
        'ERR_BAD_FEATURES',
        `image ${bad} holds NaN or infinity: its ${metric} is ${each[metric][bad]}`,
      );
  }
}

/**
 * The numbers of the images in whose hole there is something to be measured: of `ssim` the middle of a window, which is none of the 5 pixels
 * along the border, of all others what the comparison leaves of it.
 *
 * @throws UsageError where that is none
 */
function inHolesSeen(name: string, values: readonly number[], onNote?: (note: string) => void): number[] {
  const seen = values.filter((value) => !Number.isNaN(value));
  if (seen.length === 0)
    throw new UsageError(
      `${name}: expected masks with a hole away from the border but none of ${values.length} has one: give others, or leave the metric out`,
    );
  if (seen.length < values.length)
    onNote?.(
      `${name} leaves out ${values.length - seen.length} of ${values.length} images, whose hole is too near to the border, or empty`,
    );
  return seen;
}

async function protocolOf({
  images,
  targets,
  metrics,
  extractor,
  compared = {},
  masks,
  protocol,
}: EvaluatePairsOptions): Promise<Protocol> {
  const { channels, height, width } = targets.spec;
  const has = (metric: PairMetric) => metrics.includes(metric);
  return {
    of: 'images beside their targets',
    real: targets.name,
    realSha256: await targets.sha256(),
    count: images.count,
    resolution: height === width ? height : sizeText({ height, width }),
    ...comparisonWords(compared, channels),
    dataRange: '−1 to 1',
    levels: 256,
    ...(has('psnr') && { psnr: PSNR_WORDS }),
    ...(masks && { masks: masks.name, masksSha256: await masks.sha256() }),
    ...(has('ssim') && { ssim: 'Gaussian window of 11×11, σ 1.5' }),
    ...(has('lpips') &&
      extractor && {
        lpips: 'feature maps of norm 1, all weights 1',
        features: extractor.name,
        featuresSha256: extractor.sha256,
        resize: extractor.mapsResize ?? extractor.resize,
      }),
    ...images.protocol,
    ...protocol,
    version,
  };
}

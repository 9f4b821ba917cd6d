import { UsageError } from '../errors';
import type { ImageClasses } from './image-source';
import { type ImageMetric, imageMetricNames, requireMetrics } from './names';
import type { RealImages } from './real-images';

/** The fewest images that a metric is defined for. */
const LEAST: Readonly<Record<ImageMetric, number>> = {
  fid: 2,
  kid: 3,
  is: 10,
  prdc: 6,
  diversity: 2,
  accuracy: 2,
  purity: 2,
  'intra-fid': 4,
  authenticity: 2,
};

/** Those that read what the feature network takes images for. */
const NEED_LOGITS: readonly ImageMetric[] = ['is', 'accuracy', 'purity'];

/** Those that read the features of every real image, not of as many as are judged. */
const NEED_ALL: readonly ImageMetric[] = ['intra-fid', 'authenticity'];

/** How many features of real images must be at hand one by one. */
export function featuresNeeded(
  metrics: readonly ImageMetric[],
  { real, judged }: { readonly real: number; readonly judged: number },
): number {
  return metrics.some((name) => NEED_ALL.includes(name)) ? real : Math.min(real, judged);
}

/** Whether any of the metrics reads logits. */
export function needLogits(metrics: readonly ImageMetric[]): boolean {
  return metrics.some((name) => NEED_LOGITS.includes(name));
}

/** What is known before images are judged. */
export interface Judgeable {
  readonly real: RealImages;
  /** Images to judge. */
  readonly count: number;
  /** What they are made as, where that is known; each of them only once they are there. */
  readonly classes?: ImageClasses & { readonly ofImages?: Int32Array };
}

/**
 * Checks that metrics can be computed, before the work begins.
 *
 * @throws UsageError for metrics that there are not, with the nearest; too few images, naming the minimum; a feature network without classes, or with others than the images;
 *   images that were made as nothing, or as something else than the metric asks for; real images of other classes than these, or a class of fewer
 *   than two images
 */
export function checkMetrics(metrics: readonly ImageMetric[], judgeable: Judgeable): void {
  requireMetrics('evaluate', metrics, imageMetricNames);
  const { real, count } = judgeable;
  const { extractor } = real;
  for (const name of metrics) {
    const least = LEAST[name];
    const fewer = Math.min(count, real.features.shape[0]);
    if (fewer < least)
      throw new UsageError(
        `${name} needs at least ${least} generated and real images but there are ${count} and ${real.features.shape[0]}`,
      );
    if (NEED_LOGITS.includes(name) && extractor.classes === 0)
      throw new UsageError(
        `${name} needs a feature network with classes but ${extractor.name} has none: leave ${name} out, or use another network`,
      );
  }
  if (metrics.includes('accuracy')) checkAccuracy(judgeable);
  if (metrics.includes('intra-fid')) checkEachClass(judgeable);
  if (metrics.includes('purity')) checkCode(judgeable);
}

/** Sentences for a user about metrics of too few images, which can be computed but say little. */
export function countNotes(metrics: readonly ImageMetric[], judgeable: Judgeable): readonly string[] {
  const { extractor, features, dataset } = judgeable.real;
  const { dimensions, name } = extractor;
  const few = distancesOf(metrics, judgeable)
    .filter(({ images }) => images <= dimensions)
    .map(
      ({ metric, kind, images }) =>
        `${metric} of ${images} ${kind} images${metric === 'fid' ? '' : ' of a class'} by the ${dimensions} features of ${name} is far too high, and only for comparing with figures of as many: more than ${dimensions} are needed for a covariance${kind === 'real' ? ', and no error is given' : ''}`,
    );
  const [seen] = features.shape;
  if (!metrics.includes('authenticity') || seen === dataset.count) return few;
  return [
    ...few,
    `authenticity sees copies of ${seen} of the ${dataset.count} images of ${dataset.name} alone`,
  ];
}

interface Distance {
  readonly metric: 'fid' | 'intra-fid';
  readonly kind: string;
  /** Of the class that has the fewest, where each is measured by itself. */
  readonly images: number;
}

/** The Fréchet distances that are asked for, by the images that they are of. */
function distancesOf(metrics: readonly ImageMetric[], { real, count, classes }: Judgeable): Distance[] {
  const distances: Distance[] = [];
  if (metrics.includes('fid'))
    for (const [kind, images] of Object.entries({ real: real.count, judged: count }))
      distances.push({ metric: 'fid', kind, images });
  if (metrics.includes('intra-fid') && classes)
    for (const [kind, labels] of Object.entries({ real: real.labels, judged: classes.ofImages }))
      if (labels)
        distances.push({ metric: 'intra-fid', kind, images: Math.min(...countsOf(labels, classes.count)) });
  return distances;
}

/** The classes of images that are made with labels. @throws UsageError for others */
function labelsOf(
  metric: ImageMetric,
  { classes }: Pick<Judgeable, 'classes'>,
): NonNullable<Judgeable['classes']> {
  if (classes?.kind === 'code')
    throw new UsageError(
      `${metric} needs images made with labels but those of this model are made with a code that it gave a meaning itself: try purity`,
    );
  if (!classes)
    throw new UsageError(`${metric} needs images made with labels but these have none: leave ${metric} out`);
  return classes;
}

function checkAccuracy(judgeable: Judgeable): void {
  const { count } = labelsOf('accuracy', judgeable);
  const { name, classes: known } = judgeable.real.extractor;
  if (known !== count)
    throw new UsageError(
      `accuracy needs a feature network of the ${count} classes that images are made with but ${name} has ${known}: use another network`,
    );
}

/** What a covariance needs. */
const LEAST_OF_CLASS = 2;

function checkEachClass(judgeable: Judgeable): void {
  const { real } = judgeable;
  const { count, names, ofImages } = labelsOf('intra-fid', judgeable);
  const { name, classNames } = real.dataset;
  const labels = real.labels;
  const made = names?.join(', ') ?? `${count} classes`;
  const has = names ? classNames.join(', ') : `${classNames.length} classes`;
  if (!labels || made !== has)
    throw new UsageError(
      `intra-fid needs real images of the classes that images are made as, but these are ${made} and ${name} has ${labels ? has : 'none'}: leave intra-fid out`,
    );
  for (const [kind, given] of [['real', labels] as const, ['judged', ofImages] as const]) {
    const counts = given ? countsOf(given, count) : [];
    const label = counts.findIndex((images) => images < LEAST_OF_CLASS);
    if (label >= 0)
      throw new UsageError(
        `intra-fid needs at least ${LEAST_OF_CLASS} images of each class but there ${counts[label] === 1 ? 'is 1' : 'are 0'} of ${classNames[label]} among the ${kind} ones: ${kind === 'judged' ? 'judge more of them' : 'leave intra-fid out'}`,
      );
  }
}

/** Images by class. */
function countsOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

function checkCode({ classes }: Judgeable): void {
  if (classes?.kind === 'code') return;
  throw new UsageError(
    classes
      ? 'purity needs a categorical code that is no label but these images are made with labels: try accuracy'
      : 'purity needs images made with a categorical code but these have none: leave purity out',
  );
}

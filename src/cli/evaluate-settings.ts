import { UsageError } from '../errors';
import type { MetricParts } from '../metrics/names';
import { type ConfigOf, choice, integer, number, optional, text } from '../recipes/config';
import { resolutionField } from './resolution';
import { deviceField } from './settings';

/** A field for each flag of `evaluate`. */
export const evaluateFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  images: optional(text('images.safetensors')),
  metrics: optional(text('fid,kid,prdc')),
  dataset: optional(text('fashion-mnist')),
  dataDir: optional(text('data')),
  split: optional(choice('test', ['train', 'test'])),
  direction: optional(text('ab')),
  resolution: optional(resolutionField(32)),
  count: optional(integer(10_000, { min: 2, max: 1_000_000 })),
  realCount: optional(integer(10_000, { min: 2 })),
  features: optional(text('classifier')),
  weights: optional(choice('ema', ['ema', 'live'])),
  truncation: optional(number(0.7, { min: 0.01 })),
  truncationLayers: optional(integer(4, { min: 1, max: 1_000 })),
  standingStatistics: optional(integer(100, { min: 0, max: 100_000 })),
  colours: optional(choice('y', ['y', 'own'])),
  border: optional(integer(4, { min: 0, max: 1024 })),
  seed: integer(0, { min: 0 }),
  draws: optional(integer(100, { min: 1, max: 100_000 })),
  resize: optional(choice('bilinear', ['bilinear', 'bicubic'])),
  device: deviceField,
};

/**
 * What the metrics that are asked for have no use for.
 *
 * @throws UsageError naming the flag, and the one that was meant
 */
export function checkUses(
  { images, pairs, paths, data, scores }: MetricParts,
  { count, realCount, features, resize }: Pick<AskedSettings, 'count' | 'realCount' | 'features' | 'resize'>,
): void {
  const [shown] = [...data, ...(scores ? ['auroc'] : [])];
  const [first] = [...images, ...pairs, ...(paths ? ['ppl'] : [])];
  if (count !== undefined && first === undefined)
    throw new UsageError(
      `--count is of images that are judged, but ${shown} shows real ones to the model: try --real-count ${count}`,
    );
  if (realCount !== undefined && images.length === 0 && shown === undefined)
    throw new UsageError(
      `--real-count is of images to compare with, but ${first} has ${pairs.length > 0 ? 'one for each' : 'none'}: try --count ${realCount}`,
    );
  if (features !== undefined && images.length === 0 && !paths && !pairs.includes('lpips'))
    throw new UsageError(
      `--features is of metrics that compare features, but ${first ?? shown} does not: leave it out`,
    );
  if (resize !== undefined && images.length === 0)
    throw new UsageError(
      `--resize is of images that are compared with real ones of another size, but ${first ?? shown} has none: leave it out`,
    );
}

/** What the command line of `evaluate` says. */
export interface AskedSettings extends Omit<ConfigOf<typeof evaluateFields>, 'metrics'> {
  /** Undefined where it does not say. */
  readonly metrics: MetricParts | undefined;
}

/** What `evaluate` does. */
export interface EvaluateSettings extends AskedSettings {
  readonly metrics: MetricParts;
}

import { setImmediate as turn } from 'node:timers/promises';
import type { NormalImages } from '../data/normal-images';
import { GanError } from '../errors';
import type { EvaluationProgress } from '../metrics/collect';
import type { ImageSource } from '../metrics/image-source';
import type { Module } from '../nn/module';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { evaluating } from './evaluating';

/** How unusual images are. */
export interface Scored {
  /** A number for each image, the larger the more unusual: [N]. */
  readonly scores: Tensor;
  /** Where in the image it is unusual: [N, 1, H, W], from 0 on. */
  readonly maps: Tensor;
}

/** What decides a score beside the image. */
export interface ScoreOptions {
  /** Of what is drawn for the first of the images; that of the n-th is larger by n, whatever it comes with. */
  readonly seed: number;
}

/** How a trained model tells how unusual an image is: what it has learned from is usual. */
export interface Scorer {
  /** What the score is, in words for protocols: `-ELBO`. */
  readonly name: string;
  /** The networks it needs, by name: they are in evaluation mode whenever it is asked. */
  readonly networks: readonly string[];
  /** Which images were learned as normal ones, and what share of them was held out (all, none). */
  readonly normal?: NormalImages;
  /** The share of normal images that a threshold lets be taken for unusual ones (0.05). */
  readonly falseAlarms?: number;
  /** Images at once (250). */
  readonly batch?: number;
  /** Images that a threshold is taken from, at most: fewer where an image takes long (2,000). */
  readonly sample?: number;
  /** Scores images float32 [N, C, H, W] in [−1, 1] of the size that the model has learned. */
  score(images: Tensor, options: ScoreOptions): Scored;
}

/** What {@link scoreImages} runs. */
export interface ScoringOptions {
  readonly scorer: Scorer;
  /** Those of the scorer. */
  readonly networks: readonly Module[];
  readonly images: ImageSource;
  readonly device: string;
  /** (0) */
  readonly seed?: number;
  /** Sees the maps [n, 1, H, W] of images from number `start` on, inside a scope. */
  readonly onMaps?: (maps: Tensor, start: number) => void;
  /** Told after each piece of the work. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  readonly signal?: AbortSignal;
}

const BATCH = 250;

/**
 * The scores of images in their order, by networks in evaluation mode; no trace is left in them, nor in random generators.
 *
 * @throws GanError `ERR_BAD_FEATURES` for a score that is not finite
 */
export async function scoreImages({
  images,
  onProgress,
  signal,
  ...options
}: ScoringOptions): Promise<Float64Array> {
  const { count } = images;
  const { batch = BATCH } = options.scorer;
  const scores = new Float64Array(count);
  for (let start = 0; start < count; start += batch) {
    signal?.throwIfAborted();
    const end = Math.min(count, start + batch);
    const make = await images.fetch(start, end);
    scores.set(scoreBatch(make, { ...options, start }), start);
    onProgress?.({ task: 'scoring images', done: end, total: count });
    await turn();
  }
  return scores;
}

/** The scores of one batch of images. */
function scoreBatch(
  make: () => Tensor,
  {
    scorer,
    networks,
    device,
    seed = 0,
    start,
    onMaps,
  }: Omit<ScoringOptions, 'images'> & { readonly start: number },
): ArrayLike<number> {
  return evaluating(networks, { device }, () =>
    scope(() => {
      const { scores, maps } = scorer.score(make(), { seed: seed + start });
      onMaps?.(maps, start);
      const values = Array.from(scores.double().to('cpu').toTypedArray(), Number);
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) return values;
      throw new GanError(
        'ERR_BAD_FEATURES',
        `expected finite scores but image ${start + bad} has ${values[bad]}: check the weights and the image`,
      );
    }),
  );
}

import type { ImageSpec } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import type { Model } from '../training/trainer';
import type { ConfigOf, Fields } from './config';

/** The training that a model is built for: what schedules go by. */
export interface TrainingLength {
  /** Steps in all. */
  readonly steps: number;
}

/**
 * A model family with its defaults, by name: what `train.ts NAME` runs. `fields` is the typed configuration that
 * `--set key=value` and `--config` reach; `build` turns it into networks and phases for images of one shape.
 */
export interface Recipe<F extends Fields = Fields> {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  readonly fields: F;
  /** Image sizes the networks can make; a resolution outside is a usage error that lists them. */
  readonly resolutions: { readonly description: string; accepts(size: ImageSize): boolean };
  /** Defaults of the flags that every recipe shares. */
  readonly training: { readonly resolution: number; readonly batch: number; readonly steps: number };
  /** @param training absent where the model is not trained, but sampled from */
  build(config: ConfigOf<F>, images: ImageSpec, training?: TrainingLength): Model;
}

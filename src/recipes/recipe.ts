import type { DataKind, DataSpecs, Dataset } from '../data/dataset';
import type { ImageSize } from '../data/image-size';
import type { Tensor } from '../tensor/tensor';
import type { Preparation } from '../training/load';
import type { Model } from '../training/model';
import type { ConfigOf, Fields } from './config';
import type { Preset } from './preset';

/** The training that a model is built for: what schedules go by. */
export interface TrainingLength {
  /** Steps in all. */
  readonly steps: number;
  /** Images a batch (those of the recipe's `training`). */
  readonly batch?: number;
  /** Batches averaged for a step (1). */
  readonly accumulate?: number;
  /**
   * Maps that a feature network makes of images, before their activation and with a graph, for a perceptual loss: given where
   * {@link Recipe.perceives}.
   */
  readonly perceive?: (images: Tensor) => readonly Tensor[];
}

/**
 * A model family with its defaults, by name: what `train.ts NAME` runs. `fields` is the typed configuration that
 * `--set key=value` and `--config` reach; `build` turns it into networks and phases for the images of a data set.
 */
export interface Recipe<F extends Fields = Fields> {
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  readonly fields: F;
  /** What a data set must give: images alone, pairs, or images of two domains (`images`). */
  readonly data?: DataKind;
  /** What the model is given of a data set: some of its images, or what noise leaves of them (the set as it is). */
  prepare?(dataset: Dataset, config: ConfigOf<F>, preparation: Preparation): Dataset;
  /** What `prepare` makes of data of that kind (the same). */
  readonly prepares?: DataKind;
  /** What a training so configured goes on from, in words; it is warned of where it starts from random weights (nothing). */
  goesOnFrom?(config: ConfigOf<F>): string | null;
  /** Why a run of it must have the number of steps that it was begun with; absent where it may be made longer. */
  readonly fixedLength?: string;
  /**
   * Whether what it learns are patches of the images that it is for: evaluations and grids are then of images at `--load-size`, not at
   * `--resolution` (false).
   */
  readonly patches?: boolean;
  /** Whether its losses compare what a feature network makes of images (false): then `build` is given one. */
  perceives?(config: ConfigOf<F>): boolean;
  /** Image sizes the networks can make; a resolution outside is a usage error that lists them. */
  readonly resolutions: {
    /** In words: `powers of two from 16 to 256`. */
    readonly description: string;
    /** Whether the networks can make images of that size. */
    accepts(size: ImageSize): boolean;
  };
  /** Defaults of the flags that every recipe shares. */
  readonly training: { readonly resolution: number; readonly batch: number; readonly steps: number };
  /** What `--batch` is by default for images of a size (`training.batch`). */
  batchFor?(size: ImageSize): number;
  /**
   * Values of the configuration where nothing else is said, for the device that a training is asked for (`fields`' defaults). The training
   * keeps them in its configuration, so that it goes on with them elsewhere. `usually` of a field says them in words.
   *
   * @param device `auto`, `cpu`, `cuda` or `cuda:N`, perhaps one that this machine does not have
   */
  defaultsOn?(device: string): Partial<ConfigOf<F>>;
  /** Named sets of its fields, for `--set preset=NAME`: `paper`, where its defaults are not those of its paper. */
  readonly presets?: Readonly<Record<string, Preset<F>>>;
  /**
   * The model of a configuration, with new networks each time.
   *
   * @param specs the data set's images by their names in batches: `images`, or `a` and `b`
   * @param training absent where the model is not trained, but used
   */
  build(config: ConfigOf<F>, specs: DataSpecs, training?: TrainingLength): Model;
}

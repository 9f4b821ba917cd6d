import type { Dataset } from '../data/dataset';
import type { PartImages } from '../data/part-images';
import type { Comparison } from '../metrics/comparison';
import type { ImageSource } from '../metrics/image-source';
import type { MetricName } from '../metrics/names';
import type { LoadedModel } from '../training/load';

/** Images that are to be judged, and what is known of them. */
export interface JudgedImages {
  readonly source: ImageSource;
  /** Words for a person. */
  readonly described: string;
  /** The checkpoint that makes them; null for images from elsewhere. */
  readonly origin: Origin | null;
  /** What made them; null for images from elsewhere. */
  readonly model: LoadedModel | null;
  /** What a model that takes images in was shown; null for all others. */
  readonly shown: Shown | null;
  /** What is measured where nobody says. */
  readonly usualMetrics: readonly MetricName[];
  /** Things to tell the user. */
  readonly notes: readonly string[];
  dispose(): void;
}

/** A checkpoint of a run. */
export interface Origin {
  /** The run directory. */
  readonly run: string;
  /** The checkpoint, relative to it. */
  readonly checkpoint: string;
  readonly step: number;
  /** What the run was started with. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a model that takes images in is shown. */
export interface Shown {
  readonly dataset: Dataset;
  readonly split: Split;
  /** The images of it that are taken in. */
  readonly inputs: PartImages;
  /** Where their holes are, for a model that fills them. */
  readonly masks?: PartImages;
  /** The name of those that are made. */
  readonly to: string;
  /** What of the images counts where nobody says. */
  readonly compared: Comparison;
  /** The inputs as they are, or with holes of a mean colour, in the place of what the model makes of them. */
  readonly copies: ImageSource;
}

/** A part of a data set. */
export type Split = 'train' | 'test';

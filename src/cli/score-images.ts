import { decodeFormed, loadSharp, type Sharp } from '../data/decode-image';
import type { Fit } from '../data/decoded-form';
import { frameOf, type ImageFrame } from '../data/image-frame';
import { sizeText } from '../data/image-size';
import type { ImageShape } from '../data/image-spec';
import { resizeImages } from '../data/resize';
import { isPadded } from '../data/sources';
import { UsageError } from '../errors';
import type { LoadedModel } from '../training/load';
import { readDatasetSettings } from './dataset-options';
import { LeftOut } from './left-out';
import type { ScoredFile } from './score-files';
import type { ScoreSettings } from './score-settings';

/** An image in the form that a model has learned. */
export interface ScoreInput extends ScoredFile {
  /** uint8 [C, H, W] */
  readonly pixels: Uint8Array;
  /** What it was in its file. */
  readonly own: ImageShape;
  readonly frame: ImageFrame;
}

/** How images are brought into the form of those that a model has learned. */
interface Form {
  readonly shape: ImageShape;
  readonly fit: Fit;
  /** Surrounds images that are a little smaller with black, as the set does that it learned from. */
  readonly pads: boolean;
  /** Refuses images of other channels or proportions, of which something would be left out. */
  readonly whole: boolean;
}

/** Opens the images of `score`, in the channels that the model has learned as data sets are brought to them, and keeps a list of those that are left out. */
export class ScoreImages {
  readonly leftOut: LeftOut;
  readonly form: Form;
  readonly #sharp: Sharp;

  private constructor(sharp: Sharp, form: Form, settings: Pick<ScoreSettings, 'onBadImage'>) {
    this.#sharp = sharp;
    this.form = form;
    this.leftOut = new LeftOut(settings);
  }

  /** For images as the model's data set gives them. @throws GanError `ERR_NO_SHARP` */
  static async for(
    { specs, settings }: LoadedModel,
    { whole = false, ...options }: Pick<ScoreSettings, 'onBadImage'> & { readonly whole?: boolean },
  ) {
    const { channels, height, width } = specs.images;
    const { fit = 'crop' } = readDatasetSettings(settings);
    const pads = isPadded(String(settings.dataset)) && height === width;
    const shape = { channels, height, width };
    return new ScoreImages(await loadSharp(), { shape, fit, pads, whole }, options);
  }

  /**
   * Decodes images, in their order.
   *
   * @throws GanError `ERR_BAD_IMAGE`, UsageError for one that is too small or, where all of it counts, of other channels or proportions; with `--on-bad-image skip` it is left out
   */
  open(files: readonly ScoredFile[]): Promise<ScoreInput[]> {
    return this.leftOut.openAll(files, (file) => this.#open(file));
  }

  async #open(file: ScoredFile): Promise<ScoreInput> {
    const { shape, fit } = this.form;
    const { pixels, own } = await decodeFormed(this.#sharp, file.from, (found) => {
      this.#require(file, found);
      const { height, width } = this.#padsTo(found) ? found : shape;
      return { channels: shape.channels, height, width, fit };
    });
    if (!this.#padsTo(own)) return { ...file, own, pixels, frame: frameOf(own, shape, fit) };
    const target = new Uint8Array(shape.channels * shape.height * shape.width);
    const { channels, height: to } = shape;
    resizeImages({ pixels, channels, from: own.height, to, pad: true })(0, target, 0);
    // Their pixels stay as they are: a margin is around them, whatever the fit.
    const { seen, shown } = frameOf(own, own, 'stretch');
    const margin = Math.floor((to - own.height) / 2);
    return { ...file, own, pixels: target, frame: { seen, shown: { ...shown, top: margin, left: margin } } };
  }

  #padsTo({ height, width }: ImageShape): boolean {
    const { pads, shape } = this.form;
    return pads && height === width && height < shape.height && shape.height <= (height * 8) / 7;
  }

  #require({ from }: ScoredFile, own: ImageShape): void {
    const { shape } = this.form;
    if (this.form.whole && own.channels !== shape.channels)
      throw new UsageError(
        `${from} has ${own.channels} channels, but this model has learned images of ${shape.channels}: convert it${this.leftOut.advice}`,
      );
    if (this.form.whole && Math.round((own.width * shape.height) / own.height) !== shape.width)
      throw new UsageError(
        `${from} has ${sizeText(own)} pixels, but this model makes images of ${sizeText(shape)}, of other proportions: cut it${this.leftOut.advice}`,
      );
    if ((own.height >= shape.height && own.width >= shape.width) || this.#padsTo(own)) return;
    throw new UsageError(
      `${from} has ${sizeText(own)} pixels, but this model takes images of at least ${sizeText(shape)}: enlarge it${this.leftOut.advice}`,
    );
  }
}

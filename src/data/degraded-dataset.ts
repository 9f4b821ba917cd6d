import { createHash } from 'node:crypto';
import { UsageError } from '../errors';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { type Dataset, type ImageDataset, keptPart, type SkippedImage } from './dataset';
import type { DataIdentity } from './identity';
import { shapeText } from './image-size';
import type { DataSpecs, ImageSpec } from './image-spec';
import type { Batch, Loader, LoaderOptions } from './loader';
import { mapLoader } from './map-loader';
import type { PartImages } from './part-images';
import { Prng } from './prng';

/** What becomes of images. */
export interface Degradation {
  /** In words, with all that it depends on, e.g. `noise of σ 25`: for protocols, and to tell one from another. */
  readonly name: string;
  /** What batches hold beside the images as they were, of images of a form. Sizes may be others. */
  specs(images: ImageSpec): DataSpecs;
  /**
   * Makes that of images float32 [N, C, H, W] in [−1, 1], on their device; what chance decides is drawn from `generator`, e.g.
   * `(images, generator) => ({ input: images.add(randn(images.shape, { generator, device: images.device })) })`.
   */
  map(images: Tensor, generator: Generator): Batch;
}

/** The name in batches of the images as they were. */
const TARGET = 'target';

/** Of what is drawn for images that are judged or shown, whatever the seed of a training: figures of all are of the same images. */
export const JUDGED_SEED = 0;
/** Keeps it apart from the streams of loaders. */
const STREAM = 0xde64;

/**
 * Images beside what was made of them: batches hold what `degradation` makes, e.g. `input`, and the images as they were, `target`. A loader
 * cuts and mirrors before, and draws anew for each batch: from its seed and the number of the batch, so that its place is that of the
 * images and a count. Parts, which evaluations and grids go by, are of whole images, each degraded by draws of its own that never change.
 *
 * ```ts
 * const noisy = degraded(photos, { name: 'σ 25', specs: (images) => ({ input: images }), map: (images, generator) => ({ input: … }) });
 * const { input, target } = await noisy.loader({ batch: 16, crop: 40, seed: 1 }).next();
 * ```
 * @param judged what parts are made by, of the same names and shapes (as batches)
 * @throws UsageError for a set of pairs or of two domains
 */
export function degraded(
  dataset: Dataset,
  degradation: Degradation,
  judged: Degradation = degradation,
): Dataset {
  return new DegradedDataset(dataset, degradation, judged);
}

class DegradedDataset implements Dataset {
  readonly name: string;
  readonly kind = 'pairs';
  readonly specs: DataSpecs;
  readonly count: number;
  readonly parts: Readonly<Record<string, PartImages>>;
  readonly skipped: readonly SkippedImage[];
  readonly notes: readonly string[];
  readonly #dataset: Dataset;
  readonly #degradation: Degradation;

  constructor(dataset: Dataset, degradation: Degradation, judged: Degradation) {
    const { name, kind, count, skipped, notes } = dataset;
    if (kind !== 'images')
      throw new UsageError(
        `only a set of single images can be degraded, but ${name} has ${Object.keys(dataset.specs).join(' and ')}: try folder:PATH`,
      );
    const images = keptPart(dataset, 'images');
    this.name = name;
    this.count = count;
    this.skipped = skipped;
    this.notes = notes;
    this.#dataset = dataset;
    this.#degradation = degradation;
    this.specs = specsOf(degradation, images.spec);
    const made = Object.keys(degradation.specs(images.spec)).map(
      (part) => [part, new MadePart(images, { part, degradation: judged })] as const,
    );
    this.parts = { ...Object.fromEntries(made), [TARGET]: images };
  }

  identity(): Promise<DataIdentity> {
    return this.#dataset.identity();
  }

  /** Batches of what is made, `target` and, where there are some, `labels`. See {@link Dataset.loader}. */
  loader(options: LoaderOptions): Loader {
    const loader = this.#dataset.loader(options);
    return mapLoader(loader, {
      seed: options.seed,
      specs: specsOf(this.#degradation, loader.specs.images),
      map: ({ images, ...rest }, generator) => ({
        ...rest,
        ...this.#degradation.map(images, generator),
        [TARGET]: images,
      }),
    });
  }
}

function specsOf(degradation: Degradation, images: ImageSpec): DataSpecs {
  return { ...degradation.specs(images), [TARGET]: images };
}

/** What a degradation makes of each image of a set, by draws of its own: on the CPU, so that they are the same on every device. */
class MadePart implements PartImages {
  readonly name: string;
  readonly spec: ImageSpec;
  readonly count: number;
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  readonly #images: ImageDataset;
  readonly #part: string;
  readonly #degradation: Degradation;

  constructor(
    images: ImageDataset,
    { part, degradation }: { readonly part: string; readonly degradation: Degradation },
  ) {
    this.name = `${images.name} (${part}: ${degradation.name})`;
    this.spec = degradation.specs(images.spec)[part];
    this.count = images.count;
    this.labels = images.labels;
    this.classNames = images.classNames;
    this.#images = images;
    this.#part = part;
    this.#degradation = degradation;
  }

  async sha256(): Promise<string> {
    const { name } = this.#degradation;
    const facts = [await this.#images.sha256(), this.#part, name, shapeText(this.spec)];
    return createHash('sha256').update(facts.join('\n')).digest('hex');
  }

  async fetch(indices: Int32Array, device: string): Promise<() => Tensor> {
    const make = await this.#images.fetch(indices, 'cpu');
    return () => {
      const generator = new Generator({ device: 'cpu', seed: 0 });
      try {
        return scope(() => {
          const made = make()
            .split(1)
            .map((image, i) => {
              generator.seed(new Prng(JUDGED_SEED, indices[i], STREAM).uint32());
              return this.#degradation.map(image, generator)[this.#part];
            });
          return cat(made).to(device);
        });
      } finally {
        generator.dispose();
      }
    };
  }
}

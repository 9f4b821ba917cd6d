import { UsageError } from '../errors';
import type { DataSpecs, Dataset, ImageDataset, SkippedImage } from './dataset';
import { shapeText } from './image-size';
import type { Loader, LoaderOptions } from './loader';
import { zipLoader } from './zip-loader';

/** Keeps the orders of the domains apart: each has a seed of its own. */
const SECOND = 0x5eed_b;

/** Images of two domains, `a` and `b`, that do not belong together: batches take from each in an order of its own. */
export class UnpairedDataset implements Dataset {
  readonly kind = 'unpaired';
  readonly specs: DataSpecs;
  /** Of the larger domain. */
  readonly count: number;
  readonly parts: Readonly<Record<'a' | 'b', ImageDataset>>;
  readonly skipped: readonly SkippedImage[];
  readonly notes: readonly string[];

  /** @throws UsageError for domains of different shapes */
  constructor(
    readonly name: string,
    { a, b }: { readonly a: ImageDataset; readonly b: ImageDataset },
  ) {
    if (shapeText(a.spec) !== shapeText(b.spec))
      throw new UsageError(
        `${name}: both domains must have images of one shape, but those of ${a.name} are ${shapeText(a.spec)} and those of ${b.name} ${shapeText(b.spec)}: try --channels 3 with folders, or sets of the same channels`,
      );
    this.parts = { a, b };
    this.specs = { a: { ...a.spec, classes: 0 }, b: { ...b.spec, classes: 0 } };
    this.count = Math.max(a.count, b.count);
    this.skipped = [...a.skipped, ...b.skipped];
    this.notes = [...a.notes, ...b.notes];
  }

  /** Batches of `a` and `b`. See {@link Dataset.loader}. */
  loader({ seed = 0, ...options }: LoaderOptions): Loader {
    const { a, b } = this.parts;
    const loaders = {
      a: a.loader({ ...options, seed }),
      b: b.loader({ ...options, seed: (seed + SECOND) % Number.MAX_SAFE_INTEGER }),
    };
    return zipLoader({ name: this.name, loaders });
  }
}

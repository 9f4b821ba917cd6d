import { type Dataset, ImageDataset, type SkippedImage } from './dataset';
import { type DataIdentity, identityOf } from './identity';
import type { ImageSpec } from './image-spec';
import { type Loader, type LoaderOptions, requireSeed } from './loader';
import { Prng } from './prng';
import { zipLoader } from './zip-loader';

/** What an {@link UnpairedDataset} is made of. */
export interface UnpairedDatasetOptions {
  /** As in `--dataset NAME`: it is written into checkpoints. */
  readonly name: string;
  readonly a: ImageDataset;
  readonly b: ImageDataset;
}

/** Keeps the seeds of domains apart from the streams of the loaders' orders. */
const STREAM = 0xd03a1;

/**
 * Images of two domains, `a` and `b`, that do not belong together. A loader gives each in an order of its own; labels stay with the parts.
 *
 * ```ts
 * const digits = new UnpairedDataset({ name: 'hands', a: await data.digits(), b: await data.mnist() });
 * const { a, b } = await digits.loader({ batch: 16 }).next();
 * ```
 */
export class UnpairedDataset implements Dataset {
  readonly name: string;
  readonly kind = 'unpaired';
  readonly specs: Readonly<Record<'a' | 'b', ImageSpec>>;
  readonly parts: Readonly<Record<'a' | 'b', ImageDataset>>;

  constructor({ name, a, b }: UnpairedDatasetOptions) {
    this.name = name;
    this.parts = { a, b };
    this.specs = { a: { ...a.spec, classes: 0 }, b: { ...b.spec, classes: 0 } };
  }

  /** Images of the larger domain. */
  get count(): number {
    return Math.max(this.parts.a.count, this.parts.b.count);
  }

  get skipped(): readonly SkippedImage[] {
    return [...this.parts.a.skipped, ...this.parts.b.skipped];
  }

  get notes(): readonly string[] {
    return Object.values(this.parts).flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`));
  }

  async identity(): Promise<DataIdentity> {
    return { a: await identityOf(this.parts.a), b: await identityOf(this.parts.b) };
  }

  /**
   * Batches of `a` and `b`; an epoch is one of the larger domain. See {@link Dataset.loader}.
   * @throws ERR_USAGE for a batch larger than the smaller domain
   */
  loader({ seed = 0, ...options }: LoaderOptions): Loader {
    requireSeed(seed);
    const loaders = Object.entries(this.parts).map(([key, part], i) => [
      key,
      part.loader({ ...options, seed: new Prng(seed, i, STREAM).uint32() }),
    ]);
    return zipLoader(Object.fromEntries(loaders), { name: this.name });
  }
}

import { GanError, UsageError } from '../errors';
import { isJsonObject } from '../io/json';
import type { DataSpecs } from './image-spec';
import { type Batch, fetchFrom, type Loader, type LoaderState } from './loader';

/** What a {@link zipLoader} runs through. */
export interface ZipOptions {
  readonly name: string;
  /** Loaders of one batch size, by the name that their images get. */
  readonly loaders: Readonly<Record<string, Loader>>;
}

/**
 * Several loaders of images side by side, each in an order of its own: batches have the images of each under its name, and no labels. A
 * pass is one through the longest. They are disposed with it.
 *
 * @throws UsageError for loaders of different batch sizes
 */
export function zipLoader({ name, loaders }: ZipOptions): Loader {
  return new ZipLoader(name, Object.entries(loaders));
}

class ZipLoader implements Loader {
  readonly specs: DataSpecs;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly #longest: Loader;

  constructor(
    readonly name: string,
    readonly loaders: readonly (readonly [string, Loader])[],
  ) {
    const all = loaders.map(([, loader]) => loader);
    const [{ batch }] = all;
    if (all.some((loader) => loader.batch !== batch))
      throw new UsageError(
        `zipLoader expected loaders of one batch size but received ${all.map((loader) => loader.batch).join(', ')}`,
      );
    this.batch = batch;
    this.#longest = all.reduce((a, b) => (b.batchesPerEpoch > a.batchesPerEpoch ? b : a));
    this.batchesPerEpoch = this.#longest.batchesPerEpoch;
    this.specs = Object.fromEntries(loaders.map(([key, { specs }]) => [key, specs.images]));
  }

  get epoch(): number {
    return this.#longest.epoch;
  }

  async next(): Promise<Batch> {
    const images: Record<string, Batch[string]> = {};
    for (const [key, loader] of this.loaders) {
      const { images: own, ...rest } = await loader.next();
      for (const tensor of Object.values(rest)) tensor.dispose();
      images[key] = own;
    }
    return images;
  }

  async fetch(): Promise<() => Batch> {
    const makers = await Promise.all(
      this.loaders.map(async ([key, loader]) => [key, await fetchFrom(loader)] as const),
    );
    return () => Object.fromEntries(makers.map(([key, make]) => [key, make().images]));
  }

  state(): LoaderState {
    return Object.fromEntries(this.loaders.map(([key, loader]) => [key, loader.state()]));
  }

  start(): LoaderState {
    return Object.fromEntries(this.loaders.map(([key, loader]) => [key, loader.start()]));
  }

  setState(state: LoaderState): void {
    for (const [key, loader] of this.loaders) {
      const own = state[key];
      if (!isJsonObject(own))
        throw new GanError(
          'ERR_LOADER_STATE',
          `the loader of "${this.name}" expected a place for ${this.loaders.map(([each]) => each).join(' and ')} but received ${JSON.stringify(state)}`,
        );
      loader.setState(own);
    }
  }

  to(device: string): void {
    for (const [, loader] of this.loaders) loader.to(device);
  }

  dispose(): void {
    for (const [, loader] of this.loaders) loader.dispose();
  }
}

import { GanError, UsageError } from '../errors';
import { isJsonObject, type JsonObject } from '../io/json';
import { scope } from '../tensor/scope';
import type { DataIdentity, PartIdentity } from './identity';
import type { DataSpecs } from './image-spec';
import {
  type Batch,
  fetchFrom,
  type Loader,
  type LoaderState,
  nextEpochOf,
  resizeLoader,
  shareLoader,
} from './loader';
import type { Share } from './share';

/**
 * A loader of the `images` of several loaders, each in its own order, under the names they have here: `zipLoader({ a, b })` gives
 * batches of `a` and `b`. Labels are left out. An epoch is one of the loader with the most batches; the others go round more often.
 * It disposes the loaders with itself.
 *
 * @param options.name the data set's name (those of the loaders, joined by `+`)
 * @throws ERR_USAGE for loaders of different batches, or one that gives no `images`
 */
export function zipLoader(
  loaders: Readonly<Record<string, Loader>>,
  { name }: { readonly name?: string } = {},
): Loader {
  return new ZipLoader(loaders, name);
}

class ZipLoader implements Loader {
  readonly name: string;
  readonly specs: DataSpecs;
  readonly #loaders: readonly (readonly [string, Loader])[];
  readonly #longest: Loader;

  constructor(loaders: Readonly<Record<string, Loader>>, name: string | undefined) {
    const entries = Object.entries(loaders);
    const all = Object.values(loaders);
    if (all.length === 0) throw new UsageError('zipLoader expected loaders by name but received none');
    requireAlike(entries);
    this.#loaders = entries;
    this.#longest = all.reduce((most, each) => (each.batchesPerEpoch > most.batchesPerEpoch ? each : most));
    this.name = name ?? all.map((loader) => loader.name).join('+');
    this.specs = Object.fromEntries(
      entries.map(([key, { specs }]) => [key, { ...specs.images, classes: 0 }]),
    );
  }

  get batch(): number {
    return this.#longest.batch;
  }

  get batchesPerEpoch(): number {
    return this.#longest.batchesPerEpoch;
  }

  get epoch(): number {
    return this.#longest.epoch;
  }

  async next(): Promise<Batch> {
    return (await this.fetch())();
  }

  async fetch(): Promise<() => Batch> {
    const making = await Promise.all(
      this.#loaders.map(async ([key, loader]) => [key, await fetchFrom(loader)] as const),
    );
    return () => scope(() => Object.fromEntries(making.map(([key, make]) => [key, make().images])));
  }

  async identity(): Promise<DataIdentity> {
    const parts: Record<string, PartIdentity> = {};
    for (const [key, loader] of this.#loaders) {
      const { images } = (await loader.identity?.()) ?? {};
      if (images) parts[key] = images;
    }
    return parts;
  }

  state(): LoaderState {
    return this.#each((loader) => loader.state());
  }

  start(): LoaderState {
    return this.#each((loader) => loader.start());
  }

  setState(state: LoaderState): void {
    for (const [key, loader] of this.#loaders) loader.setState(this.#placeIn(state, key));
  }

  nextEpoch(state: LoaderState): LoaderState {
    return this.#each((loader, key) => nextEpochOf(loader, this.#placeIn(state, key)));
  }

  resize(batch: number): void {
    for (const [, loader] of this.#loaders) resizeLoader(loader, batch);
  }

  share(share: Share): void {
    for (const [, loader] of this.#loaders) shareLoader(loader, share);
  }

  to(device: string): void {
    for (const [, loader] of this.#loaders) loader.to(device);
  }

  dispose(): void {
    for (const [, loader] of this.#loaders) loader.dispose();
  }

  #placeIn(state: LoaderState, key: string): LoaderState {
    const place = state[key];
    if (isJsonObject(place)) return place;
    throw new GanError(
      'ERR_LOADER_STATE',
      `the loader of "${this.name}" cannot go to ${JSON.stringify(state)}: a place for each of ${Object.keys(this.specs).join(', ')} is expected; it may not be the set the state was saved with`,
    );
  }

  #each(place: (loader: Loader, key: string) => LoaderState): JsonObject {
    return Object.fromEntries(this.#loaders.map(([key, loader]) => [key, place(loader, key)]));
  }
}

function requireAlike(loaders: readonly (readonly [string, Loader])[]): void {
  const [[first, { batch }]] = loaders;
  for (const [key, loader] of loaders) {
    if (!loader.specs.images)
      throw new UsageError(
        `zipLoader expected loaders of images, but ${key} gives ${Object.keys(loader.specs).join(', ')}`,
      );
    if (loader.batch !== batch)
      throw new UsageError(
        `zipLoader expected loaders of one batch, but ${first} has ${batch} and ${key} has ${loader.batch}`,
      );
  }
}

import { GanError } from '../errors';
import { isJsonObject } from '../io/json';
import { Generator } from '../tensor/random';
import { keep, scope } from '../tensor/scope';
import type { DataSpecs } from './image-spec';
import { type Batch, fetchFrom, isCount, type Loader, type LoaderState } from './loader';
import { Prng } from './prng';

/** Keeps what is drawn apart from the order of an epoch. */
const STREAM = 0x3a9;

/** How {@link mapLoader} changes batches. */
export interface MapOptions {
  /** Of the numbers that `map` draws (0). */
  readonly seed?: number;
  /**
   * Makes a batch of another, on its device and in a scope: smaller images, noise, masks. It draws from `random` alone, so that a place in the
   * stream of batches decides everything.
   */
  readonly map: (batch: Batch, random: Generator) => Batch;
  /** The images of the new batches (those of the loader). */
  readonly specs?: DataSpecs;
}

/**
 * A loader whose batches are changed on the device: degradations, for one. What `map` draws depends on the seed and on how many batches came
 * before, so a resumed run draws the same. The loader below is disposed with it.
 */
export function mapLoader(loader: Loader, options: MapOptions): Loader {
  return new MapLoader(loader, options);
}

class MapLoader implements Loader {
  readonly name: string;
  readonly specs: DataSpecs;
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly #loader: Loader;
  readonly #seed: number;
  readonly #map: MapOptions['map'];
  #device = 'cpu';
  #drawn = 0;

  constructor(loader: Loader, { seed = 0, map, specs = loader.specs }: MapOptions) {
    this.name = loader.name;
    this.specs = specs;
    this.batch = loader.batch;
    this.batchesPerEpoch = loader.batchesPerEpoch;
    this.#loader = loader;
    this.#seed = seed;
    this.#map = map;
  }

  get epoch(): number {
    return this.#loader.epoch;
  }

  async next(): Promise<Batch> {
    const make = await this.fetch();
    return scope(() => keep(make()));
  }

  async fetch(): Promise<() => Batch> {
    const make = await fetchFrom(this.#loader);
    const index = this.#drawn++;
    const device = this.#device;
    return () => {
      // Another generator for each batch: what was drawn before does not matter.
      const random = new Generator({ device, seed: new Prng(this.#seed, index, STREAM).below(2 ** 31) });
      try {
        return scope(() => this.#map(make(), random));
      } finally {
        random.dispose();
      }
    };
  }

  state(): LoaderState {
    return { of: this.#loader.state(), drawn: this.#drawn };
  }

  start(): LoaderState {
    return { of: this.#loader.start(), drawn: 0 };
  }

  setState(state: LoaderState): void {
    const { of, drawn } = state;
    if (!isJsonObject(of) || !isCount(drawn))
      throw new GanError(
        'ERR_LOADER_STATE',
        `the loader of "${this.name}" expected a place with \`of\` and \`drawn\` but received ${JSON.stringify(state)}`,
      );
    this.#loader.setState(of);
    this.#drawn = drawn;
  }

  to(device: string): void {
    this.#loader.to(device);
    this.#device = device;
  }

  dispose(): void {
    this.#loader.dispose();
  }
}

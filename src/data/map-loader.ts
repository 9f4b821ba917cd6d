import { argumentError } from '../check';
import { GanError } from '../errors';
import { isJsonObject } from '../io/json';
import { Generator } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { DataIdentity } from './identity';
import type { DataSpecs } from './image-spec';
import {
  type Batch,
  fetchFrom,
  isCount,
  type Loader,
  type LoaderState,
  nextEpochOf,
  requireBatch,
  requireSeed,
  resizeLoader,
  shareLoader,
} from './loader';
import { Prng } from './prng';
import { type Share, WHOLE } from './share';

/** What {@link mapLoader} makes of batches. */
export interface MapOptions {
  /**
   * Makes a batch of one that was loaded, on its device. Whatever it draws comes from `generator`, e.g.
   * `({ images }, generator) => ({ target: images, input: images.add(randn(images.shape, { generator, device: images.device })) })`.
   */
  readonly map: (batch: Batch, generator: Generator) => Batch;
  /** Of the generator (0). */
  readonly seed?: number;
  /** What the batches hold (as before). */
  readonly specs?: DataSpecs;
}

/** Keeps the seeds of batches apart from the streams of the loader's order. */
const STREAM = 0x3a9;

/**
 * A loader whose batches `map` makes of another's: noise, masks, down-sampling. Its generator is seeded anew for each batch, from the seed
 * and how many batches came before, so that a place needs no state of a generator and what one batch draws changes no other. It
 * disposes the loader with itself.
 *
 * @throws ERR_USAGE for a seed that is no non-negative integer, and, when a batch is made, for a map that makes none
 */
export function mapLoader(loader: Loader, options: MapOptions): Loader {
  return new MapLoader(loader, options);
}

class MapLoader implements Loader {
  readonly specs: DataSpecs;
  readonly #loader: Loader;
  readonly #map: MapOptions['map'];
  readonly #seed: number;
  #generator: Generator | null = null;
  #drawn = 0;
  #share = WHOLE;
  #disposed = false;

  constructor(loader: Loader, { map, seed = 0, specs = loader.specs }: MapOptions) {
    requireSeed(seed);
    if (typeof map !== 'function') throw argumentError('mapLoader', 'map to be a function of a batch', map);
    this.#loader = loader;
    this.#map = map;
    this.#seed = seed;
    this.specs = specs;
  }

  get name(): string {
    return this.#loader.name;
  }

  get batch(): number {
    return this.#loader.batch;
  }

  get batchesPerEpoch(): number {
    return this.#loader.batchesPerEpoch;
  }

  get epoch(): number {
    return this.#loader.epoch;
  }

  async next(): Promise<Batch> {
    return (await this.fetch())();
  }

  async fetch(): Promise<() => Batch> {
    const { index } = this.#share;
    // The parts of a batch draw apart; the first draws what the whole would.
    const seed = new Prng(this.#seed, this.#drawn, STREAM, ...(index > 0 ? [index] : [])).uint32();
    this.#drawn++;
    const make = await fetchFrom(this.#loader);
    return () =>
      scope(() => {
        const batch = make();
        return requireBatch('mapLoader', this.#map(batch, this.#seeded(seed, batch)));
      });
  }

  async identity(): Promise<DataIdentity> {
    return (await this.#loader.identity?.()) ?? {};
  }

  state(): LoaderState {
    return { of: this.#loader.state(), drawn: this.#drawn };
  }

  start(): LoaderState {
    return { of: this.#loader.start(), drawn: 0 };
  }

  setState(state: LoaderState): void {
    const { of, drawn } = this.#checked(state);
    this.#loader.setState(of);
    this.#drawn = drawn;
  }

  nextEpoch(state: LoaderState): LoaderState {
    const { of, drawn } = this.#checked(state);
    return { of: nextEpochOf(this.#loader, of), drawn };
  }

  resize(batch: number): void {
    resizeLoader(this.#loader, batch);
  }

  share(share: Share): void {
    shareLoader(this.#loader, share);
    this.#share = share;
  }

  to(device: string): void {
    this.#loader.to(device);
  }

  dispose(): void {
    this.#disposed = true;
    this.#generator?.dispose();
    this.#generator = null;
    this.#loader.dispose();
  }

  #checked(state: LoaderState): { readonly of: LoaderState; readonly drawn: number } {
    const { of, drawn } = state;
    if (isJsonObject(of) && isCount(drawn)) return { of, drawn };
    throw new GanError(
      'ERR_LOADER_STATE',
      `the loader of "${this.name}" cannot go to ${JSON.stringify(state)}: the place "of" the loader that it maps and a count "drawn" are expected; it may not be the set the state was saved with`,
    );
  }

  /** The generator, on the device of a batch. */
  #seeded(seed: number, batch: Batch): Generator {
    if (this.#disposed)
      throw new GanError('ERR_RELEASED', `the loader of "${this.name}" was disposed: make a new one`);
    const [{ device }] = Object.values(batch);
    if (this.#generator?.device !== device) {
      this.#generator?.dispose();
      this.#generator = new Generator({ device, seed });
    }
    this.#generator.seed(seed);
    return this.#generator;
  }
}

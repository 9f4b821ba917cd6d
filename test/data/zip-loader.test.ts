import { ImageDataset } from '../../src/data/dataset';
import type { Batch, Loader, LoaderOptions } from '../../src/data/loader';
import { UnpairedDataset } from '../../src/data/unpaired-dataset';
import { zipLoader } from '../../src/data/zip-loader';
import { memory } from '../../src/tensor/memory';
import { dispose, scope } from '../../src/tensor/scope';
import { takeEach } from '../support/batches';
import { failure, usage } from '../support/failure';

/** Grey images 1×1 that hold their number, from `first` on, labelled. */
function numbers(name: string, count: number, first = 0): ImageDataset {
  const pixels = Uint8Array.from({ length: count }, (_, i) => first + i);
  return new ImageDataset({
    name,
    channels: 1,
    height: 1,
    width: 1,
    pixels,
    labels: pixels.map((i) => i % 3),
  });
}

const small = numbers('small', 7);
const large = numbers('large', 20, 100);
const both = new UnpairedDataset({ name: 'both', a: small, b: large });

const read = (batch: Batch): number[][] =>
  [batch.a, batch.b].map((images) =>
    Array.from(images.toTypedArray(), Number).map((value) => Math.round(127.5 * (value + 1))),
  );

const take = (loader: Loader, count: number) => takeEach(loader, count, read);

/** A loader without `fetch`. */
function withoutFetch(loader: Loader): Loader {
  return {
    name: loader.name,
    specs: loader.specs,
    batch: loader.batch,
    batchesPerEpoch: loader.batchesPerEpoch,
    epoch: 0,
    next: () => loader.next(),
    state: () => loader.state(),
    start: () => loader.start(),
    setState: (state) => loader.setState(state),
    to: (device) => loader.to(device),
    dispose: () => loader.dispose(),
  };
}

describe('zipped', () => {
  let made: Loader[] = [];
  afterEach(() => {
    for (const loader of made) loader.dispose();
    made = [];
  });
  const kept = (loader: Loader): Loader => {
    made.push(loader);
    return loader;
  };
  const loaderOf = (options: Partial<LoaderOptions> = {}) =>
    kept(both.loader({ batch: 3, seed: 1, ...options }));

  describe('zipLoader refuses', () => {
    test('no loaders', () => {
      expect(() => zipLoader({})).toThrow(usage('zipLoader expected loaders by name but received none'));
    });

    test('loaders of different batches', () => {
      const loaders = { a: kept(small.loader({ batch: 3 })), b: kept(large.loader({ batch: 4 })) };
      expect(() => zipLoader(loaders)).toThrow(
        usage('zipLoader expected loaders of one batch, but a has 3 and b has 4'),
      );
    });

    test('a loader that gives no images', () => {
      const loaders = { a: kept(small.loader({ batch: 3 })), b: loaderOf() };
      expect(() => zipLoader(loaders)).toThrow(
        usage('zipLoader expected loaders of images, but b gives a, b'),
      );
    });
  });

  test.each([
    [{ batch: 8 }, 'a batch of 8 is larger than the data set "small", which has 7 images'],
    [{ batch: 0 }, 'batch must be a positive integer, got 0'],
    [{ seed: -1 }, 'seed must be a non-negative integer, got -1'],
    [{ crop: 2 }, 'those of "small" are 1×1, but 2×2 was asked for'],
  ])('a loader of two domains refuses %j', (options, reason) => {
    expect(() => loaderOf(options)).toThrow(usage(reason));
  });

  test('it gives batches of another size from where it is', async () => {
    const [loader, whole] = [loaderOf({ shuffle: false }), loaderOf({ shuffle: false })];
    const first = await take(loader, 1);
    loader.resize?.(2);
    expect([loader.batch, loader.batchesPerEpoch]).toEqual([2, 10]);
    const [second] = await take(loader, 1);
    const expected = await take(whole, 2);
    expect(first).toEqual(expected.slice(0, 1));
    expect(second).toEqual(expected[1].map((images) => images.slice(0, 2)));
  });

  test.each([
    [{ epoch: 0, position: 0, seed: 1 }, 'a place for each of a, b is expected'],
    [{ a: { epoch: 0, position: 0, seed: 1 }, b: 3 }, 'a place for each of a, b is expected'],
    [
      { a: { epoch: 0, position: 8, seed: 1 }, b: { epoch: 0, position: 0, seed: 1 } },
      '"small" has 7 images',
    ],
  ])('it refuses the state %j', (state, reason) => {
    expect(() => loaderOf().setState(state)).toThrow(failure('ERR_LOADER_STATE', reason));
  });

  test('begins the next epoch of each, or all epochs of one that does not tell where that is', () => {
    const a = { epoch: 2, position: 3, seed: 5 };
    const b = { epoch: 0, position: 9, seed: 1 };
    expect(loaderOf().nextEpoch?.({ a, b })).toEqual({
      a: { epoch: 3, position: 0, seed: 5 },
      b: { epoch: 1, position: 0, seed: 1 },
    });
    const plain = kept(zipLoader({ a: withoutFetch(small.loader({ batch: 3, seed: 4 })) }));
    expect(plain.nextEpoch?.({ a })).toEqual({ a: { epoch: 0, position: 0, seed: 4 } });
  });

  test('throws after it was disposed', async () => {
    const loader = loaderOf();
    loader.dispose();
    await expect(loader.next()).rejects.toMatchObject({ code: 'ERR_RELEASED' });
  });

  test('a set of two domains counts the larger, and gives no labels', () => {
    const spec = { channels: 1, height: 1, width: 1, classes: 0 };
    expect([both.kind, both.count, both.specs]).toEqual(['unpaired', 20, { a: spec, b: spec }]);
    expect(both.parts.a.spec.classes).toBe(3);
    const loader = loaderOf();
    expect([loader.name, loader.specs, loader.batch, loader.batchesPerEpoch]).toEqual([
      'both',
      { a: spec, b: spec },
      3,
      6,
    ]);
  });

  test('names itself after its loaders', () => {
    const loader = zipLoader({ a: kept(small.loader({ batch: 3 })), b: kept(large.loader({ batch: 3 })) });
    expect(loader.name).toBe('small+large');
  });

  test('visits the larger domain once an epoch, and the smaller as often as it needs', async () => {
    const loader = loaderOf();
    const first = await take(loader, 6);
    expect(loader.epoch).toBe(0);
    expect(new Set(first.flatMap(([, b]) => b)).size).toBe(18);
    for (const epoch of [first.slice(0, 2), first.slice(2, 4)])
      expect(new Set(epoch.flatMap(([a]) => a)).size).toBe(6);
    await take(loader, 1);
    expect(loader.epoch).toBe(1);
  });

  test('has each domain in an order of its own, which the seed decides', async () => {
    const alike = new UnpairedDataset({ name: 'alike', a: large, b: large });
    const pairs = await take(kept(alike.loader({ batch: 20, seed: 1 })), 1);
    expect(pairs[0][0]).not.toEqual(pairs[0][1]);
    expect(await take(loaderOf(), 6)).toEqual(await take(loaderOf(), 6));
    expect(await take(loaderOf(), 6)).not.toEqual(await take(loaderOf({ seed: 2 }), 6));
  });

  test('goes on after setState with the same batches, and starts over at start()', async () => {
    const loader = loaderOf();
    const start = await take(loader, 5);
    const state = JSON.parse(JSON.stringify(loader.state()));
    const expected = await take(loader, 9);
    const fresh = loaderOf({ seed: 99 });
    await take(fresh, 2);
    fresh.setState(state);
    expect(fresh.state()).toEqual(state);
    expect(await take(fresh, 9)).toEqual(expected);
    loader.setState(loader.start());
    expect(await take(loader, 5)).toEqual(start);
  });

  test('gives batches in order to callers that do not wait', async () => {
    const loader = loaderOf();
    const batches = await Promise.all(Array.from({ length: 9 }, () => loader.next()));
    const together = batches.map(read);
    dispose(batches);
    expect(together).toEqual(await take(loaderOf(), 9));
  });

  test('makes a fetched batch in the scope of the caller', async () => {
    const loader = loaderOf();
    await take(loader, 1);
    const working = memory().tensors;
    const make = await loader.fetch?.();
    const [made, images] = scope(() => {
      const batch = make?.();
      return [memory().tensors, batch && read(batch)];
    });
    expect([made, memory().tensors]).toEqual([working + 2, working]);
    expect(images).toEqual((await take(loaderOf(), 2))[1]);
  });

  test('leaves only the batch alive, also of loaders that give labels or have no fetch', async () => {
    const before = memory();
    const loader = kept(
      zipLoader({ a: withoutFetch(small.loader({ batch: 3 })), b: large.loader({ batch: 3 }) }),
    );
    await take(loader, 1);
    const working = memory().tensors;
    const batch = await loader.next();
    expect([Object.keys(batch), memory().tensors]).toEqual([['a', 'b'], working + 2]);
    dispose(batch);
    const make = await loader.fetch?.();
    scope(() => void make?.());
    expect(memory().tensors).toBe(working);
    loader.dispose();
    expect(memory()).toEqual(before);
  });

  test('moves to a device and goes on', async () => {
    const loader = loaderOf();
    const first = await take(loader, 1);
    loader.to('cpu');
    expect([...first, ...(await take(loader, 1))]).toEqual(await take(loaderOf(), 2));
  });
});

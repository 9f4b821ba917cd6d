import { ImageDataset } from '../../src/data/dataset';
import type { Batch, Loader } from '../../src/data/loader';
import { mapLoader } from '../../src/data/map-loader';
import { rand, randn } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import type { Generator } from '../../src/tensor/random';
import { dispose, scope } from '../../src/tensor/scope';
import { bytesOf, takeBytes } from '../support/batches';
import { failure, usage } from '../support/failure';

const set = new ImageDataset({
  name: 'made',
  channels: 1,
  height: 2,
  width: 2,
  pixels: Uint8Array.from({ length: 11 * 4 }, (_, i) => i),
  labels: Array.from({ length: 11 }, () => 0),
});

const noisy = ({ images }: Batch, generator: Generator): Batch => {
  const noise = randn(images.shape, { generator, device: images.device });
  return { target: images, input: images.add(noise.mul(0.1)) };
};

describe('mapLoader', () => {
  let made: Loader[] = [];
  afterEach(() => {
    for (const loader of made) loader.dispose();
    made = [];
  });
  const inner = () => {
    const loader = set.loader({ batch: 3, seed: 5 });
    made.push(loader);
    return loader;
  };
  const loaderOf = (options: Partial<Parameters<typeof mapLoader>[1]> = {}): Loader => {
    const loader = mapLoader(inner(), { map: noisy, seed: 1, ...options });
    made.push(loader);
    return loader;
  };

  test.each([-1, 0.5, Number.NaN])('refuses the seed %d', (seed) => {
    expect(() => loaderOf({ seed })).toThrow(usage(`seed must be a non-negative integer, got ${seed}`));
  });

  test.each([
    { epoch: 0, position: 0, seed: 1 },
    { of: { epoch: 0, position: 0, seed: 1 }, drawn: -1 },
    { of: { epoch: 0, position: 0, seed: 1 } },
    { of: [], drawn: 0 },
  ])('refuses the state %j', (state) => {
    expect(() => loaderOf().setState(state)).toThrow(
      failure('ERR_LOADER_STATE', 'the place "of" the loader that it maps and a count "drawn" are expected'),
    );
  });

  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'received undefined'],
    ['a promise', async () => ({}), 'received a promise'],
    ['no tensors', () => ({ images: [1] }), 'received [1] (array)'],
  ])('refuses a map that makes %s', async (_, map, text) => {
    const making = loaderOf({ map: map as never }).next();
    await expect(making).rejects.toEqual(usage('mapLoader expects to make a batch, tensors by name, but'));
    await expect(loaderOf({ map: map as never }).next()).rejects.toEqual(usage(text));
  });

  test('refuses a map that is none', () => {
    expect(() => loaderOf({ map: null as never })).toThrow(
      usage('mapLoader expects map to be a function of a batch but received null'),
    );
  });

  test('leaves it to the loader that it maps to refuse a place', () => {
    const state = { of: { epoch: 0, position: 12, seed: 1 }, drawn: 0 };
    expect(() => loaderOf().setState(state)).toThrow(failure('ERR_LOADER_STATE', '"made" has 11 images'));
  });

  test('takes another batch where the loader that it maps does', () => {
    const loader = loaderOf();
    loader.resize?.(5);
    expect([loader.batch, loader.batchesPerEpoch]).toEqual([5, 2]);
    const { resize: _, ...fixed } = { ...loader, batch: 3, name: 'fixed' };
    expect(() => mapLoader(fixed, { map: noisy }).resize?.(5)).toThrow(
      usage('expected a loader whose batch can change, from 3 to 5, but that of "fixed" has no resize()'),
    );
  });

  test('begins the next epoch of the loader that it maps, and draws on', () => {
    const of = { epoch: 0, position: 6, seed: 1 };
    expect(loaderOf().nextEpoch?.({ of, drawn: 2 })).toEqual({
      of: { epoch: 1, position: 0, seed: 1 },
      drawn: 2,
    });
  });

  test('throws after it was disposed, also for a batch that was being made', async () => {
    const loader = loaderOf();
    const make = await loader.fetch?.();
    loader.dispose();
    expect(() => scope(() => make?.())).toThrow(failure('ERR_RELEASED', 'disposed'));
    await expect(loader.next()).rejects.toMatchObject({ code: 'ERR_RELEASED' });
  });

  test('gives what the function makes of each batch, and speaks for the loader that it maps', async () => {
    const specs = { target: set.spec, input: set.spec };
    const loader = loaderOf({ specs });
    expect([loader.name, loader.batch, loader.batchesPerEpoch, loader.specs]).toEqual(['made', 3, 3, specs]);
    expect(loaderOf().specs).toEqual({ images: set.spec });
    const batches = await takeBytes(loader, 4);
    const plain = await takeBytes(inner(), 4);
    expect(batches.map(({ target }) => target)).toEqual(plain.map(({ images }) => images));
    expect(new Set(batches.map(({ input }) => input)).size).toBe(4);
    expect(loader.epoch).toBe(1);
  });

  test('draws by its seed, and for each batch anew', async () => {
    const first = await takeBytes(loaderOf(), 3);
    expect(await takeBytes(loaderOf(), 3)).toEqual(first);
    expect(await takeBytes(loaderOf({ seed: 2 }), 3)).not.toEqual(first);
  });

  test('draws the same for a batch whatever was drawn for those before it', async () => {
    let batches = 0;
    const greedy = (batch: Batch, generator: Generator): Batch => {
      if (batches++ === 0) rand([100], { generator });
      return noisy(batch, generator);
    };
    const [, second, third] = await takeBytes(loaderOf({ map: greedy }), 3);
    expect([second, third]).toEqual((await takeBytes(loaderOf(), 3)).slice(1));
  });

  test('goes on after setState with the same batches, and starts over at start()', async () => {
    const loader = loaderOf();
    const start = await takeBytes(loader, 5);
    const state = JSON.parse(JSON.stringify(loader.state()));
    expect(state).toEqual({ of: { epoch: 1, position: 6, seed: 5 }, drawn: 5 });
    const expected = await takeBytes(loader, 4);
    const fresh = loaderOf();
    await takeBytes(fresh, 1);
    fresh.setState(state);
    expect(await takeBytes(fresh, 4)).toEqual(expected);
    loader.setState(loader.start());
    expect(await takeBytes(loader, 5)).toEqual(start);
  });

  test('gives batches in order, and the same, to callers that do not wait', async () => {
    const loader = loaderOf();
    const makers = await Promise.all(Array.from({ length: 4 }, () => loader.fetch?.()));
    const backwards = makers.reverse().map((make) => scope(() => bytesOf(make?.() ?? {})));
    expect(backwards.reverse()).toEqual(await takeBytes(loaderOf(), 4));
  });

  test('makes a fetched batch in the scope of the caller, and frees what was made on the way', async () => {
    const before = memory();
    const loader = loaderOf();
    await takeBytes(loader, 1);
    const working = memory();
    const make = await loader.fetch?.();
    scope(() => {
      make?.();
      expect(memory().tensors).toBe(working.tensors + 2);
    });
    expect(memory()).toEqual(working);
    dispose(await loader.next());
    expect(memory()).toEqual(working);
    loader.dispose();
    expect(memory()).toEqual(before);
  });

  test('maps what another one made', async () => {
    const half = ({ input }: Batch): Batch => ({ input: input.mul(0.5) });
    const loader = mapLoader(loaderOf(), { map: half });
    made.push(loader);
    const [{ input }] = await takeBytes(loader, 1);
    const [once] = await takeBytes(loaderOf(), 1);
    const floats = (hex: string) => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
      return new Float32Array(bytes.buffer);
    };
    expect(floats(input)).toEqual(floats(once.input).map((value) => value / 2));
  });
});

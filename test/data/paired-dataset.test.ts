import { contentHash } from '../../src/data/content-hash';
import { ImageDataset } from '../../src/data/dataset';
import type { Loader, LoaderOptions } from '../../src/data/loader';
import { PairedDataset, type PairedDatasetOptions } from '../../src/data/paired-dataset';
import { dispose } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';

const COUNT = 6;
/** Pair i of images 1×2×3 and 3×2×3: `a` holds i, 10 + i, …, 50 + i; the planes of `b` 60 + i, …, 230 + i. */
const pixels = Uint8Array.from({ length: COUNT * 24 }, (_, at) => 10 * (at % 24) + Math.floor(at / 24));
const made: PairedDatasetOptions = { name: 'made', channels: { a: 1, b: 3 }, height: 2, width: 3, pixels };
const planesOf = (pair: number, [from, to]: readonly number[]) =>
  Array.from({ length: to - from }, (_, i) => 10 * (from + i) + pair);
const A = [0, 6];
const B = [6, 24];

test('pixels that do not fit are refused', () => {
  expect(() => new PairedDataset({ ...made, pixels: new Uint8Array(25) })).toThrow(
    usage('data set "made": pairs of 1×2×3 and 3×2×3 take 24 bytes each, but 25 bytes came'),
  );
});

test.each<[Partial<PairedDatasetOptions>, number, string]>([
  [{ channels: { a: 0, b: 3 } }, 18, 'channels, height and width must be positive integers, got 0, 2 and 3'],
  [{ height: 1.5 }, 18, 'channels, height and width must be positive integers, got 1, 1.5 and 3'],
])('%j is refused', (wrong, bytes, reason) => {
  expect(() => new PairedDataset({ ...made, ...wrong, pixels: new Uint8Array(bytes) })).toThrow(
    usage(reason),
  );
});

test('no pairs are refused', () => {
  expect(() => new PairedDataset({ ...made, pixels: new Uint8Array(0) })).toThrow(
    failure('ERR_DATA_EMPTY', '"made (a)" has no images'),
  );
});

test('parts are sets of the images of each name, index for index', async () => {
  const { specs, parts, count, kind } = new PairedDataset(made);
  expect([kind, count, specs]).toEqual([
    'pairs',
    COUNT,
    {
      a: { channels: 1, height: 2, width: 3, classes: 0 },
      b: { channels: 3, height: 2, width: 3, classes: 0 },
    },
  ]);
  expect([...(await parts.a.images([4, 1]))]).toEqual([...planesOf(4, A), ...planesOf(1, A)]);
  expect([...(await parts.b.images([5]))]).toEqual(planesOf(5, B));
  expect((await parts.b.pixels.readAll()).length).toBe(COUNT * 18);
});

test('parts have the content hash of the same images in a set of their own', async () => {
  const { parts } = new PairedDataset(made);
  const own = Uint8Array.from(Array.from({ length: COUNT }, (_, i) => planesOf(i, B)).flat());
  const same = new ImageDataset({ name: 'own', channels: 3, height: 2, width: 3, pixels: own });
  expect(await contentHash(parts.b)).toBe(await contentHash(same));
  expect(await contentHash(parts.a)).not.toBe(await contentHash(same));
});

describe.each([
  ['resident', true],
  ['read ahead', false],
])('a loader of pairs that are %s', (_, resident) => {
  let loaders: Loader[] = [];
  afterEach(() => {
    for (const loader of loaders) loader.dispose();
    loaders = [];
  });

  async function take(options: Partial<LoaderOptions>) {
    const loader = new PairedDataset(made).loader({ batch: COUNT, seed: 3, resident, ...options });
    loaders.push(loader);
    const batch = await loader.next();
    const [a, b] = [batch.a, batch.b].map((images) =>
      Array.from(images.toTypedArray(), Number).map((value) => Math.round(127.5 * (value + 1))),
    );
    const read = {
      names: Object.keys(batch),
      a,
      b,
      shapes: [batch.a.shape, batch.b.shape],
      specs: loader.specs,
    };
    const contiguous = [batch.a.isContiguous(), batch.b.isContiguous()];
    dispose(batch);
    return { ...read, contiguous };
  }

  test('gives a and b of each pair, apart in memory', async () => {
    const { names, a, b, shapes, contiguous } = await take({});
    expect([names, shapes, contiguous]).toEqual([
      ['a', 'b'],
      [
        [COUNT, 1, 2, 3],
        [COUNT, 3, 2, 3],
      ],
      [true, true],
    ]);
    const order = Array.from({ length: COUNT }, (_value, i) => a[6 * i]);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(order).not.toEqual([0, 1, 2, 3, 4, 5]);
    expect(b).toEqual(order.flatMap((pair) => planesOf(pair, B)));
  });

  test('cuts both at one place and mirrors both or neither', async () => {
    const { a, b, specs } = await take({ crop: { height: 1, width: 2 }, flip: true });
    expect(specs.b).toEqual({ channels: 3, height: 1, width: 2, classes: 0 });
    const kinds = new Set<string>();
    for (let i = 0; i < COUNT; i++) {
      // In `b` the same columns of the same row lie 60, 120 and 180 further on.
      const [left, right] = a.slice(2 * i, 2 * i + 2);
      expect(b.slice(6 * i, 6 * i + 6)).toEqual([60, 120, 180].flatMap((on) => [left + on, right + on]));
      expect(Math.abs(left - right)).toBe(10);
      kinds.add(left < right ? 'as it is' : 'mirrored');
    }
    expect(kinds.size).toBe(2);
  });
});

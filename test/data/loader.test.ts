import { ImageDataset } from '../../src/data/dataset';
import type { Batch, Loader, LoaderOptions } from '../../src/data/loader';
import { drawnPixels, filePixels } from '../../src/data/pixels';
import { memory } from '../../src/tensor/memory';
import { dispose, scope } from '../../src/tensor/scope';
import { put, temporaryFolder } from './files';

const folder = temporaryFolder();
const COUNT = 23;

/** 23 images 2×2: image i holds 10·i in every pixel, and i modulo 5 is its label. */
const pixels = Uint8Array.from({ length: COUNT * 4 }, (_, i) => 10 * Math.floor(i / 4));
const labels = Array.from({ length: COUNT }, (_, i) => i % 5);
const set = new ImageDataset({ name: 'made', channels: 1, height: 2, width: 2, pixels, labels });

type MakeLoader = (options?: Partial<LoaderOptions>, dataset?: ImageDataset) => Loader;

/** Makes loaders that are disposed after each test of the describe block it is called in. */
function loaders(): MakeLoader {
  let made: Loader[] = [];
  afterEach(() => {
    for (const loader of made) loader.dispose();
    made = [];
  });
  return (options = {}, dataset = set) => {
    const loader = dataset.loader({ batch: 4, seed: 1, ...options });
    made.push(loader);
    return loader;
  };
}

interface Read {
  readonly bytes: string;
  readonly labels: number[];
  /** Which images of the set. */
  readonly images: number[];
}

function readAndDispose({ images, labels: classes }: Batch): Read {
  const values = images.toTypedArray();
  const read = {
    bytes: Buffer.from(images.toBytes()).toString('hex'),
    labels: classes ? Array.from(classes.toTypedArray(), Number) : [],
    images: Array.from({ length: values.length / 4 }, (_, i) =>
      Math.round((Number(values[4 * i]) + 1) * 12.75),
    ),
  };
  images.dispose();
  classes?.dispose();
  return read;
}

async function take(loader: Loader, count: number): Promise<Read[]> {
  const read: Read[] = [];
  for (let i = 0; i < count; i++) read.push(readAndDispose(await loader.next()));
  return read;
}

describe('a loader', () => {
  const loaderOf = loaders();

  test.each<[Partial<LoaderOptions>, string]>([
    [{ batch: 0 }, 'batch must be a positive integer, got 0'],
    [{ batch: -4 }, 'batch must be a positive integer, got -4'],
    [{ batch: 2.5 }, 'batch must be a positive integer, got 2.5'],
    [{ batch: 24 }, 'a batch of 24 is larger than the data set "made", which has 23 images'],
    [{ seed: -1 }, 'seed must be a non-negative integer, got -1'],
    [{ seed: Number.NaN }, 'seed must be a non-negative integer, got NaN'],
  ])('refuses %j', (options, reason) => {
    expect(() => loaderOf(options)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(reason) }),
    );
  });

  test.each([
    { epoch: -1, position: 0, seed: 1 },
    { epoch: 0, position: 24, seed: 1 },
    { epoch: 0, position: 1.5, seed: 1 },
    { epoch: 0, position: 0, seed: Number.NaN },
  ])('refuses the state %j', (state) => {
    const loader = loaderOf();
    expect(() => loader.setState(state)).toThrow(
      expect.objectContaining({
        code: 'ERR_LOADER_STATE',
        message: expect.stringContaining('"made" has 23 images'),
      }),
    );
  });

  test.each<[number, string]>([
    [0, 'batch must be a positive integer, got 0'],
    [24, 'a batch of 24 is larger than the data set "made", which has 23 images'],
  ])('refuses to be resized to %d', (batch, reason) => {
    const loader = loaderOf();
    expect(() => loader.resize?.(batch)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(reason) }),
    );
    expect(loader.batch).toBe(4);
  });

  test('throws after it was disposed', async () => {
    const loader = loaderOf();
    loader.dispose();
    await expect(loader.next()).rejects.toMatchObject({
      code: 'ERR_RELEASED',
      message: expect.stringContaining('"made"'),
    });
  });

  test('passes on why pixels cannot be read, and goes on where they can be again', async () => {
    put(folder.path('pixels'), pixels.subarray(0, 8));
    const source = filePixels({ path: folder.path('pixels'), count: COUNT, imageBytes: 4 });
    const broken = new ImageDataset({ name: 'broken', channels: 1, height: 2, width: 2, pixels: source });
    for (const resident of [true, false])
      await expect(loaderOf({ resident }, broken).next()).rejects.toMatchObject({ code: 'ERR_DATA_CORRUPT' });
    const loader = loaderOf({}, broken);
    await expect(loader.next()).rejects.toMatchObject({ code: 'ERR_DATA_CORRUPT' });
    put(folder.path('pixels'), pixels);
    expect((await take(loader, 1))[0].images).toHaveLength(4);
  });

  test('knows its data set', () => {
    const loader = loaderOf();
    expect([loader.name, loader.specs, loader.batch, loader.batchesPerEpoch]).toEqual([
      'made',
      set.specs,
      4,
      5,
    ]);
  });
});

describe.each([
  ['resident', true],
  ['read ahead', false],
])('a loader of a set that is %s', (_, resident) => {
  const loaderOf = loaders();

  test('gives float32 [N, C, H, W] = x / 127.5 − 1 and int64 [N]', async () => {
    const bytes = Uint8Array.from({ length: 256 * 12 }, (_value, i) => i % 256);
    const every = new ImageDataset({
      name: 'every',
      channels: 3,
      height: 2,
      width: 2,
      pixels: bytes,
      labels: new Uint8Array(256).fill(7),
    });
    const { images, labels: classes } = await loaderOf(
      { batch: 256, shuffle: false, resident },
      every,
    ).next();
    expect([images.dtype, images.shape, classes?.dtype, classes?.shape]).toEqual([
      'float32',
      [256, 3, 2, 2],
      'int64',
      [256],
    ]);
    const expected = Float32Array.from(bytes, (value) => Math.fround(Math.fround(value / 127.5) - 1));
    expect(images.toTypedArray()).toEqual(expected);
    expect(classes?.toArray()).toEqual(new Array(256).fill(7));
    images.dispose();
    classes?.dispose();
  });

  test('visits every image at most once an epoch, in another order each epoch, with its label', async () => {
    const loader = loaderOf({ resident });
    const epochs: number[][] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const read = await take(loader, 5);
      const images = read.flatMap((batch) => batch.images);
      expect(new Set(images).size).toBe(20);
      expect(read.flatMap((batch) => batch.labels)).toEqual(images.map((i) => i % 5));
      epochs.push(images);
    }
    expect(epochs[1]).not.toEqual(epochs[0]);
    expect(epochs[2]).not.toEqual(epochs[1]);
  });

  test('depends on the seed', async () => {
    const one = await take(loaderOf({ resident }), 5);
    expect(await take(loaderOf({ resident }), 5)).toEqual(one);
    expect(await take(loaderOf({ resident, seed: 2 }), 5)).not.toEqual(one);
  });

  test('keeps the order of the set where it is not to shuffle', async () => {
    const read = await take(loaderOf({ resident, shuffle: false, batch: 11 }), 3);
    const order = Array.from({ length: 22 }, (_value, i) => i);
    expect(read.map(({ images }) => images)).toEqual([
      order.slice(0, 11),
      order.slice(11),
      order.slice(0, 11),
    ]);
  });

  test('goes on after setState with the same batches, bit for bit, in the middle of an epoch and at its end', async () => {
    for (const before of [0, 3, 5, 7, 10]) {
      const loader = loaderOf({ resident });
      await take(loader, before);
      const state = JSON.parse(JSON.stringify(loader.state()));
      const expected = await take(loader, 8);
      const fresh = loaderOf({ resident, seed: 99 });
      await take(fresh, 2);
      fresh.setState(state);
      expect(fresh.state()).toEqual(state);
      expect(await take(fresh, 8)).toEqual(expected);
    }
  });

  test('gives batches of another size from where it is, the images in the same order', async () => {
    const order = (await take(loaderOf({ resident, batch: 23 }), 2)).map(({ images }) => images);
    const loader = loaderOf({ resident });
    const read = await take(loader, 2);
    loader.resize?.(7);
    expect([loader.batch, loader.batchesPerEpoch]).toEqual([7, 3]);
    read.push(...(await take(loader, 2)));
    const place = loader.state();
    // One image is left of the epoch: a batch of 1 has room, one of 2 begins the next.
    loader.resize?.(1);
    read.push(...(await take(loader, 1)));
    expect(read.flatMap(({ images }) => images)).toEqual(order[0]);
    loader.setState(place);
    loader.resize?.(2);
    expect((await take(loader, 1))[0].images).toEqual(order[1].slice(0, 2));
    const fresh = loaderOf({ resident, batch: 2 });
    fresh.setState(JSON.parse(JSON.stringify(loader.state())));
    expect(await take(fresh, 3)).toEqual(await take(loader, 3));
  });

  test('counts epochs and images in its state', async () => {
    const loader = loaderOf({ resident });
    expect(loader.state()).toEqual({ epoch: 0, position: 0, seed: 1 });
    await take(loader, 2);
    expect(loader.state()).toEqual({ epoch: 0, position: 8, seed: 1 });
    await take(loader, 4);
    expect(loader.state()).toEqual({ epoch: 1, position: 4, seed: 1 });
  });

  test('starts over at the place that start() gives, wherever it is', async () => {
    const loader = loaderOf({ resident });
    const first = await take(loader, 7);
    expect([loader.epoch, loader.start()]).toEqual([1, { epoch: 0, position: 0, seed: 1 }]);
    loader.setState(loader.start());
    expect(loader.epoch).toBe(0);
    expect(await take(loader, 7)).toEqual(first);
  });

  test('tells where the epoch after a place begins, which may be of a set of another number of images', async () => {
    const loader = loaderOf({ resident });
    expect(loader.nextEpoch?.({ epoch: 4, position: 1000, seed: 9 })).toEqual({
      epoch: 5,
      position: 0,
      seed: 9,
    });
    await take(loader, 1);
    const place = loader.state();
    await take(loader, loader.batchesPerEpoch - 1);
    const second = await take(loader, 2);
    loader.setState(loader.nextEpoch?.(place) ?? {});
    expect(await take(loader, 2)).toEqual(second);
  });

  test('gives batches in order to callers that do not wait', async () => {
    const together = loaderOf({ resident });
    const batches = await Promise.all(Array.from({ length: 12 }, () => together.next()));
    expect(batches.map(readAndDispose)).toEqual(await take(loaderOf({ resident }), 12));
  });

  test('takes a batch as large as the set', async () => {
    const loader = loaderOf({ resident, batch: COUNT });
    for (const { images } of await take(loader, 2)) expect(new Set(images).size).toBe(COUNT);
  });

  test('gives no labels where there are none', async () => {
    const plain = new ImageDataset({ name: 'plain', channels: 1, height: 2, width: 2, pixels });
    const batch = await loaderOf({ resident }, plain).next();
    expect(Object.keys(batch)).toEqual(['images']);
    dispose(batch);
  });

  test('leaves only the batch alive, and nothing after dispose', async () => {
    const before = memory();
    const loader = loaderOf({ resident });
    await take(loader, 1);
    const working = memory();
    for (let i = 0; i < 7; i++) {
      const batch = await loader.next();
      expect(memory().tensors).toBe(working.tensors + 2);
      readAndDispose(batch);
    }
    expect(memory()).toEqual(working);
    loader.dispose();
    expect(memory()).toEqual(before);
  });

  test('moves to a device and goes on', async () => {
    const loader = loaderOf({ resident });
    const [first] = await take(loader, 1);
    loader.to('cpu');
    const rest = await take(loader, 1);
    expect([first, ...rest]).toEqual(await take(loaderOf({ resident }), 2));
  });

  test('can be disposed while it is working', async () => {
    const loader = loaderOf({ resident });
    const batch = loader.next();
    loader.dispose();
    await batch.then(readAndDispose, (error: unknown) =>
      expect(error).toMatchObject({ code: 'ERR_RELEASED' }),
    );
  });
});

describe('a resident loader', () => {
  const loaderOf = loaders();

  test('makes a fetched batch in the scope of whoever calls for it, and a next one in none', async () => {
    const loader = loaderOf();
    await take(loader, 1);
    const working = memory().tensors;
    const make = await loader.fetch?.();
    const [made, images] = scope(() => {
      const batch = make?.();
      return [memory().tensors, batch?.images.toBytes()];
    });
    expect([made, memory().tensors]).toEqual([working + 2, working]);
    const same = await take(loaderOf(), 2);
    expect(Buffer.from(images ?? []).toString('hex')).toBe(same[1].bytes);
    let next: Promise<Batch> | undefined;
    scope(() => {
      next = loader.next();
    });
    const batch = await next;
    expect(batch?.images.released).toBe(false);
    dispose(batch);
  });
});

describe('a loader that reads ahead', () => {
  const loaderOf = loaders();

  test('has the next batches read before they are asked for, and no more', async () => {
    const drawn: number[] = [];
    const source = drawnPixels({ count: COUNT, imageBytes: 4, draw: (i) => void drawn.push(i) });
    const counted = new ImageDataset({ name: 'counted', channels: 1, height: 2, width: 2, pixels: source });
    const loader = loaderOf({ resident: false, shuffle: false }, counted);
    await take(loader, 1);
    expect(drawn.length).toBeGreaterThanOrEqual(8);
    expect(drawn.length).toBeLessThanOrEqual(16);
  });

  test('reads a file', async () => {
    put(folder.path('pixels'), pixels);
    const source = filePixels({ path: folder.path('pixels'), count: COUNT, imageBytes: 4 });
    const filed = new ImageDataset({
      name: 'filed',
      channels: 1,
      height: 2,
      width: 2,
      pixels: source,
      labels,
    });
    expect(await take(loaderOf({ resident: false }, filed), 12)).toEqual(await take(loaderOf(), 12));
  });
});

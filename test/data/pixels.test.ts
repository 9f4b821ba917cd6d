import { truncateSync } from 'node:fs';
import {
  computedPixels,
  drawnPixels,
  filePixels,
  memoryPixels,
  type PixelSource,
  RESIDENT_BYTES,
} from '../../src/data/pixels';
import { put, temporaryFolder } from './files';

const folder = temporaryFolder();
const bytes = Uint8Array.from({ length: 50 * 4 }, (_, i) => i);

async function read(source: PixelSource, indices: number[]): Promise<number[]> {
  const reader = await source.open();
  try {
    return [...(await reader.read(Int32Array.from(indices)))];
  } finally {
    await reader.close();
  }
}

const sources: [string, () => PixelSource][] = [
  ['memory', () => memoryPixels(bytes, 4)],
  [
    'code',
    () =>
      drawnPixels({
        count: 50,
        imageBytes: 4,
        draw: (i, target, at) =>
          target.set(
            [0, 1, 2, 3].map((k) => 4 * i + k),
            at,
          ),
      }),
  ],
  [
    'a file',
    () => {
      put(folder.path('pixels'), bytes);
      return filePixels({ path: folder.path('pixels'), count: 50, imageBytes: 4 });
    },
  ],
];

describe('filePixels', () => {
  test('names a file that is missing, or became shorter', async () => {
    const source = filePixels({ path: folder.path('pixels'), count: 50, imageBytes: 4 });
    await expect(source.open()).rejects.toMatchObject({ code: 'ENOENT' });
    put(folder.path('pixels'), bytes);
    truncateSync(folder.path('pixels'), 50);
    await expect(source.readAll()).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringContaining(`${folder.path('pixels')} became shorter`),
    });
    expect(await read(source, [3])).toEqual([12, 13, 14, 15]);
  });
});

describe.each(sources)('pixels in %s', (_, make) => {
  test('are read one by one, in any order, repeatedly, and in runs', async () => {
    const source = make();
    expect([source.count, source.imageBytes]).toEqual([50, 4]);
    const indices = [7, 8, 9, 3, 3, 49, 0, 1];
    expect(await read(source, indices)).toEqual(
      indices.flatMap((i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]),
    );
    expect(await read(source, [])).toEqual([]);
  });

  test('are read all at once', async () => {
    expect(await make().readAll()).toEqual(bytes);
  });
});

describe('computedPixels', () => {
  test('computes every image once where they fit in memory, and reports how far it is', async () => {
    const drawn: number[] = [];
    const done: number[] = [];
    const source = await computedPixels(
      { count: 3, imageBytes: 1, draw: (i, target, at) => (target[at] = drawn.push(i)) },
      { task: 'making', progress: (progress) => done.push(progress.done) },
    );
    expect([...(await source.readAll()), ...(await read(source, [2, 1]))]).toEqual([1, 2, 3, 3, 2]);
    expect(drawn).toEqual([0, 1, 2]);
    expect(done).toEqual([3]);
  });

  test('computes images when they are read where they do not fit', async () => {
    const drawn: number[] = [];
    const source = await computedPixels({
      count: RESIDENT_BYTES + 1,
      imageBytes: 1,
      draw: (i) => void drawn.push(i),
    });
    expect(drawn).toEqual([]);
    await read(source, [5, 1_000_000_000]);
    expect(drawn).toEqual([5, 1_000_000_000]);
  });
});

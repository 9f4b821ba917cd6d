import { ImageDataset } from '../../src/data/dataset';
import { cutOut, Jitter, type JitterOptions } from '../../src/data/jitter';
import type { Batch, Loader, LoaderOptions } from '../../src/data/loader';
import { tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { dispose, scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';

const COUNT = 40;
const FROM = { height: 4, width: 5 };

/** What the pixel of an image 2×4×5 holds: no two of one image hold the same. */
const at = (image: number, channel: number, y: number, x: number) => image + 100 * channel + 20 * y + 4 * x;
const pixels = Uint8Array.from({ length: COUNT * 2 * 20 }, (_, i) =>
  at(Math.floor(i / 40), Math.floor(i / 20) % 2, Math.floor(i / 5) % 4, i % 5),
);
const set = new ImageDataset({
  name: 'made',
  channels: 2,
  ...FROM,
  pixels,
  labels: Array.from({ length: COUNT }, (_, i) => i % 10),
});
const tables: JitterOptions = { count: 3_000, seed: 1, from: FROM, to: { height: 2, width: 3 }, flip: true };

/** The rows of a table. */
function rowsOf(table: Int32Array): [number, number, number][] {
  return Array.from({ length: table.length / 3 }, (_, i) => [
    table[3 * i],
    table[3 * i + 1],
    table[3 * i + 2],
  ]);
}

describe('Jitter', () => {
  test('cuts at every place that has room, about equally often, mirrored or not', () => {
    const counts = new Map<string, number>();
    for (const row of rowsOf(new Jitter(tables).epoch(0)))
      counts.set(row.join(), (counts.get(row.join()) ?? 0) + 1);
    // Three rows, three columns, two directions: a mirrored piece begins at its right edge.
    const expected = [0, 1, 2].flatMap((top) =>
      [0, 1, 2].flatMap((left) => [`${top},${left},1`, `${top},${left + 2},-1`]),
    );
    expect([...counts.keys()].sort()).toEqual(expected.sort());
    // 3000 / 18 = 167, with a standard deviation of 12.5.
    for (const count of counts.values()) expect(Math.abs(count - 3_000 / 18)).toBeLessThan(60);
  });

  test('depends on seed and epoch alone, whatever was asked for before', () => {
    const jitter = new Jitter(tables);
    const [first, second] = [jitter.epoch(0), jitter.epoch(1)];
    expect(second).not.toEqual(first);
    expect(jitter.epoch(0)).toEqual(first);
    expect(new Jitter(tables).epoch(1)).toEqual(second);
    expect(new Jitter({ ...tables, seed: 2 }).epoch(0)).not.toEqual(first);
  });

  test('cuts at the same places with mirroring and without', () => {
    const plain = rowsOf(new Jitter({ ...tables, flip: false }).epoch(0));
    const mirrored = rowsOf(new Jitter(tables).epoch(0));
    expect(mirrored.map(([top, start, step]) => [top, step < 0 ? start - 2 : start, 1])).toEqual(plain);
  });
});

test('cutOut takes all channels of an image from one place, left to right or right to left', () => {
  scope(() => {
    const images = tensor(pixels.subarray(0, 80), { shape: [2, 2, 4, 5] });
    const table = tensor(Int32Array.of(1, 2, 1, 2, 3, -1), { dtype: 'int64', shape: [2, 3] });
    const cut = cutOut(images, table, { height: 2, width: 3 });
    const piece = (image: number, ys: number[], xs: number[]) =>
      [0, 1].flatMap((c) => ys.flatMap((y) => xs.map((x) => at(image, c, y, x))));
    expect([cut.dtype, cut.shape]).toEqual(['uint8', [2, 2, 2, 3]]);
    expect([...cut.toTypedArray()]).toEqual([...piece(0, [1, 2], [2, 3, 4]), ...piece(1, [2, 3], [3, 2, 1])]);
  });
});

interface Read {
  /** 0 … 255 */
  readonly bytes: number[];
  readonly labels: number[];
}

function readAndDispose(batch: Batch): Read {
  const values = Array.from(batch.images.toTypedArray(), Number);
  const bytes = values.map((value) => Math.round(127.5 * (value + 1)));
  const labels = Array.from(batch.labels.toTypedArray(), Number);
  dispose(batch);
  return { bytes, labels };
}

async function take(loader: Loader, count: number): Promise<Read[]> {
  const read: Read[] = [];
  for (let i = 0; i < count; i++) read.push(readAndDispose(await loader.next()));
  return read;
}

describe('jitter', () => {
  let made: Loader[] = [];
  afterEach(() => {
    for (const loader of made) loader.dispose();
    made = [];
  });

  function loaderOf(options: Partial<LoaderOptions>): Loader {
    const loader = set.loader({ batch: 8, seed: 1, ...options });
    made.push(loader);
    return loader;
  }

  describe('a loader', () => {
    test.each([
      [{ height: 5, width: 5 }, '5×5'],
      [6, '6×6'],
      [0, '0×0'],
      [{ height: 2, width: 1.5 }, '2×1.5'],
      [Number.NaN, 'NaN×NaN'],
    ])('refuses the crop %j', (crop, said) => {
      expect(() => loaderOf({ crop })).toThrow(
        usage(
          `crop must be whole numbers from 1 to the images’ size: those of "made" are 4×5, but ${said} was asked for`,
        ),
      );
    });

    test('has specs of the size that is cut out', () => {
      expect(loaderOf({ crop: { height: 2, width: 3 } }).specs).toEqual({
        images: { channels: 2, height: 2, width: 3, classes: 10 },
      });
    });
  });

  describe.each([
    ['resident', true],
    ['read ahead', false],
  ])('a loader with jitter of a set that is %s', (_, resident) => {
    test('gives each image of the order, whole, cut and mirrored as its table says, with its label', async () => {
      const options = { resident, crop: { height: 2, width: 3 }, flip: true };
      const [whole] = await take(loaderOf({ resident }), 1);
      const [cut] = await take(loaderOf(options), 1);
      const rows = rowsOf(new Jitter({ ...tables, count: COUNT }).epoch(0));
      expect(cut.labels).toEqual(whole.labels);
      const expected = rows
        .slice(0, 8)
        .flatMap(([top, start, step], i) =>
          [0, 1].flatMap((c) =>
            [0, 1].flatMap((y) =>
              [0, 1, 2].map((x) => whole.bytes[40 * i + 20 * c + 5 * (top + y) + start + step * x]),
            ),
          ),
        );
      expect(cut.bytes).toEqual(expected);
    });

    test('mirrors about half of the images, others each epoch', async () => {
      const [plain, mirrored] = await Promise.all(
        [false, true].map((flip) => take(loaderOf({ resident, flip, batch: COUNT }), 2)),
      );
      const flipped = [0, 1].map((epoch) =>
        Array.from({ length: COUNT }, (_value, i) => {
          const row = (read: Read) => read.bytes.slice(40 * i, 40 * i + 5);
          const [before, after] = [row(plain[epoch]), row(mirrored[epoch])];
          if (after.join() === before.join()) return false;
          expect(after).toEqual(before.reverse());
          return true;
        }),
      );
      for (const epoch of flipped) expect(Math.abs(epoch.filter(Boolean).length - 20)).toBeLessThan(12);
      expect(flipped[1]).not.toEqual(flipped[0]);
    });

    test('gives the same bits as without where the crop is the whole', async () => {
      expect(await take(loaderOf({ resident, crop: FROM }), 7)).toEqual(
        await take(loaderOf({ resident }), 7),
      );
    });

    test('goes on after setState with the same batches', async () => {
      for (const before of [0, 3, 7]) {
        const options = { resident, crop: 3, flip: true };
        const loader = loaderOf(options);
        await take(loader, before);
        const state = JSON.parse(JSON.stringify(loader.state()));
        const expected = await take(loader, 8);
        const fresh = loaderOf({ ...options, seed: 99 });
        await take(fresh, 2);
        fresh.setState(state);
        expect(await take(fresh, 8)).toEqual(expected);
      }
    });

    test('leaves only the batch alive, and nothing after dispose', async () => {
      const before = memory();
      const loader = loaderOf({ resident, crop: 3, flip: true });
      await take(loader, 1);
      const working = memory();
      for (let i = 0; i < 7; i++) readAndDispose(await loader.next());
      expect(memory()).toEqual(working);
      loader.dispose();
      expect(memory()).toEqual(before);
    });
  });

  test('a set read ahead is cut as one that is resident', async () => {
    const options = { crop: 3, flip: true };
    expect(await take(loaderOf({ ...options, resident: false }), 11)).toEqual(
      await take(loaderOf({ ...options, resident: true }), 11),
    );
  });

  test('places do not depend on the size of batches', async () => {
    const options = { crop: 3, flip: true };
    const [large] = await take(loaderOf({ ...options, batch: 16 }), 1);
    const small = await take(loaderOf({ ...options, batch: 8 }), 2);
    expect(small.flatMap(({ bytes }) => bytes)).toEqual(large.bytes);
  });

  test('a place that is none is refused', () => {
    expect(() => loaderOf({ crop: 3 }).setState({ epoch: 0, position: 41, seed: 1 })).toThrow(
      failure('ERR_LOADER_STATE', '"made" has 40 images'),
    );
  });
});

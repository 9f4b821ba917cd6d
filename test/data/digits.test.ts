import type { ImageDataset } from '../../src/data/dataset';
import { digits } from '../../src/data/digits';
import { mnist } from '../../src/data/mnist';
import { testWithData } from './files';

const SIDE = 32;

// Jest looks a global up slowly, each time.
const { min, max, round, floor } = Math;

/** The digit alone: the box round its ink, sampled at 12×12, as a vector of length 1. */
function outline(pixels: Uint8Array, start: number): Float64Array {
  const box = { left: SIDE, right: 0, top: SIDE, bottom: 0 };
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (pixels[start + i] < 90) continue;
    box.left = min(box.left, i % SIDE);
    box.right = max(box.right, i % SIDE);
    box.top = min(box.top, floor(i / SIDE));
    box.bottom = max(box.bottom, floor(i / SIDE));
  }
  const size = max(box.right - box.left, box.bottom - box.top) + 1;
  const at = (low: number, high: number, k: number): number =>
    (low + high - size) / 2 + ((k + 0.5) / 12) * size;
  const sampled = Float64Array.from({ length: 144 }, (_, k) => {
    let sum = 0;
    for (const dy of [-1, 0, 1])
      for (const dx of [-1, 0, 1]) {
        const x = round(at(box.left, box.right, k % 12)) + dx;
        const y = round(at(box.top, box.bottom, floor(k / 12))) + dy;
        if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) sum += pixels[start + y * SIDE + x];
      }
    return sum;
  });
  const length = Math.hypot(...sampled) || 1;
  return sampled.map((value) => value / length);
}

async function outlines({ pixels, count }: ImageDataset, limit = count): Promise<Float64Array[]> {
  const all = await pixels.readAll();
  return Array.from({ length: Math.min(count, limit) }, (_, i) => outline(all, i * SIDE * SIDE));
}

function similarity(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The share of `asked` whose most similar image in `known` has the same label. */
function nearestNeighbourAccuracy(
  known: { images: Float64Array[]; labels: Int32Array },
  asked: { images: Float64Array[]; labels: Int32Array },
): number {
  const right = asked.images.filter((image, i) => {
    let best = 0;
    let most = -1;
    known.images.forEach((other, j) => {
      const alike = similarity(image, other);
      if (alike > most) [most, best] = [alike, j];
    });
    return known.labels[best] === asked.labels[i];
  });
  return right.length / asked.images.length;
}

function labelsOf(dataset: ImageDataset): Int32Array {
  if (!dataset.labels) throw new Error('labels expected');
  return dataset.labels;
}

describe('digits', () => {
  test.each([
    { resolution: 7 },
    { resolution: 513 },
    { resolution: 32.5 },
    { count: 0 },
    { count: Number.NaN },
    { seed: -1 },
    { seed: 0.5 },
  ])('refuses %j', async (options) => {
    await expect(digits(options)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(Object.keys(options)[0]),
    });
  });

  test('are one grey channel in ten classes named 0–9', async () => {
    const set = await digits({ count: 10, resolution: 16 });
    expect(set.spec).toEqual({ channels: 1, height: 16, width: 16, classes: 10 });
    expect(set.classNames.join('')).toBe('0123456789');
    expect((await set.pixels.readAll()).length).toBe(10 * 16 * 16);
  });

  test('hold each digit once in any ten, in changing order', async () => {
    const labels = labelsOf(await digits({ count: 1_005, resolution: 8 }));
    const orders = new Set<string>();
    for (let start = 0; start + 10 <= labels.length; start += 10) {
      const ten = [...labels.slice(start, start + 10)];
      orders.add(ten.join(''));
      expect(ten.sort().join('')).toBe('0123456789');
    }
    expect(orders.size).toBeGreaterThan(95);
    expect(new Set(labels.slice(1_000)).size).toBe(5);
  });

  test('depend on seed and index alone, not on the count', async () => {
    const few = await digits({ count: 25, seed: 3 });
    const many = await digits({ count: 200, seed: 3 });
    expect(await few.pixels.readAll()).toEqual((await many.pixels.readAll()).slice(0, 25 * SIDE * SIDE));
    expect(labelsOf(few)).toEqual(labelsOf(many).slice(0, 25));
    const other = await digits({ count: 25, seed: 4 });
    expect(await other.pixels.readAll()).not.toEqual(await few.pixels.readAll());
    expect(labelsOf(other)).not.toEqual(labelsOf(few));
  });

  test('are white strokes on black with a black border', async () => {
    const set = await digits({ count: 500 });
    const pixels = await set.pixels.readAll();
    for (let i = 0; i < set.count; i++) {
      const image = pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
      const border = image.filter(
        (_, k) => [0, SIDE - 1].includes(k % SIDE) || [0, SIDE - 1].includes(Math.floor(k / SIDE)),
      );
      expect(Math.max(...border)).toBe(0);
      expect(Math.max(...image)).toBeGreaterThanOrEqual(215);
      const ink = image.reduce((sum, value) => sum + value, 0) / (255 * image.length);
      expect(ink).toBeGreaterThan(0.03);
      expect(ink).toBeLessThan(0.45);
    }
  });

  test('are the same shapes at every resolution', async () => {
    const small = await (await digits({ count: 30, resolution: 16 })).pixels.readAll();
    const large = await (await digits({ count: 30, resolution: 128 })).pixels.readAll();
    let error = 0;
    for (let i = 0; i < small.length; i++) {
      const [image, y, x] = [Math.floor(i / 256), Math.floor((i % 256) / 16), i % 16];
      let sum = 0;
      for (let k = 0; k < 64; k++)
        sum += large[image * 128 * 128 + (y * 8 + Math.floor(k / 8)) * 128 + x * 8 + (k % 8)];
      error += Math.abs(small[i] - sum / 64);
    }
    expect(error / small.length).toBeLessThan(8);
  });

  test('of one class differ, and are nearer to their own class than to others', async () => {
    const known = await digits({ count: 1_500, seed: 1 });
    const asked = await digits({ count: 300, seed: 2 });
    const images = await outlines(known);
    const accuracy = nearestNeighbourAccuracy(
      { images, labels: labelsOf(known) },
      { images: await outlines(asked), labels: labelsOf(asked) },
    );
    expect(accuracy).toBeGreaterThan(0.93);
    const labels = labelsOf(known);
    for (let digit = 0; digit < 10; digit++) {
      const own = images.filter((_, i) => labels[i] === digit).slice(0, 40);
      const alike = own.flatMap((a, i) => own.slice(i + 1).map((b) => similarity(a, b)));
      expect(Math.max(...alike)).toBeLessThan(0.999);
      expect(alike.reduce((a, b) => a + b) / alike.length).toBeLessThan(0.93);
    }
  });

  test('above the memory limit are drawn when they are read, and are the same images', async () => {
    const huge = await digits({ count: 100_000, resolution: 128 });
    const few = await digits({ count: 50, resolution: 128 });
    expect(await huge.images([49, 7])).toEqual(await few.images([49, 7]));
  });

  testWithData(
    'mnist',
    'teach a nearest-neighbour classifier to read most of real MNIST',
    async (dataDir) => {
      const known = await digits({ count: 3_000 });
      const real = await mnist({ dataDir, resolution: SIDE, split: 'test' });
      const accuracy = nearestNeighbourAccuracy(
        { images: await outlines(known), labels: labelsOf(known) },
        { images: await outlines(real, 400), labels: labelsOf(real) },
      );
      expect(accuracy).toBeGreaterThan(0.7);
    },
  );
});

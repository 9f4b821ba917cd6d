import { ImageDataset } from '../../src/data/dataset';
import { degraded } from '../../src/data/degraded-dataset';
import { masked } from '../../src/data/masked';
import { drawMasks, type Holes } from '../../src/data/masks';
import { Generator } from '../../src/tensor/random';
import { dispose, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

const SIZE = { height: 48, width: 64 };
const KINDS = ['rectangle', 'free-form', 'both'] as const;

/** Gives masks of a seed to `body`. */
function withMasks<T>(
  holes: Holes,
  body: (masks: Tensor) => T,
  { seed = 1, count = 200, size = SIZE } = {},
): T {
  const generator = new Generator({ device: testDevice, seed });
  try {
    return scope(() => body(drawMasks({ count, ...size }, holes, { generator, device: testDevice })));
  } finally {
    generator.dispose();
  }
}

const numbers = (tensor: Tensor) => Array.from(tensor.toTypedArray(), Number);
const shares = (masks: Tensor) => numbers(masks.mean([1, 2, 3]));
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('bad input is refused', () => {
  test('an unknown kind', () => {
    const holes: object = { kind: 'round' };
    expect(() => masked({ kind: 'both', ...holes })).toThrow(
      usage("masked expects kind to be one of 'rectangle', 'free-form', 'both' but received 'round'"),
    );
  });

  test.each([
    [0, '0'],
    [-0.1, '-0.1'],
    [0.6, '0.6'],
    [Number.NaN, 'NaN'],
    [[0.3, 0.2] as const, '0.3 to 0.2'],
    [[0.2, 1] as const, '0.2 to 1'],
  ])('a share of %j', (share, said) => {
    expect(() => masked({ kind: 'rectangle', share })).toThrow(
      usage(`a share of the area above 0 and up to 0.5, or a range of such, but received ${said}`),
    );
  });
});

test.each(KINDS)('%s: masks are 1 in a hole and 0 elsewhere, each with both', (kind) => {
  withMasks({ kind }, (masks) => {
    expect([masks.shape, masks.dtype]).toEqual([[200, 1, 48, 64], 'float32']);
    expect(masks.mul(masks.neg().add(1)).abs().max().item()).toBe(0);
    expect(Math.min(...shares(masks))).toBeGreaterThan(0);
    expect(Math.max(...shares(masks))).toBeLessThan(1);
  });
});

test.each(KINDS)('%s: the same seed draws the same masks, another seed others', (kind) => {
  const [first, again, other] = [1, 1, 2].map((seed) =>
    withMasks({ kind }, (masks) => Buffer.from(masks.toBytes()).toString('hex'), { seed, count: 8 }),
  );
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test.each(KINDS)('%s: holes reach every row and column, and no two are alike', (kind) => {
  withMasks({ kind }, (masks) => {
    for (const dim of [2, 3]) expect(masks.amax([0, 1, dim]).min().item()).toBe(1);
    const seen = new Set(masks.split(1).map((mask) => Buffer.from(mask.toBytes()).toString('hex')));
    expect(seen.size).toBe(200);
  });
});

test('a rectangle of a share has it, in the proportions of the image', () => {
  withMasks({ kind: 'rectangle', share: 0.25 }, (masks) => {
    expect(new Set(shares(masks))).toEqual(new Set([0.25]));
    const [rows, columns] = [3, 2].map((dim) => numbers(masks.amax([dim]).sum([1, 2])));
    expect([new Set(rows), new Set(columns)]).toEqual([new Set([24]), new Set([32])]);
  });
});

test('rectangles of a range have areas all over it, and are up to twice as high as wide or the other way', () => {
  withMasks({ kind: 'rectangle', share: [0.1, 0.3] }, (masks) => {
    const areas = shares(masks);
    // Sides are whole: an area may be off by half a row and half a column.
    expect(Math.min(...areas)).toBeGreaterThan(0.08);
    expect(Math.max(...areas)).toBeLessThan(0.33);
    expect(meanOf(areas)).toBeCloseTo(0.2, 1);
    const [rows, columns] = [3, 2].map((dim) => numbers(masks.amax([dim]).sum([1, 2])));
    // A rectangle is all of its rows and columns.
    expect(rows.map((height, i) => height * columns[i])).toEqual(
      areas.map((area) => Math.round(area * 48 * 64)),
    );
    const forms = rows.map((height, i) => height / 48 / (columns[i] / 64));
    expect(Math.min(...forms)).toBeLessThan(0.65);
    expect(Math.max(...forms)).toBeGreaterThan(1.5);
    expect(Math.max(...forms)).toBeLessThan(2.3);
  });
});

test('strokes cover about a tenth of the image, some images much more, and are no rectangles', () => {
  withMasks({ kind: 'free-form' }, (masks) => {
    const areas = shares(masks);
    expect(meanOf(areas)).toBeGreaterThan(0.05);
    expect(meanOf(areas)).toBeLessThan(0.3);
    expect(Math.max(...areas)).toBeGreaterThan(2 * Math.min(...areas));
    const [rows, columns] = [3, 2].map((dim) => numbers(masks.amax([dim]).sum([1, 2])));
    const boxes = areas.filter((area, i) => rows[i] * columns[i] === Math.round(area * 48 * 64));
    expect(boxes.length).toBeLessThan(10);
  });
});

test('either kind comes in about half of the images', () => {
  withMasks({ kind: 'both' }, (masks) => {
    const areas = shares(masks);
    const [rows, columns] = [3, 2].map((dim) => numbers(masks.amax([dim]).sum([1, 2])));
    const boxes = areas.filter((area, i) => rows[i] * columns[i] === Math.round(area * 48 * 64));
    // 100 of 200, within four standard deviations.
    expect(Math.abs(boxes.length - 100)).toBeLessThan(29);
  });
});

test.each([
  [1, 1],
  [2, 3],
  [4, 4],
])('images of %d×%d pixels have a hole, too', (height, width) => {
  for (const kind of KINDS)
    withMasks({ kind }, (masks) => expect(Math.min(...numbers(masks.amax([1, 2, 3])))).toBe(1), {
      size: { height, width },
      count: 20,
    });
});

describe('masked images', () => {
  const photos = () => tinyDataset({ count: 9, channels: 3, resolution: { height: 8, width: 12 } });
  const set = () => degraded(photos(), masked({ kind: 'both' }), masked({ kind: 'rectangle', share: 0.25 }));

  test('are grey in the hole and as they were elsewhere, beside mask and whole image', async () => {
    expect(set().specs).toMatchObject({
      input: { channels: 3, height: 8, width: 12 },
      mask: { channels: 1, height: 8, width: 12, classes: 0 },
      target: { channels: 3, height: 8, width: 12, classes: 3 },
    });
    const loader = set().loader({ batch: 4, seed: 2, device: testDevice });
    const batch = await loader.next();
    expect(Object.keys(batch).sort()).toEqual(['input', 'labels', 'mask', 'target']);
    scope(() => {
      const { input, mask, target } = batch;
      expect(input.equal(target.mul(mask.neg().add(1)))).toBe(true);
      expect(input.mul(mask).abs().max().item()).toBe(0);
    });
    dispose(batch);
    loader.dispose();
  });

  test('that are judged have holes of their own kind, which never change and differ from image to image', async () => {
    const { input, mask, target } = set().parts;
    expect(mask.name).toBe('tiny (mask: rectangle of 0.25 of the area)');
    const indices = Int32Array.from([5, 0, 7]);
    const make = await Promise.all([input, mask, target].map((part) => part.fetch(indices, testDevice)));
    const [later] = [await set().parts.mask.fetch(Int32Array.from([5]), testDevice)];
    scope(() => {
      const [inputs, masks, targets] = make.map((one) => one());
      expect(shares(masks)).toEqual([0.25, 0.25, 0.25]);
      expect(inputs.equal(targets.mul(masks.neg().add(1)))).toBe(true);
      expect(later().equal(masks.narrow(0, { start: 0, length: 1 }))).toBe(true);
      const hex = masks.split(1).map((one) => Buffer.from(one.toBytes()).toString('hex'));
      expect(new Set(hex).size).toBe(3);
    });
    expect(target).toBeInstanceOf(ImageDataset);
  });
});

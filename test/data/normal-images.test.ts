import { ImageDataset } from '../../src/data/dataset';
import {
  chosenImages,
  heldOutImages,
  learnedImages,
  normalImages,
  normalMask,
} from '../../src/data/normal-images';
import { usage } from '../support/failure';

/** Images of one pixel, which is their number; of classes cat, dog and fish in turn. */
function numbered(count: number, { labelled = true } = {}): ImageDataset {
  return new ImageDataset({
    name: 'numbered',
    ...{ channels: 1, height: 1, width: 1 },
    pixels: Uint8Array.from({ length: count }, (_, i) => i),
    labels: labelled ? Array.from({ length: count }, (_, i) => i % 3) : null,
    classNames: labelled ? ['cat', 'dog', 'fish'] : [],
  });
}

/** The numbers of a set's images. */
async function numbersOf(dataset: ImageDataset): Promise<number[]> {
  return Array.from(await dataset.pixels.readAll());
}

test('images are chosen from those that there are', async () => {
  const set = numbered(3);
  for (const index of [9, 3, -2])
    expect(() => chosenImages(set, Int32Array.of(0, index))).toThrow(
      usage(`data set "numbered" has 3 images: expected an index from 0 to 2 but received ${index}`),
    );
  expect(await numbersOf(chosenImages(set, Int32Array.of(2, 0)))).toEqual([2, 0]);
});

describe('a class that is normal', () => {
  test('must be one of the set’s', () => {
    expect(() => normalMask(numbered(6), 'cta')).toThrow(
      usage('normal=cta expects a class of numbered, by its name or a number from 0 to 2: did you mean cat?'),
    );
    expect(() => normalMask(numbered(6), '!3')).toThrow(usage('normal=3 expects a class of numbered'));
    expect(() => normalMask(numbered(2), 'fish')).toThrow(usage('normal=fish leaves no image of numbered'));
  });

  test('is of no use where images have none', () => {
    expect(() => normalMask(numbered(6, { labelled: false }), '1')).toThrow(
      usage('normal=1 expects images with classes but numbered has no labels'),
    );
    expect(normalMask(numbered(6, { labelled: false }), 'all')).toBeNull();
  });

  test('is named or numbered, or all but it', async () => {
    expect(await numbersOf(normalImages(numbered(9), 'dog'))).toEqual([1, 4, 7]);
    expect(await numbersOf(normalImages(numbered(9), '1'))).toEqual([1, 4, 7]);
    expect(await numbersOf(normalImages(numbered(9), '!dog'))).toEqual([0, 2, 3, 5, 6, 8]);
  });
});

describe('held-out images', () => {
  test('leave some to learn, and are some', () => {
    const few = numbered(6);
    expect(() => learnedImages(few, { normal: 'cat', heldOut: 0.9 }, 0)).toThrow(
      usage('heldOut=0.9 of the 2 normal images of numbered is 2'),
    );
    expect(() => heldOutImages(few, { normal: 'cat', heldOut: 0.01 }, 0)).toThrow(usage('try heldOut=0'));
  });

  test('are normal images that are not learned, the same for the same seed', async () => {
    const set = numbered(90);
    const choice = { normal: 'cat', heldOut: 0.2 };
    const parts = async (seed: number) => {
      const heldOut = heldOutImages(set, choice, seed);
      if (!heldOut) throw new Error('none');
      return [await numbersOf(learnedImages(set, choice, seed)), await numbersOf(heldOut)];
    };
    const [learned, heldOut] = await parts(4);
    expect(heldOut).toHaveLength(6);
    expect([...learned, ...heldOut].sort((a, b) => a - b)).toEqual(await numbersOf(normalImages(set, 'cat')));
    expect(await parts(4)).toEqual([learned, heldOut]);
    expect((await parts(5))[1]).not.toEqual(heldOut);
  });

  test('are none where none are asked for, and the set stays as it is', () => {
    const set = numbered(9);
    expect(learnedImages(set, { normal: 'all', heldOut: 0 }, 1)).toBe(set);
    expect(heldOutImages(set, { normal: 'dog', heldOut: 0 }, 1)).toBeNull();
  });
});

test('chosen images keep their labels and class names, and are read one by one', async () => {
  const cats = normalImages(numbered(9), '!cat');
  expect(cats.spec).toEqual(numbered(9).spec);
  expect(Array.from(cats.labels ?? [])).toEqual([1, 2, 1, 2, 1, 2]);
  expect(Array.from(await cats.images([3, 0]))).toEqual([5, 1]);
});

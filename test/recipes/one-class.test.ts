// Which part of an image a model of what is normal is judged by.
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { scorerOf } from '../../src/recipes/one-class';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';

/** A scorer whose maps are the images, by the fields of a recipe. */
function scorer(window: number) {
  const config = parseConfig(recipes.ganomaly.fields, { set: { window: String(window) } });
  const base = {
    name: 'sum',
    networks: [],
    score: (images: Tensor) => ({ scores: images.sum([1, 2, 3]), maps: images }),
  };
  return scorerOf(config as Parameters<typeof scorerOf>[0], { channels: 1, height: 4, width: 4 }, base);
}

/** Two images of 4×4: a single bright pixel in a corner, and a square of half as bright ones. */
const IMAGES = [
  [
    [6, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  [
    [0, 0, 0, 0],
    [0, 3, 3, 3],
    [0, 3, 3, 3],
    [0, 3, 3, 3],
  ],
];

function scored(window: number) {
  return scorer(window).score(tensor(IMAGES.map((image) => [image])), { seed: 0 });
}

test('a window of an even side, or larger than the image, is refused', () => {
  expect(() => scorer(2)).toThrow(usage('window expects an odd number, or 0, but received 2'));
  // Before anything is trained.
  expect(() => scorer(5)).toThrow(usage('window expects at most the 4×4 pixels of an image but received 5'));
});

test('without a window the score is the recipe’s own', () => {
  scope(() => expect(scored(0).scores.toArray()).toEqual([6, 27]));
  expect(scorer(0).name).toBe('sum');
});

test('with a window it is the largest mean square of the map over a square inside of the image', () => {
  scope(() => {
    expect(scored(1).scores.toArray()).toEqual([36, 9]);
    expectClose(scored(3).scores, tensor([4, 9]), { relative: 1e-6 });
  });
  expect(scorer(3).name).toBe('largest mean of map² over 3×3 pixels');
});

test('the map is the root of the mean square around each pixel, over what lies in the image', () => {
  scope(() => {
    const { maps } = scored(3);
    expect(maps.shape).toEqual([2, 1, 4, 4]);
    const corner = maps.select(0, 0).select(0, 0);
    expectClose(
      corner,
      tensor([
        [3, Math.sqrt(6), 0, 0],
        [Math.sqrt(6), 2, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ]),
      { relative: 1e-6 },
    );
  });
});

import { hasAlpha, numbersOf, rgbaOf } from '../../../src/export/web/browser/channels';
import { extentFor, type Fit, fitOf } from '../../../src/export/web/browser/extent';
import type { ModelFacts } from '../../../src/export/web/browser/facts';
import { without } from '../../../src/export/web/browser/hole';
import { largestDifference, probesOf } from '../../../src/export/web/browser/probe';

const OPEN: Fit = { least: 20, most: 256, fixed: null };

/** Of a model that takes images of a shape. */
function factsOf(shape: readonly (number | string)[], least?: number): ModelFacts {
  return {
    ...{ title: 'test', precision: 'float32', parity: '' },
    inputs: [{ name: 'images', shape }],
    output: { name: 'result', shape },
    facts: { takes: 'images', ...(least !== undefined && { least }) },
  };
}

describe('a picture goes into a model', () => {
  test.each<[string, [number, number], Fit, [number, number]]>([
    ['as it is', [100, 50], OPEN, [100, 50]],
    ['smaller where it is too large', [1024, 512], OPEN, [256, 128]],
    ['larger where it is too small', [10, 40], OPEN, [20, 80]],
    ['by its middle where it is both', [10_000, 10], OPEN, [256, 20]],
    [
      'in the one size that the model takes',
      [100, 50],
      { ...OPEN, fixed: { width: 16, height: 32 } },
      [16, 32],
    ],
  ])('%s', (_, [width, height], fit, [wide, high]) => {
    expect(extentFor({ width, height }, fit)).toEqual({ width: wide, height: high });
  });

  test('whose sizes are read of its inputs', () => {
    expect(fitOf(factsOf(['N', 3, 'H', 'W'], 8), 512)).toEqual({ least: 8, most: 512, fixed: null });
    expect(fitOf(factsOf(['N', 3, 16, 24]), 512)).toEqual({
      least: 1,
      most: 512,
      fixed: { height: 16, width: 24 },
    });
  });
});

describe('the last of 2 or 4 channels is alpha', () => {
  test.each([
    [1, [100, 100, 100, 255]],
    [2, [100, 100, 100, 51]],
    [3, [200, 60, 43, 255]],
    [4, [200, 60, 43, 51]],
  ])('%i channels', (channels, [red, green, blue, alpha]) => {
    const picture = { data: Uint8ClampedArray.of(0, 0, 0, 0, 200, 60, 43, 51), width: 2, height: 1 };
    const numbers = numbersOf(picture, channels);
    expect(numbers.dims).toEqual([1, channels, 1, 2]);
    expect([...rgbaOf(numbers, 0).subarray(4)]).toEqual([red, green, blue, alpha]);
    // A hole is black, and as transparent as the picture was there.
    const holed = without(numbers, { data: Float32Array.of(0, 1), dims: [1, 1, 1, 2] });
    expect([...rgbaOf(holed, 0).subarray(4)]).toEqual([0, 0, 0, alpha]);
    expect([...holed.data].filter((value, i) => value !== numbers.data[i])).toHaveLength(
      hasAlpha(channels) ? channels - 1 : channels,
    );
  });
});

test('two runtimes are compared on pictures that the model takes', () => {
  const dims = (facts: ModelFacts) => probesOf(facts).map(({ images }) => images.dims);
  expect(dims(factsOf(['N', 3, 'H', 'W'], 100))).toEqual([
    [1, 3, 100, 100],
    [3, 3, 200, 100],
  ]);
  expect(dims(factsOf(['N', 1, 16, 24]))).toEqual([
    [1, 1, 16, 24],
    [3, 1, 16, 24],
  ]);
});

describe('the largest difference of two results', () => {
  const of = (...numbers: number[]) => ({ data: Float32Array.from(numbers), dims: [numbers.length] });

  test.each<[string, ReturnType<typeof of>, ReturnType<typeof of>, number]>([
    ['is that of the two that are furthest apart', of(1, 2, 3), of(1, 2.5, 2.75), 0.5],
    ['is infinite where one is no number', of(1, Number.NaN), of(1, 2), Number.POSITIVE_INFINITY],
    ['is infinite where both are none', of(Number.NaN), of(Number.NaN), Number.POSITIVE_INFINITY],
    ['is infinite where shapes differ', of(1, 2), of(1), Number.POSITIVE_INFINITY],
  ])('%s', (_, a, b, expected) => {
    expect(largestDifference(a, b)).toBe(expected);
  });
});

import {
  convertedImages,
  datasetImages,
  describeConversion,
  type ImageSource,
  tensorImages,
} from '../../src/metrics/image-source';
import { fromBytes, zeros } from '../../src/tensor/create';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

async function values(source: ImageSource, start: number, end: number): Promise<number[]> {
  const make = await source.fetch(start, end);
  return scope(() => Array.from(make().toTypedArray(), Number));
}

function image(shape: number[], value: (index: number) => number): Tensor {
  const size = shape.reduce((a, b) => a * b);
  const numbers = Float32Array.from({ length: size }, (_, i) => value(i));
  return keep(fromBytes(numbers, { dtype: 'float32', shape, device: testDevice }));
}

test('images of a data set come in the order asked for, between −1 and 1', async () => {
  const dataset = tinyDataset({ count: 6 });
  const [third, first] = [await dataset.images([3]), await dataset.images([1])];
  const source = datasetImages(dataset, { indices: Int32Array.of(3, 1), device: testDevice });
  expect(source.count).toBe(2);
  const expected = [...third, ...first].map((byte) => Math.fround(Math.fround(byte / 127.5) - 1));
  expect(await values(source, 0, 2)).toEqual(expected);
  expect(await values(source, 1, 2)).toEqual(expected.slice(256));
});

test('images of a tensor are slices of it', async () => {
  const images = image([3, 1, 2, 2], (i) => i / 12);
  expect(await values(tensorImages(images), 1, 3)).toEqual([...images.toTypedArray().slice(4)].map(Number));
  images.dispose();
  const flat = zeros([3, 4]);
  expect(() => tensorImages(flat)).toThrow(
    usage('images [N, C, H, W] but received a tensor of shape [3, 4]'),
  );
  flat.dispose();
});

describe('converted images', () => {
  test('repeat grey for RGB, and take the luma of RGB for grey', async () => {
    const grey = image([1, 1, 1, 1], () => 0.25);
    const rgb = convertedImages(tensorImages(grey), { channels: 3, height: 1, width: 1 });
    expect(await values(rgb, 0, 1)).toEqual([0.25, 0.25, 0.25]);
    const colours = image([1, 3, 1, 1], (i) => [1, 0, -1][i]);
    const [luma] = await values(
      convertedImages(tensorImages(colours), { channels: 1, height: 1, width: 1 }),
      0,
      1,
    );
    expect(luma).toBeCloseTo(0.299 - 0.114, 6);
    grey.dispose();
    colours.dispose();
  });

  test('are resized with a low-pass filter: halving takes the mean of a checkerboard', async () => {
    const board = image([1, 1, 8, 8], (i) => ((i + (i >> 3)) % 2 ? 1 : -1));
    const half = await values(
      convertedImages(tensorImages(board), { channels: 1, height: 4, width: 4 }),
      0,
      1,
    );
    expect(Math.max(...half.map(Math.abs))).toBeLessThan(0.2);
    board.dispose();
  });

  test('are described for a protocol', () => {
    const from = { channels: 1, height: 16, width: 16 };
    expect(describeConversion(from, { channels: 3, height: 32, width: 32, filter: 'bicubic' })).toBe(
      'grey to RGB; bicubic, antialiased, to 32×32',
    );
    expect(
      describeConversion({ channels: 3, height: 16, width: 16 }, { channels: 1, height: 16, width: 16 }),
    ).toBe('to grey');
  });

  test('of other channels than 1 to 4 are refused', () => {
    const five = image([1, 5, 1, 1], () => 0);
    expect(() => convertedImages(tensorImages(five), { channels: 1, height: 1, width: 1 })).toThrow(
      usage('between 1 to 4 channels, but there are 5'),
    );
    five.dispose();
  });
});

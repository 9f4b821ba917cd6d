import { channelWords, inChannels, onWhite } from '../../src/metrics/image-channels';
import { fromBytes } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { testDevice } from '../support/fixtures';

/** One image 1×1, its channels given. */
function convert(
  values: number[],
  change: (image: ReturnType<typeof fromBytes>) => ReturnType<typeof fromBytes>,
) {
  return scope(() => {
    const shape = [1, values.length, 1, 1];
    const image = fromBytes(Float32Array.from(values), { dtype: 'float32', shape, device: testDevice });
    const changed = change(image);
    expect(changed.shape).toEqual([1, changed.shape[1], 1, 1]);
    return Array.from(changed.toTypedArray(), Number);
  });
}

test.each([
  ['opaque RGBA is RGB', [-1, 0, 0.5, 1], [-1, 0, 0.5]],
  ['what is transparent is white', [-1, 0, 0.5, -1], [1, 1, 1]],
  ['half of it is halfway to white', [-1, 0, 0.5, 0], [0, 0.5, 0.75]],
  ['grey with alpha is grey', [-1, 0], [0]],
  ['images without alpha stay', [-1, 0, 0.5], [-1, 0, 0.5]],
])('on white, %s', (_, image, expected) => {
  expect(convert(image, onWhite)).toEqual(expected);
});

test.each<[number[], number, number[], string]>([
  [[0.25], 3, [0.25, 0.25, 0.25], 'grey to RGB'],
  [[1, 0, -1], 1, [0.299 - 0.114], 'to grey'],
  [[0.25], 4, [0.25, 0.25, 0.25, 1], 'grey to RGB, opaque'],
  [[1, 0, -1], 4, [1, 0, -1, 1], 'opaque'],
  [[1, 0, -1, 0.5], 2, [0.299 - 0.114, 0.5], 'to grey'],
  [[0.25, 0.5], 4, [0.25, 0.25, 0.25, 0.5], 'grey to RGB'],
  [[1, -1, -1, 0], 3, [1, 0, 0], 'on white'],
  [[1, -1, -1, 0], 1, [0.299], 'on white, to grey'],
  [[-1, 0], 3, [0, 0, 0], 'on white, grey to RGB'],
  [[1, 0, -1], 3, [1, 0, -1], ''],
])('%j in %d channels is %j', (image, channels, expected, words) => {
  const converted = convert(image, (images) => inChannels(images, channels));
  expect(converted).toHaveLength(channels);
  for (const [i, value] of expected.entries()) expect(converted[i]).toBeCloseTo(value, 6);
  expect(channelWords(image.length, channels)).toBe(words);
});

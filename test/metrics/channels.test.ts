import { channelWords, colourSpace, inChannels, requireChannels } from '../../src/metrics/channels';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

/** The channels of one pixel, after it was brought to others. */
function pixel(values: readonly number[], channels: number): number[] {
  return scope(() => {
    const image = tensor([...values], { device: testDevice }).reshape([1, values.length, 1, 1]);
    return Array.from(inChannels(image, channels).toTypedArray(), Number);
  });
}

test('channels other than 1 to 4 are refused', () => {
  expect(() => pixel([0, 0, 0, 0, 0], 3)).toThrow(usage('between 1 to 4 channels, but there are 5'));
  expect(() => pixel([0], 0)).toThrow(usage('between 1 to 4 channels, but there are 0'));
  expect(() => requireChannels(3, 6)).toThrow(usage('but there are 6'));
  expect(() => colourSpace(5)).toThrow(usage('but there are 5'));
});

// Opacity 0.25 is −0.5 in [−1, 1]; a colour c on white is then 1 + (c − 1) / 4.
test.each<[string, number[], number, number[]]>([
  ['grey is repeated to RGB', [0.25], 3, [0.25, 0.25, 0.25]],
  ['RGB becomes its luma', [1, 0, -1], 1, [0.299 - 0.114]],
  ['what has no alpha becomes opaque', [0.5, 0, -0.5], 4, [0.5, 0, -0.5, 1]],
  ['grey becomes opaque RGB', [0.5], 4, [0.5, 0.5, 0.5, 1]],
  ['RGBA is laid on white', [-1, 0, 1, -0.5], 3, [0.5, 0.75, 1]],
  ['RGBA is laid on white before its luma is taken', [-1, -1, -1, -0.5], 1, [0.5]],
  ['grey with alpha keeps it as RGBA', [0.5, -0.5], 4, [0.5, 0.5, 0.5, -0.5]],
  ['RGBA keeps its alpha as grey', [1, 0, -1, -0.5], 2, [0.299 - 0.114, -0.5]],
  ['grey with alpha is laid on white', [-1, -1], 1, [1]],
  ['RGB becomes grey that is opaque', [0.5, 0.5, 0.5], 2, [0.5, 1]],
  ['the same channels stay', [0.1, 0.2, 0.3, 0.4], 4, [0.1, 0.2, 0.3, 0.4]],
])('%s', (_, given, channels, expected) => {
  for (const [i, value] of pixel(given, channels).entries()) expect(value).toBeCloseTo(expected[i], 6);
  expect(pixel(given, channels)).toHaveLength(channels);
});

test('what is done is told in words', () => {
  expect(channelWords(3, 3)).toBe('');
  expect(channelWords(1, 3)).toBe('grey to RGB');
  expect(channelWords(4, 1)).toBe('transparency on white, to grey');
  expect(channelWords(4, 3)).toBe('transparency on white');
  expect(channelWords(1, 4)).toBe('grey to RGB, opaque');
  expect(channelWords(4, 2)).toBe('to grey');
  expect([1, 2, 3, 4].map(colourSpace)).toEqual(['grey', 'grey with alpha', 'RGB', 'RGBA']);
});

import { ImageDataset } from '../../src/data/dataset';
import { inChannels } from '../../src/data/in-channels';

/** One image of two pixels. */
const set = (channels: number, pixels: number[]) =>
  new ImageDataset({
    name: 'made',
    channels,
    height: 1,
    width: 2,
    pixels: Uint8Array.from(pixels),
    labels: [1],
    classNames: ['a', 'b'],
    notes: ['a note'],
  });

test('a set that has the channels is the same object', () => {
  const grey = set(1, [1, 2]);
  expect(inChannels(grey, 1)).toBe(grey);
});

test.each<[string, number, number[], number, number[]]>([
  ['grey is repeated for RGB', 1, [7, 9], 3, [7, 9, 7, 9, 7, 9]],
  ['RGB becomes Rec. 601 luma', 3, [255, 0, 0, 255, 0, 0], 1, [76, 150]],
  ['new alpha is opaque', 3, [1, 2, 3, 4, 5, 6], 4, [1, 2, 3, 4, 5, 6, 255, 255]],
  ['alpha stays with luma', 4, [255, 0, 0, 0, 0, 255, 128, 0], 2, [76, 29, 128, 0]],
  ['grey with alpha becomes RGBA', 2, [7, 9, 255, 0], 4, [7, 9, 7, 9, 7, 9, 255, 0]],
  [
    'what is transparent is laid on white',
    4,
    [255, 10, 0, 10, 0, 10, 51, 0],
    3,
    [255, 255, 204, 255, 204, 255],
  ],
  ['transparent grey too', 2, [0, 10, 255, 0], 1, [0, 255]],
])('%s', async (_, from, pixels, to, expected) => {
  const converted = inChannels(set(from, pixels), to);
  expect(converted.spec).toEqual({ channels: to, height: 1, width: 2, classes: 2 });
  expect([...(await converted.images([0]))]).toEqual(expected);
  expect([...(await converted.pixels.readAll())]).toEqual(expected);
  expect([converted.name, converted.notes, [...(converted.labels ?? [])]]).toEqual(['made', ['a note'], [1]]);
});

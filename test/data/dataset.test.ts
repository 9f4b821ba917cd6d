import { ImageDataset, type ImageDatasetOptions } from '../../src/data/dataset';
import { usage } from '../support/failure';

const made = {
  name: 'mine',
  channels: 1,
  height: 2,
  width: 2,
  pixels: Uint8Array.from({ length: 12 }, (_, i) => i),
};

describe('ImageDataset', () => {
  test.each<[Partial<ImageDatasetOptions>, string]>([
    [{ channels: 0 }, 'channels, height and width must be positive integers, got 0, 2 and 2'],
    [{ width: 1.5 }, 'channels, height and width must be positive integers, got 1, 2 and 1.5'],
    [{ pixels: new Uint8Array(13) }, '1×2×2 images take 4 bytes each, but 13 bytes came'],
    [{ pixels: Object(new Float32Array(12)) }, 'in a Uint8Array, but got Float32Array: scale and round'],
    [{ labels: [0, 0.7, 1] }, 'label 0.7 of image 1 is no whole number'],
    [{ labels: [Number.NaN, 0, 1] }, 'label NaN of image 0 is no whole number'],
    [{ labels: [0, 1] }, 'has 3 images but 2 labels'],
    [{ labels: [0, -1, 1] }, 'label -1 of image 1 is outside 0–1'],
    [{ labels: [0, 1, 2e9] }, 'label 2000000000 of image 2 is expected below 100000: it looks like an id'],
    [{ labels: [0, 1, 2 ** 32 + 1] }, 'label 4294967297 of image 2 is expected below 100000'],
    [{ labels: [0, 1, -(2 ** 32) + 1] }, 'label -4294967295 of image 2 is outside 0–1'],
    [{ labels: [0, 3e9, 1], classNames: ['a', 'b'] }, 'label 3000000000 of image 1 is outside 0–1'],
    [{ labels: [0, 1, 2], classNames: ['a', 'b'] }, 'label 2 of image 2 is outside 0–1'],
  ])('refuses %j', (wrong, reason) => {
    const make = (): ImageDataset => new ImageDataset({ ...made, ...wrong });
    expect(make).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(reason) }),
    );
  });

  test('refuses to be empty', () => {
    const make = (): ImageDataset => new ImageDataset({ ...made, pixels: new Uint8Array(0) });
    expect(make).toThrow(
      expect.objectContaining({ code: 'ERR_DATA_EMPTY', message: expect.stringContaining('"mine"') }),
    );
  });

  test('without labels has no classes', () => {
    const set = new ImageDataset({ ...made, classNames: ['unused'] });
    expect([set.count, set.spec]).toEqual([3, { channels: 1, height: 2, width: 2, classes: 0 }]);
    expect([set.labels, set.classNames, set.histogram()]).toEqual([null, [], []]);
  });

  test('numbers classes without names, and counts their images', () => {
    const set = new ImageDataset({ ...made, labels: [2, 0, 2] });
    expect([set.classNames, set.histogram()]).toEqual([
      ['0', '1', '2'],
      [1, 0, 2],
    ]);
  });

  test('keeps classes without images', () => {
    const set = new ImageDataset({ ...made, labels: new Uint8Array(3), classNames: ['a', 'b'] });
    expect([set.spec.classes, set.histogram()]).toEqual([2, [3, 0]]);
  });

  test.each([3, -1, 0.5, Number.NaN])('has no image %p, and says so', async (index) => {
    const set = new ImageDataset(made);
    const refused = usage(
      `data set "mine" has 3 images: expected an index from 0 to 2 but received ${index}`,
    );
    await expect(set.images([0, index])).rejects.toThrow(refused);
    const whole = Int32Array.of(0, Number.isInteger(index) ? index : 3);
    await expect(set.fetch(whole, 'cpu')).rejects.toThrow(usage('expected an index from 0 to 2'));
  });

  test('numbers classes up to a hundred thousand', () => {
    expect(new ImageDataset({ ...made, labels: [0, 99_999, 1] }).spec.classes).toBe(100_000);
  });

  test('gives copies of its images', async () => {
    const images = await new ImageDataset(made).images([2, 0]);
    expect([...images]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
    images.fill(0);
    expect(made.pixels[8]).toBe(8);
  });
});

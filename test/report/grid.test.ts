import { deepPicture, sampleGrid } from '../../src/report/grid';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';

/** Images of one value each. */
function flat(values: number[], shape: readonly number[]) {
  const size = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
  return { values: Float32Array.from(values.flatMap((value) => Array<number>(size).fill(value))), shape };
}

describe('sampleGrid refuses', () => {
  test.each<[string, number[], RegExp]>([
    ['a shape of three sizes', [1, 2, 2], /shape \[N, C, H, W\] without zeros, but got \[1, 2, 2\]/],
    ['no images', [0, 1, 2, 2], /without zeros, but got \[0, 1, 2, 2\]/],
    ['five channels', [1, 5, 2, 2], /1 to 4 channels, but got 5/],
    ['values that do not fit the shape', [2, 1, 2, 2], /8 values for \[2, 1, 2, 2\], but got 4/],
  ])('%s', (_, shape, message) => {
    expect(() => sampleGrid({ values: new Float32Array(4), shape })).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_IMAGES', message: expect.stringMatching(message) }),
    );
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d in an image, and names the image',
    (value) => {
      expect(() => sampleGrid(flat([0, value], [2, 1, 2, 2]))).toThrow(
        expect.objectContaining({
          code: 'ERR_BAD_IMAGES',
          message: `expected finite images, but image 1 holds ${value}: look at the network that made it`,
        }),
      );
    },
  );

  test('bytes, which are no values from -1 to 1', () => {
    const values: Float32Array = Object(Uint8Array.of(1, 2, 3, 4));
    expect(() => sampleGrid({ values, shape: [1, 1, 2, 2] })).toThrow(
      'values from -1 to 1 in a Float32Array, but got Uint8Array',
    );
  });

  test.each([
    [{ columns: 0 }, 'columns to be a whole number of at least 1, but got 0'],
    [{ columns: 1.5 }, 'columns to be a whole number of at least 1, but got 1.5'],
    [{ padding: -1 }, 'padding to be a whole number of at least 0, but got -1'],
    [{ scale: 0 }, 'scale to be a whole number of at least 1, but got 0'],
  ])('%o', (options, message) => {
    expect(() => sampleGrid(flat([0], [1, 1, 2, 2]), options)).toThrow(message);
  });
});

describe('sampleGrid', () => {
  test('values from -1 to 1 become bytes from 0 to 255, rounded and clamped', () => {
    const values = [-1, 1, 0, -2, 2, -1 + 2 / 255, 1 - 2 / 255];
    const picture = sampleGrid(
      { values: Float32Array.from(values), shape: [1, 1, 1, values.length] },
      { padding: 0 },
    );
    expect(picture).toEqual({
      width: values.length,
      height: 1,
      channels: 1,
      pixels: Uint8Array.of(0, 255, 128, 0, 255, 1, 254),
    });
  });

  test('what is not finite is black or white where that is asked for', () => {
    const values = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const { pixels } = sampleGrid({ values, shape: [1, 1, 1, 3] }, { padding: 0, nonFinite: 'clamp' });
    expect([...pixels]).toEqual([0, 255, 0]);
  });

  test('images go row by row with black between and around them, and a free place stays black', () => {
    const picture = sampleGrid(flat([1, 1, 1], [3, 1, 1, 1]), { columns: 2, padding: 1 });
    expect([picture.width, picture.height]).toEqual([5, 5]);
    expect([...picture.pixels].map((byte) => (byte === 255 ? 1 : byte))).toEqual(
      [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 1, 0],
        [0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ].flat(),
    );
  });

  test('the planes of an image become the channels of its pixels', () => {
    const values = Float32Array.of(-1, 1, 0, 1, -1, 0, 1, 1, 0, -1, -1, 0);
    const picture = sampleGrid({ values, shape: [2, 3, 1, 2] }, { padding: 0 });
    expect(picture.channels).toBe(3);
    // Image 0: R (-1, 1), G (0, 1), B (-1, 0); image 1: R (1, 1), G (0, -1), B (-1, 0).
    expect([...picture.pixels]).toEqual([0, 128, 0, 255, 255, 128, 255, 128, 0, 255, 0, 128]);
  });

  test.each([2, 4])('between images of %d channels everything is transparent', (channels) => {
    const values = Float32Array.from({ length: 2 * channels }, () => 1);
    const { pixels } = sampleGrid({ values, shape: [2, channels, 1, 1] }, { columns: 2, padding: 1 });
    const places = Array.from({ length: 15 }, (_, i) => [
      ...pixels.subarray(i * channels, (i + 1) * channels),
    ]);
    const empty = Array<number>(channels).fill(0);
    const full = Array<number>(channels).fill(255);
    expect(places).toEqual([
      ...[empty, empty, empty, empty, empty],
      ...[empty, full, empty, full, empty],
      ...[empty, empty, empty, empty, empty],
    ]);
  });

  test('the default is the squarest grid with two pixels of padding', () => {
    const picture = sampleGrid(flat(Array<number>(64).fill(0), [64, 1, 28, 28]));
    expect([picture.width, picture.height]).toEqual([8 * 30 + 2, 8 * 30 + 2]);
  });

  test('fewer images than columns make a narrower picture', () => {
    expect(sampleGrid(flat([0, 0], [2, 1, 3, 3]), { columns: 8, padding: 0 })).toMatchObject({
      width: 6,
      height: 3,
    });
  });

  test('scale makes every pixel a square', () => {
    const values = Float32Array.of(-1, 1);
    const picture = sampleGrid({ values, shape: [1, 1, 1, 2] }, { scale: 2, padding: 0 });
    expect(picture).toMatchObject({ width: 4, height: 2 });
    expect([...picture.pixels]).toEqual([0, 0, 255, 255, 0, 0, 255, 255]);
  });
});

describe('a tensor', () => {
  const values = Float32Array.of(-1, 0, 0.5, 1, 1, 0.25, -0.5, -1);
  const shape = [2, 1, 2, 2];

  test('is drawn as its values are, of whatever dtype and layout in memory', () => {
    scope(() => {
      const images = tensor([...values]).reshape(shape);
      const strided = images.to({ dtype: 'float64', memoryFormat: 'channels_last' });
      for (const each of [images, strided]) {
        expect(sampleGrid(each)).toEqual(sampleGrid({ values, shape }));
        expect(deepPicture(each.narrow(0, { start: 0, length: 1 }))).toEqual(
          deepPicture({ values: values.subarray(0, 4), shape: [1, 1, 2, 2] }),
        );
      }
    });
  });

  test('that holds NaN, or is no images, is refused', () => {
    scope(() => {
      expect(() => sampleGrid(tensor([Number.NaN]).reshape([1, 1, 1, 1]))).toThrow(
        failure('ERR_BAD_IMAGES', 'image 0 holds NaN'),
      );
      expect(() => sampleGrid(tensor([0, 1]))).toThrow(failure('ERR_BAD_IMAGES', 'a shape [N, C, H, W]'));
    });
  });
});

describe('deepPicture', () => {
  test('refuses what is no image, or not finite', () => {
    expect(() => deepPicture({ shape: [1, 2, 2], values: new Float32Array(4) })).toThrow(
      failure('ERR_BAD_IMAGES', 'a shape [N, C, H, W]'),
    );
    expect(() => deepPicture({ shape: [1, 1, 1, 1], values: Float32Array.of(Number.NaN) })).toThrow(
      failure('ERR_BAD_IMAGES', 'image 0 holds NaN'),
    );
  });

  test('values from -1 to 1 become 0 to 65535, rounded and clamped, and planes channels', () => {
    const values = Float32Array.of(-1, -2, 0, 1, 2, 257 / 32767.5 - 1);
    expect(deepPicture({ shape: [1, 3, 1, 2], values })).toEqual({
      ...{ width: 2, height: 1, channels: 3 },
      pixels: Uint16Array.of(0, 32768, 65535, 0, 65535, 257),
    });
  });
});

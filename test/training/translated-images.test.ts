import { ImageDataset } from '../../src/data/dataset';
import type { ImageSource } from '../../src/metrics/image-source';
import { imageOrder } from '../../src/metrics/real-images';
import { conv2d } from '../../src/nn/conv';
import { dropout } from '../../src/nn/dropout';
import { sequential } from '../../src/nn/sequential';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { imageSampler } from '../../src/training/image-sampler';
import { copiedImages, type TranslatedOptions, translatedImages } from '../../src/training/translated-images';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

const SIDE = 8;

/** A network that makes grey images of grey ones, by chance where its dropout is on. */
function network() {
  manualSeed(3);
  return sequential(
    conv2d(1, 4, { kernelSize: 3, padding: 1 }),
    dropout(0.5),
    conv2d(4, 1, { kernelSize: 3, padding: 1 }),
  ).to({
    device: testDevice,
  });
}

const reach = { stride: 1, least: 1, receptiveField: 2 };
const directions = { ab: { by: 'ab', from: 'a', to: 'b' } };
const spec = { channels: 1, height: SIDE, width: SIDE };

async function values(source: ImageSource, start: number, end: number): Promise<number[]> {
  const make = await source.fetch(start, end);
  return scope(() => Array.from(make().toTypedArray(), Number));
}

/** Calls `body` with all that is needed to translate, and takes the network away again. */
async function translating(
  options: Partial<TranslatedOptions>,
  body: (options: TranslatedOptions) => Promise<void>,
): Promise<void> {
  const ab = network();
  const sampler = imageSampler({ directions, reach, norms: 'image' });
  const inputs = tinyDataset({ count: 12, resolution: SIDE });
  const shown = { sampler, inputs, spec, device: testDevice };
  try {
    await body({ ...shown, networks: { ab }, weights: 'live', ...options });
  } finally {
    ab.dispose();
  }
}

describe('bad input is refused', () => {
  test('a direction that the model lacks', () =>
    translating({ direction: 'ba' }, async (options) => {
      await expect(translatedImages(options)).rejects.toThrow(
        usage('this model has no direction ba: it has ab'),
      );
      await expect(copiedImages(options)).rejects.toThrow(usage('this model has no direction ba: it has ab'));
    }));

  test('more images than there are', () =>
    translating({ count: 13 }, async (options) => {
      const expected = usage('expected 13 images to take in but tiny has 12');
      await expect(translatedImages(options)).rejects.toThrow(expected);
      await expect(copiedImages(options)).rejects.toThrow(expected);
    }));

  test('a model that makes other images than it should', () =>
    translating({ spec: { ...spec, width: SIDE + 1 } }, async (options) => {
      const make = await (await translatedImages(options)).fetch(0, 2);
      expect(() => scope(() => make())).toThrow(usage('expected the model to make images of [2, 1, 8, 9]'));
    }));
});

test('an image is made the same whatever is made with it, and of another seed another', () =>
  translating({}, async (options) => {
    const area = SIDE * SIDE;
    const all = await values(await translatedImages(options), 0, 12);
    expect(await values(await translatedImages({ ...options, count: 5 }), 3, 5)).toEqual(
      all.slice(3 * area, 5 * area),
    );
    const images = await translatedImages(options);
    const pieces = [await values(images, 0, 1), await values(images, 1, 5), await values(images, 5, 12)];
    expect(pieces.flat()).toEqual(all);
    const other = await values(await translatedImages({ ...options, seed: 100 }), 0, 12);
    expect(other).not.toEqual(all);
    // Dropout of one image draws otherwise than that of the next.
    expect(new Set(all).size).toBeGreaterThan(area);
  }));

test('labels are those of the images that are taken in, in their order', () =>
  translating({ count: 5 }, async (options) => {
    const { classes, protocol, count } = await translatedImages(options);
    const order = imageOrder(options.inputs, 5);
    const ofImages = order.map((place) => place % 3);
    expect(classes).toEqual({ count: 3, kind: 'labels', names: ['0', '1', '2'], ofImages });
    expect([count, classes?.ofImages.length]).toEqual([5, 5]);
    expect(protocol).toMatchObject({
      images: 'outputs of the model',
      weights: 'live',
      batchNorm: 'the image’s own statistics, dropout on',
      direction: 'ab',
      made: 'b of a',
      inputs: 'tiny',
      inputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  }));

describe('copies of the inputs', () => {
  test('are the images that are taken in, with a protocol of the same fields', () =>
    translating({ count: 5 }, async (options) => {
      const copies = await copiedImages(options);
      const bytes = await (options.inputs as ImageDataset).images(imageOrder(options.inputs, 5));
      expect(await values(copies, 0, 5)).toEqual(
        Array.from(bytes, (byte) => Math.fround(Math.fround(byte / 127.5) - 1)),
      );
      const { protocol } = await translatedImages(options);
      expect(Object.keys(copies.protocol ?? {}).sort()).toEqual(Object.keys(protocol ?? {}).sort());
      expect(copies.protocol).toMatchObject({
        images: 'copy of the input',
        weights: 'none',
        batchNorm: 'none',
      });
      expect(copies.classes?.ofImages).toHaveLength(5);
    }));

  test('are brought to the form of what the model makes, and the protocol says how', () =>
    translating({}, async (options) => {
      const pixels = Uint8Array.from({ length: 3 * 3 * 4 }, (_, i) => [255, 0, 0][Math.floor(i / 4) % 3]);
      const inputs = new ImageDataset({ name: 'red', channels: 3, height: 2, width: 2, pixels });
      const copies = await copiedImages({ ...options, inputs, spec: { channels: 1, height: 2, width: 2 } });
      expect(copies.protocol?.converted).toBe('to grey');
      // Red is 0.299 of the way from black to white.
      for (const value of await values(copies, 0, 3)) expect(value).toBeCloseTo(2 * 0.299 - 1, 6);
    }));
});

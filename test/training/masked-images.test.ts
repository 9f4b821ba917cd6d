// Samplers that take masks beside images, and what is judged of them.
import { ImageDataset } from '../../src/data/dataset';
import { degraded } from '../../src/data/degraded-dataset';
import { masked } from '../../src/data/masked';
import { imageOrder } from '../../src/metrics/real-images';
import { Module } from '../../src/nn/module';
import { full, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { imageSampler } from '../../src/training/image-sampler';
import { copiedImages, translatedImages } from '../../src/training/translated-images';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

/** Fills holes with 0.5, and keeps the shapes that it was given. */
class Filler extends Module {
  readonly seen: string[] = [];

  override forward(input: Tensor): Tensor {
    this.seen.push(input.shape.join('×'));
    const channels = input.shape[1] - 1;
    const mask = input.narrow(1, { start: channels, length: 1 });
    const known = input.narrow(1, { start: 0, length: channels });
    return known.mul(mask.neg().add(1)).add(mask.mul(0.5));
  }
}

const sampler = imageSampler({
  directions: { fill: { by: 'filler', from: 'input', to: 'target', mask: 'mask' } },
  reach: { stride: 4, least: 4, receptiveField: 1 },
  paired: true,
});

/** 5 images of one colour each, red rising, and their holes. */
function holed() {
  const pixels = Uint8Array.from({ length: 5 * 3 * 16 * 12 }, (_, i) => {
    const [image, channel] = [Math.floor(i / (3 * 16 * 12)), Math.floor(i / (16 * 12)) % 3];
    return channel === 0 ? 40 * image : 255 * channel - 255;
  });
  const photos = new ImageDataset({ name: 'photos', channels: 3, height: 16, width: 12, pixels });
  return degraded(photos, masked({ kind: 'both' }), masked({ kind: 'rectangle', share: 0.25 }));
}

const shown = () => {
  const { input: inputs, mask: masks, target } = holed().parts;
  return { sampler, inputs, masks, spec: target.spec, device: testDevice };
};

describe('bad input is refused', () => {
  const images = (height = 8) => full([2, 3, height, 8], 0.25, { device: testDevice });
  const masks = (channels = 1) => full([2, channels, 8, 8], 1, { device: testDevice });

  test('no masks, masks of another size or of colours, and masks that nobody wants', () => {
    scope(() => {
      const networks = { filler: new Filler() };
      expect(() => sampler.make(networks, images())).toThrow(
        usage('this model fills holes and expects masks beside the images, 1 in the hole'),
      );
      expect(() => sampler.make(networks, images(12), { masks: masks() })).toThrow(
        usage('masks expected the size of the images, [2, 1, 12, 8], but received [2, 1, 8, 8]'),
      );
      expect(() => sampler.make(networks, images(), { masks: masks(3) })).toThrow(
        usage('[2, 1, 8, 8], but received [2, 3, 8, 8]'),
      );
      const plain = imageSampler({
        directions: { ab: { by: 'filler', from: 'a', to: 'b' } },
        reach: sampler.reach,
      });
      expect(() => plain.make(networks, images(), { masks: masks() })).toThrow(
        usage('this model makes all of an image but received masks: leave them out'),
      );
    });
  });
});

test('networks take images with the mask as a last channel, both bordered where the stride does not divide them', () => {
  const filler = new Filler();
  scope(() => {
    const images = full([2, 3, 9, 8], -0.25, { device: testDevice });
    const masks = zeros([2, 1, 9, 8], { device: testDevice });
    masks.narrow(2, { start: 0, length: 2 }).fill_(1);
    const made = sampler.make({ filler }, images, { masks });
    expect(filler.seen).toEqual(['2×4×12×8']);
    const expected = cat(
      [full([2, 3, 2, 8], 0.5, { device: testDevice }), full([2, 3, 7, 8], -0.25, { device: testDevice })],
      2,
    );
    expect(made.equal(expected)).toBe(true);
  });
});

test('a grid shows the image with its hole, the hole filled, and the image as it was', async () => {
  const loader = holed().loader({ batch: 2, seed: 1, device: testDevice });
  const batch = await loader.next();
  scope(() => {
    const { images, columns } = sampler.grid({ filler: new Filler() }, batch);
    expect([images.shape, columns]).toEqual([[6, 3, 16, 12], 6]);
    const at = (start: number) => images.narrow(0, { start, length: 1 });
    const first = (all: Tensor) => all.narrow(0, { start: 0, length: 1 });
    expect(at(0).equal(first(batch.input))).toBe(true);
    expect(at(1).equal(first(batch.input).add(first(batch.mask).mul(0.5)))).toBe(true);
    expect(at(2).equal(first(batch.target))).toBe(true);
  });
  for (const held of Object.values(batch)) held.dispose();
  loader.dispose();
});

test('what is judged has its own masks, and the base line the mean colour of what is known of each image', async () => {
  const networks = { filler: new Filler() };
  const made = await translatedImages({ ...shown(), networks, weights: 'live' });
  const means = await copiedImages(shown());
  expect(means.protocol).toMatchObject({ images: 'the input, its hole in the mean colour of the rest' });
  const { mask, target } = holed().parts;
  const order = imageOrder(target, 5);
  const makers = [
    await made.fetch(1, 4),
    await means.fetch(1, 4),
    await mask.fetch(order.subarray(1, 4), testDevice),
    await target.fetch(order.subarray(1, 4), testDevice),
  ];
  scope(() => {
    const [filled, mean, masks, targets] = makers.map((make) => make());
    const expected = targets.mul(masks.neg().add(1)).add(masks.mul(0.5));
    expect(filled.sub(expected).abs().max().item()).toBe(0);
    // Each image has one colour, so the mean of the rest is what the hole was.
    expect(mean.sub(targets).abs().max().item()).toBeLessThan(1e-6);
  });
  made.dispose();
});

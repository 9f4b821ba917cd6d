// The protocol of super-resolution against NumPy: what is left of a picture, what bicubic interpolation makes of it, and their figures.

import { ImageDataset } from '../../src/data/dataset';
import { shrunk } from '../../src/data/degradations';
import { degraded } from '../../src/data/degraded-dataset';
import { inComparedColours } from '../../src/metrics/comparison';
import { evaluatePairs } from '../../src/metrics/evaluate-pairs';
import { imageOrder } from '../../src/metrics/real-images';
import { full, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { imageSampler } from '../../src/training/image-sampler';
import { copiedImages } from '../../src/training/translated-images';
import { usage } from '../support/failure';
import { readCases, testDevice } from '../support/fixtures';

interface ProtocolCase {
  readonly scale: number;
  readonly figures: Readonly<Record<'y' | 'own', Readonly<Record<'l1' | 'psnr' | 'ssim', number>>>>;
}

/** Bicubic enlargements of what {@link shrunk} leaves, beside the images as they were. */
async function enlarged(pixels: Uint8Array, shape: readonly number[], scale: number) {
  const [, channels, height, width] = shape;
  const whole = new ImageDataset({ name: 'pictures', channels, height, width, pixels });
  const { input, target } = degraded(whole, shrunk(scale)).parts;
  const sampler = imageSampler({
    directions: { enlarge: { by: 'generator', from: 'input', to: 'target' } },
    reach: { stride: 1, least: 1, receptiveField: 1, scale },
  });
  const images = await copiedImages({ sampler, inputs: input, spec: target.spec, device: testDevice });
  return { images, targets: target, order: imageOrder(target, target.count), device: testDevice };
}

const cases = readCases<ProtocolCase>('metrics/protocol');

describe('bad input is refused', () => {
  test.each([-1, 0.5, 24, 100])('a border of %d pixels of images of 48×60', async (border) => {
    const [{ tensors }] = cases;
    const [bytes, shape] = scope(() => {
      const images = tensors.tensor('images');
      return [images.toBytes(), images.shape] as const;
    });
    const pairs = await enlarged(bytes, shape, 2);
    await expect(evaluatePairs({ ...pairs, metrics: ['l1'], compared: { border } })).rejects.toThrow(
      usage(
        `a border of ${border} pixels on each side leaves nothing of images of 48×60: expected a whole number from 0 to 23`,
      ),
    );
  });
});

describe('bicubic interpolation has the figures that NumPy gives', () => {
  const both = cases.flatMap((one) =>
    (['y', 'own'] as const).map((colours) => [one.name, colours, one] as const),
  );

  test.each(both)('of pictures %s, by colours %s', async (_, colours, { tensors, scale, figures }) => {
    const [bytes, shape] = scope(() => {
      const images = tensors.tensor('images');
      return [images.toBytes(), images.shape] as const;
    });
    const { metrics, protocol } = await evaluatePairs({
      ...(await enlarged(bytes, shape, scale)),
      metrics: ['l1', 'psnr', 'ssim'],
      compared: { colours, border: scale },
    });
    const expected = figures[colours];
    expect(Math.abs(metrics.psnr - expected.psnr)).toBeLessThan(0.01);
    expect(Math.abs(metrics.ssim - expected.ssim)).toBeLessThan(1e-3);
    expect(Math.abs(metrics.l1 / expected.l1 - 1)).toBeLessThan(1e-3);
    expect(protocol).toMatchObject({
      colours: colours === 'y' ? 'Y of BT.601, 16–235' : 'RGB',
      border: scale,
      levels: 256,
      images: `copy of the input, enlarged ${scale} times`,
      converted: 'bicubic, antialiased, to 48×60',
      inputs: `pictures (input: 1/${scale} of each side, bicubic, antialiased, 8 bits)`,
    });
  });
});

test('white has the luma 235, black 16, and grey no other than itself', () =>
  scope(() => {
    const colours = { colours: 'y' } as const;
    const levels = (images: ReturnType<typeof full>) =>
      inComparedColours(images, colours).add(1).mul(127.5).flatten().toArray() as number[];
    for (const [value, luma] of [
      [1, 235],
      [-1, 16],
    ])
      expect(levels(full([1, 3, 1, 1], value))[0]).toBeCloseTo(luma, 4);
    const red = tensor([1, -1, -1], { dtype: 'float32' }).reshape([1, 3, 1, 1]);
    expect(levels(red)[0]).toBeCloseTo(16 + 65.481, 4);
    expect(levels(full([1, 1, 1, 1], 0.5))[0]).toBeCloseTo(191.25, 4);
  }));

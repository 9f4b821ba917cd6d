import * as models from '../../src/models';
import { grad } from '../../src/tensor/autograd';
import { rand } from '../../src/tensor/create';
import { interpolate, pixelShuffle } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testModels } from '../support/model-cases';

const shape = (height: number, width = height, channels = 3) => ({ channels, height, width });
const sizes = (scale: number) => ({ from: shape(6), to: shape(6 * scale) });

describe('upscaler refuses', () => {
  test.each([
    [
      { from: shape(8), to: shape(8) },
      'images to make 2, 3 or 4 times as high as those it takes but received 1',
    ],
    [
      { from: shape(8), to: shape(12) },
      'images to make 2, 3 or 4 times as high as those it takes but received 1.5',
    ],
    [
      { from: shape(4), to: shape(20) },
      'images to make 2, 3 or 4 times as high as those it takes but received 5',
    ],
    [
      { from: shape(8, 8), to: shape(16, 24) },
      'images to be enlarged 2 times but received 8 × 8 to make 16 × 24 of',
    ],
    [{ ...sizes(2), blocks: 0 }, 'blocks to be a positive integer but received 0'],
    [{ ...sizes(2), width: -1 }, 'width to be a positive integer but received -1'],
    [{ ...sizes(2), growth: 1.5 }, 'growth to be a positive integer but received 1.5'],
  ])('%j', (options, message) => {
    expect(() => models.upscaler(options)).toThrow(usage(`upscaler expects ${message}`));
  });
});

test('a DnCNN of one convolution is refused', () => {
  expect(() => models.dnCnn({ images: shape(8), depth: 1 })).toThrow(
    usage('dnCnn expected a depth of at least 2 but received 1'),
  );
});

testModels('models/restoration', models);

test.each([2, 3, 4])(
  'starts near bicubic interpolation at ×%d, without a pattern of the squares',
  (scale) => {
    manualSeed(4);
    const network = models.upscaler({ ...sizes(scale), width: 8, blocks: 2 });
    scope(() => {
      const images = rand([2, 3, 9, 7]).mul(2).sub(1);
      const size = [9 * scale, 7 * scale] as const;
      const away = network
        .forward(images)
        .sub(interpolate(images, { size, mode: 'bicubic', antialias: true }));
      expect(away.abs().mean().item()).toBeLessThan(0.3);
      const factor = scale === 4 ? 2 : scale;
      const shuffled = pixelShuffle(network.up.layers[0].forward(rand([1, 8, 4, 4])), factor);
      const nearest = interpolate(shuffled.reshape([1, 8, 4, factor, 4, factor]).mean([3, 5]), {
        scaleFactor: factor,
      });
      expect(shuffled.sub(nearest).abs().max().item()).toBeLessThan(1e-5);
    });
    network.dispose();
  },
);

test.each([
  ['residual', 2],
  ['residual', 3],
  ['residual', 4],
  ['dense', 2],
] as const)('a pixel of %s blocks at ×%d sees no further than the receptive field', (network, scale) => {
  manualSeed(5);
  const enlarges = models.upscaler({ ...sizes(scale), network, width: 4, growth: 2, blocks: 1 });
  const field = enlarges.receptiveField;
  scope(() => {
    const side = field + 8;
    const images = rand([1, 3, side, side]);
    images.requiresGrad = true;
    const at = Math.floor(side / 2) * scale;
    const pixel = enlarges.forward(images).select(3, at).select(2, at).sum();
    const [gradient] = grad([pixel], [images]);
    const rows = Array.from(gradient.abs().amax([0, 1, 3]).toTypedArray(), Number);
    const touched = rows.flatMap((value, row) => (value > 0 ? [row] : []));
    const reach = touched[touched.length - 1] - touched[0] + 1;
    expect(reach).toBeLessThanOrEqual(field);
    expect(reach).toBeGreaterThan(field / 2);
  });
  enlarges.dispose();
});

import * as models from '../../src/models';
import { grad } from '../../src/tensor/autograd';
import { rand, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { testModels } from '../support/model-cases';

const shape = (height: number, width = height, channels = 3) => ({ channels, height, width });

/** A mask [1, 1, H, W] with a hole of these rows and columns. */
function hole(height: number, width: number, [top, bottom, left, right]: readonly number[]): Tensor {
  const mask = zeros([1, 1, height, width], { device: testDevice });
  mask
    .narrow(2, { start: top, length: bottom - top })
    .narrow(3, { start: left, length: right - left })
    .fill_(1);
  return mask;
}

describe('inpainter refuses', () => {
  test.each([
    [{ images: shape(8), width: 0 }, 'width to be a positive integer but received 0'],
    [{ images: shape(8), dilations: [2, 0] }, 'dilations to be positive integers but received [2, 0]'],
    [{ images: shape(10) }, 'height and width of at least 4 that 4 divides but received 10 × 10'],
    [{ images: shape(8, 8, 0) }, 'to.channels to be a positive integer but received 0'],
  ])('%j', (options, message) => {
    expect(() => models.inpainter(options)).toThrow(usage(`inpainter expects ${message}`));
  });

  test('images without their mask', () => {
    const network = models.inpainter({ images: shape(8), width: 2 });
    network.to({ device: testDevice });
    scope(() =>
      expect(() => network.forward(rand([1, 3, 8, 8], { device: testDevice }))).toThrow(
        failure('ERR_SHAPE', 'expected images [N, 4, H, W]'),
      ),
    );
    network.dispose();
  });
});

testModels('models/inpainting', models);

test('known pixels come out as they went in, bit for bit, and what the hole held is not seen', () => {
  manualSeed(7);
  const network = models.inpainter({ images: shape(16, 20), width: 4 });
  network.to({ device: testDevice });
  scope(() => {
    const images = rand([1, 3, 16, 20], { device: testDevice }).mul(2).sub(1);
    const mask = hole(16, 20, [3, 11, 5, 16]);
    const filled = network.forward(cat([images, mask], 1));
    const isHole = mask.gt(0.5).expand([1, 3, 16, 20]);
    expect(filled.maskedFill(isHole, 0).equal(images.maskedFill(isHole, 0))).toBe(true);
    expect(filled.sub(images).abs().mul(mask).max().item()).toBeGreaterThan(0.1);
    const other = images.add(mask.mul(rand(images.shape, { device: testDevice })));
    expect(network.forward(cat([other, mask], 1)).equal(filled)).toBe(true);
  });
  network.dispose();
});

test('a pixel of the hole sees no further than the receptive field', () => {
  manualSeed(5);
  const network = models.inpainter({ images: shape(8, 8, 1), width: 2, dilations: [2] });
  network.to({ device: testDevice });
  const field = network.receptiveField;
  scope(() => {
    const side = 4 * Math.ceil((field + 16) / 4);
    const middle = Math.floor(side / 2);
    const images = rand([1, 1, side, side], { device: testDevice });
    images.requiresGrad = true;
    // Wherever a pixel lies in the squares that maps are made of.
    for (const at of [0, 1, 2, 3].map((offset) => middle + offset)) {
      const mask = hole(side, side, [at, at + 1, at, at + 1]);
      const pixel = network
        .forward(cat([images, mask], 1))
        .select(3, at)
        .select(2, at)
        .sum();
      const [gradient] = grad([pixel], [images]);
      const rows = Array.from(gradient.abs().amax([0, 1, 3]).toTypedArray(), Number);
      const touched = rows.flatMap((value, row) => (value > 0 ? [Math.abs(row - at)] : []));
      expect(2 * Math.max(...touched) + 1).toBeLessThanOrEqual(field);
      expect(2 * Math.max(...touched) + 1).toBeGreaterThan(field / 2);
    }
  });
  network.dispose();
});

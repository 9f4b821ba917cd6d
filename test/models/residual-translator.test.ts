import * as models from '../../src/models';
import { grad } from '../../src/tensor/autograd';
import { rand, randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';

const shape = (height: number, width = height, channels = 3) => ({ channels, height, width });
const square = (size: number) => ({ from: shape(size), to: shape(size) });

/** Indices of the first and the last row of [1, C, H, W] with a number other than 0. */
function extent(images: Tensor): [number, number] {
  const rows = images.abs().amax([0, 1, 3]).toTypedArray();
  const touched = Array.from(rows, Number).flatMap((value, row) => (value > 0 ? [row] : []));
  return [touched[0], touched[touched.length - 1]];
}

describe('residualTranslator', () => {
  test.each([
    [{ from: shape(16), to: shape(8) }, 'expects images of one size but received 16 × 16 to make 8 × 8 of'],
    [square(30), 'expects height and width of at least 8 that 4 divides but received 30 × 30'],
    [square(4), 'expects height and width of at least 8 that 4 divides but received 4 × 4'],
    [{ ...square(16), blocks: 0 }, 'expects blocks to be a positive integer but received 0'],
    [{ ...square(16), width: 0.5 }, 'expects width to be a positive integer but received 0.5'],
  ])('refuses bad options (%#)', (options, message) => {
    expect(() => models.residualTranslator(options)).toThrow(usage(`residualTranslator ${message}`));
  });

  test('refuses images that 4 does not divide', () => {
    const network = models.residualTranslator({ ...square(8), width: 1, blocks: 1 });
    scope(() => {
      const images = randn([1, 3, 8, 10]);
      expect(() => network.forward(images)).toThrow(
        failure(
          'ERR_SHAPE',
          'with H and W of at least 8 that 4 divides but received [1, 3, 8, 10]: pad them',
        ),
      );
    });
    network.dispose();
  });

  test('takes the sizes it accepts, down to 8 pixels', () => {
    const accepted = [4, 8, 10, 28, 100].filter((side) => models.residualTranslatorAccepts(shape(side, 12)));
    expect(accepted).toEqual([8, 28, 100]);
    const network = models.residualTranslator({ from: shape(8, 12), to: shape(8, 12, 1), width: 2 });
    scope(() => {
      for (const [height, width] of [
        [8, 12],
        [28, 8],
      ]) {
        const made = network.forward(randn([2, 3, height, width]));
        expect(made.shape).toEqual([2, 1, height, width]);
        expect(made.abs().max().item()).toBeLessThanOrEqual(1);
      }
    });
    network.dispose();
  });

  test.each([
    [64, 6],
    [256, 9],
  ])('has for %p pixels %p blocks', (size, blocks) => {
    const network = models.residualTranslator({ ...square(size), width: 1 });
    expect(network.receptiveField).toBe(25 + 16 * blocks);
    expect(network.namedParameters().filter(([name]) => /conv_block.1.weight/.test(name))).toHaveLength(
      blocks,
    );
    network.dispose();
  });

  test('an output pixel depends on its receptive field and no more', () => {
    // At rest batch norm mixes no pixels; with positive weights nothing cancels and no ReLU is off.
    const images = { from: shape(160, 8, 1), to: shape(160, 8, 1) };
    const network = models.residualTranslator({ ...images, width: 1, blocks: 2, norm: 'batch' }).eval();
    scope(() => {
      const positive = Object.entries(network.stateDict()).filter(([name]) => /\d\.weight/.test(name));
      for (const [, weight] of positive) weight.copy_(weight.abs());
      network.to({ dtype: 'float64' });
      const input = rand([1, 1, 160, 8], { dtype: 'float64', requiresGrad: true });
      const made = network.model.layers.slice(0, -1).reduce((map, layer) => layer.forward(map), input);
      const seen = [76, 77, 78, 79].map((row) => {
        const rows = made.narrow(2, { start: row, length: 1 }).sum();
        const [first, last] = extent(grad([rows], [input], { retainGraph: true })[0]);
        return { size: last - first + 1, reach: Math.max(row - first, last - row) };
      });
      expect(Math.max(...seen.map(({ size }) => size))).toBe(network.receptiveField);
      expect(Math.max(...seen.map(({ reach }) => reach))).toBeLessThanOrEqual(
        Math.ceil(network.receptiveField / 2),
      );
    });
    network.dispose();
  });

  test('a tile with a margin of half the receptive field is translated as in its image', () => {
    const network = models
      .residualTranslator({ ...square(128), width: 2, blocks: 1, norm: 'batch' })
      .to({ dtype: 'float64' })
      .eval();
    scope(() => {
      const images = randn([1, 3, 128, 8], { dtype: 'float64' });
      const whole = network.forward(images);
      const margin = Math.ceil(network.receptiveField / 2 / network.stride) * network.stride;
      const tile = network.forward(images.narrow(2, { start: 64 - margin, length: 16 + 2 * margin }));
      expectClose(tile.narrow(2, { start: margin, length: 16 }), whole.narrow(2, { start: 64, length: 16 }));
    });
    network.dispose();
  });

  test('has the names of the authors’ code, and biases where instance norm follows', () => {
    const options = { ...square(8), width: 2, blocks: 1 };
    const [instance, batch] = (['instance', 'batch'] as const).map((norm) =>
      models.residualTranslator({ ...options, norm }),
    );
    scope(() => {
      expect(Object.keys(instance.stateDict())).toEqual(
        [
          'model.1',
          'model.4',
          'model.7',
          'model.10.conv_block.1',
          'model.10.conv_block.5',
          'model.11',
          'model.14',
          'model.18',
        ].flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
      );
      const biased = Object.entries(batch.stateDict()).filter(([name]) => /\d\.bias$/.test(name));
      const ofConvolutions = biased.filter(
        ([name]) => `${name.replace('bias', 'running_mean')}` in batch.stateDict() === false,
      );
      expect(ofConvolutions.map(([name]) => name)).toEqual(['model.18.bias']);
    });
    for (const network of [instance, batch]) network.dispose();
  });
});

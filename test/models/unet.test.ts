import * as models from '../../src/models';
import { BatchNorm2d } from '../../src/nn/batch-norm';
import { Dropout } from '../../src/nn/dropout';
import { InstanceNorm2d } from '../../src/nn/normalization';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { testModels } from '../support/model-cases';

const shape = (height: number, width = height, channels = 3) => ({ channels, height, width });
const square = (size: number) => ({ from: shape(size), to: shape(size) });

describe('unetGenerator', () => {
  test.each([
    [
      { from: shape(16), to: shape(16, 8) },
      'expects images of one size but received 16 × 16 to make 16 × 8 of',
    ],
    [square(27), 'expects height and width that 2 divides but received [27, 27]'],
    [
      { ...square(24), depth: 4 },
      'expects height and width of at least 16 that 16 divides but received 24 × 24',
    ],
    [{ ...square(16), depth: 1.5 }, 'expects depth to be a positive integer but received 1.5'],
    [{ ...square(16), width: 0 }, 'expects width to be a positive integer but received 0'],
    [{ ...square(16), dropout: 2 }, 'expects dropout to be a number between 0 and 1 but received 2'],
    [
      { ...square(16), from: shape(16, 16, 0) },
      'expects from.channels to be a positive integer but received 0',
    ],
  ])('refuses bad options (%#)', (options, message) => {
    expect(() => models.unetGenerator(options)).toThrow(usage(`unetGenerator ${message}`));
  });

  test('refuses an unknown norm', () => {
    const options = { ...square(16), norm: 'layer' };
    expect(() => Reflect.apply(models.unetGenerator, undefined, [options])).toThrow(
      usage("unetGenerator expects norm to be one of 'batch', 'instance' but received 'layer'"),
    );
  });

  test('refuses images that its stride does not divide, and other channels', () => {
    const network = models.unetGenerator({ ...square(16), width: 1 });
    scope(() => {
      for (const size of [
        [1, 3, 24, 32],
        [1, 1, 16, 16],
        [3, 16, 16],
      ]) {
        const images = randn(size);
        const text = `expected images [N, 3, H, W] with H and W of at least 16 that 16 divides but received [${size.join(', ')}]`;
        expect(() => network.forward(images)).toThrow(failure('ERR_SHAPE', text));
      }
    });
    network.dispose();
  });

  test('halves down to an odd number of pixels, at most 8 times', () => {
    const depth = (height: number, width: number) => models.unetDepth({ height, width });
    expect([depth(256, 256), depth(28, 28), depth(27, 28), depth(96, 64), depth(1024, 512)]).toEqual([
      8, 2, 0, 5, 8,
    ]);
    const accepted = [0, 1, 2, 4, 6, 8, 28, 30, 256].filter((side) => models.unetAccepts(shape(side)));
    expect(accepted).toEqual([4, 8, 28, 256]);
  });

  test.each([
    [8, 1],
    [32, 2],
    [64, 3],
    [256, 3],
  ])(
    'for %p pixels has dropout in the innermost half of its decoder, at most three layers',
    (size, count) => {
      const network = models.unetGenerator({ ...square(size), width: 1 });
      const dropouts = network.up.map((layer) => layer.dropout instanceof Dropout);
      expect(dropouts.lastIndexOf(true)).toBe(count - 1);
      expect(dropouts.filter(Boolean)).toHaveLength(count);
      network.dispose();
    },
  );

  test.each([
    ['batch', BatchNorm2d],
    ['instance', InstanceNorm2d],
  ] as const)('with %s norm leaves the first and the innermost map as they are', (norm, kind) => {
    const network = models.unetGenerator({ ...square(32), width: 2, norm });
    const isNorm = (layer: { norm: unknown }) => layer.norm instanceof kind;
    expect(network.down.map(isNorm)).toEqual([false, true, true, true, false]);
    expect(network.up.map(isNorm)).toEqual([true, true, true, true, false]);
    const biases = [...network.down, ...network.up].map(({ conv }) => conv.bias !== null);
    expect(biases).toEqual(biases.map((_, index) => norm === 'instance' || index === biases.length - 1));
    network.dispose();
  });

  test('makes images in [−1, 1] of images that are not square, one at a time too, and of larger ones', () => {
    const network = models.unetGenerator({ from: shape(16, 32), to: shape(16, 32, 1), width: 4 });
    expect([network.stride, network.receptiveField]).toEqual([16, Number.POSITIVE_INFINITY]);
    scope(() => {
      for (const size of [
        [1, 3, 16, 32],
        [2, 3, 48, 16],
      ]) {
        const made = network.forward(randn(size));
        expect(made.shape).toEqual([size[0], 1, size[2], size[3]]);
        expect(made.abs().max().item()).toBeLessThanOrEqual(1);
        expect(made.isfinite().all().item()).toBe(1);
      }
    });
    network.dispose();
  });

  test('draws other images of the same in training, and the same at rest', () => {
    const network = models.unetGenerator({ ...square(16), width: 4 });
    scope(() => {
      const images = randn([1, 3, 16, 16]);
      const repeats = () => network.forward(images).equal(network.forward(images));
      expect(repeats()).toBe(false);
      network.eval();
      expect(repeats()).toBe(true);
    });
    network.dispose();
  });

  test('starts as the paper does, and has simple names', () => {
    const network = models.unetGenerator({ ...square(8), width: 32 });
    scope(() => {
      const state = network.stateDict();
      expect(Object.keys(state).filter((name) => !/running|tracked/.test(name))).toEqual([
        'down.0.conv.weight',
        'down.1.conv.weight',
        'down.1.norm.weight',
        'down.1.norm.bias',
        'down.2.conv.weight',
        'up.0.conv.weight',
        'up.0.norm.weight',
        'up.0.norm.bias',
        'up.1.conv.weight',
        'up.1.norm.weight',
        'up.1.norm.bias',
        'up.2.conv.weight',
        'up.2.conv.bias',
      ]);
      expect(state['down.2.conv.weight'].std().item()).toBeCloseTo(0.02, 3);
      expect(state['up.0.conv.weight'].std().item()).toBeCloseTo(0.02, 3);
      expect(state['up.0.norm.weight'].mean().item()).toBeCloseTo(1, 1);
      expect(state['up.2.conv.bias'].abs().max().item()).toBe(0);
    });
    network.dispose();
  });
});

describe('translators and discriminators of patches', () => {
  testModels('models/translators', models);
});

import * as models from '../../src/models';
import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { failure, usage } from '../support/failure';

const shape = (height: number, width = height, channels = 3) => ({ channels, height, width });

describe('patchDiscriminator', () => {
  test.each([
    [
      { images: shape(23, 64) },
      'expects images of at least 24 × 24 pixels for patches of 70 but received 23 × 64: choose a smaller receptiveField',
    ],
    [{ images: shape(64), width: 0 }, 'expects width to be a positive integer but received 0'],
    [{ images: shape(64, 64, 0) }, 'expects images.channels to be a positive integer but received 0'],
    [
      { images: shape(64), condition: { channels: 1.5 } },
      'expects condition.channels to be a positive integer but received 1.5',
    ],
  ])('refuses bad options (%#)', (options, message) => {
    expect(() => models.patchDiscriminator(options)).toThrow(usage(`patchDiscriminator ${message}`));
  });

  test.each([
    [{ receptiveField: 71 }, 'receptiveField to be one of 1, 16, 34, 70, 142, 286 but received 71'],
    [{ norm: 'layer' }, "norm to be one of 'batch', 'instance', 'none' but received 'layer'"],
  ])('refuses unknown choices (%#)', (choice, message) => {
    const options = { images: shape(64), ...choice };
    expect(() => Reflect.apply(models.patchDiscriminator, undefined, [options])).toThrow(usage(message));
  });

  test('refuses images that are too small, and a condition that is missing or one too many', () => {
    const images = shape(24);
    const alone = models.patchDiscriminator({ images, width: 1 });
    const conditional = models.patchDiscriminator({ images, condition: { channels: 1 }, width: 1 });
    scope(() => {
      const [small, right, condition] = [randn([1, 3, 24, 20]), randn([1, 3, 24, 24]), randn([1, 1, 24, 24])];
      expect(() => alone.forward(small)).toThrow(
        failure(
          'ERR_SHAPE',
          'expected images [N, 3, H, W] of at least 24 × 24 pixels but received [1, 3, 24, 20]',
        ),
      );
      expect(() => alone.forward(condition)).toThrow(failure('ERR_SHAPE', 'received [1, 1, 24, 24]'));
      expect(() => alone.forward(right, condition)).toThrow(usage('expects images alone'));
      expect(() => conditional.forward(right)).toThrow(
        usage('expects the images that these were made from beside them but received none'),
      );
    });
    for (const network of [alone, conditional]) network.dispose();
  });

  test.each([1, 16, 34, 70, 142, 286] as const)(
    'judges patches of %p pixels, down to the least size',
    (receptiveField) => {
      const least = models.leastPatchedSize(receptiveField);
      const images = shape(least, 2 * least);
      const network = models.patchDiscriminator({ images, width: 1, receptiveField, norm: 'none' });
      scope(() => {
        const [, , height, width] = network.forward(randn([2, 3, least, 2 * least])).shape;
        expect([height, width]).toEqual([1, receptiveField === 1 ? 2 : 4]);
      });
      network.dispose();
    },
  );

  test.each([1, 16, 34, 70, 142] as const)(
    'a logit depends on %p pixels along each side',
    (receptiveField) => {
      const size = receptiveField + 64;
      const options = { images: shape(size, size, 1), width: 1, receptiveField } as const;
      const network = models.patchDiscriminator({ ...options, norm: 'none' }).to({ dtype: 'float64' });
      scope(() => {
        const input = randn([1, 1, size, size], { dtype: 'float64', requiresGrad: true });
        const logits = network.forward(input);
        const middle = Math.floor(logits.shape[2] / 2);
        const [gradient] = grad([logits.select(2, middle).select(2, middle).sum()], [input]);
        for (const side of [2, 3])
          expect(gradient.ne(0).to({ dtype: 'float64' }).amax([0, 1, side]).sum().item()).toBe(
            receptiveField,
          );
      });
      network.dispose();
    },
  );

  test('sees the condition’s channels before the images’', () => {
    const images = shape(24);
    const conditional = models.patchDiscriminator({ images, condition: { channels: 2 }, width: 2 });
    const joint = models.patchDiscriminator({ images: shape(24, 24, 5), width: 2 });
    scope(() => {
      joint.loadStateDict(conditional.stateDict());
      const [fake, condition] = [randn([2, 3, 24, 24]), randn([2, 2, 24, 24])];
      const expected = joint.forward(cat([condition, fake], 1));
      expect(conditional.forward(fake, condition).equal(expected)).toBe(true);
    });
    for (const network of [conditional, joint]) network.dispose();
  });

  test('spectral norm takes every convolution, whose vectors fit the weights that they start from', () => {
    const network = models.patchDiscriminator({
      images: shape(24),
      width: 8,
      spectralNorm: true,
      norm: 'none',
    });
    scope(() => {
      const state = network.stateDict();
      const weights = Object.keys(state).filter((name) => name.endsWith('weight.original'));
      expect(weights).toEqual([0, 2, 4, 6, 8].map((i) => `model.${i}.parametrizations.weight.original`));
      for (const name of weights) {
        const [u, v] = ['_u', '_v'].map((vector) => state[name.replace('original', `0.${vector}`)]);
        const matrix = state[name].flatten({ startDim: 1 });
        const sigma = u.unsqueeze(0).matmul(matrix).matmul(v.unsqueeze(1)).item();
        expect(sigma / matrix.norm().item()).toBeGreaterThan(0.9 / Math.sqrt(Math.min(...matrix.shape)));
        expect(state[name].std().item()).toBeGreaterThan(0.015);
        expect(state[name].std().item()).toBeLessThan(0.025);
      }
    });
    network.dispose();
  });

  test('with batch norm has biases at the ends only', () => {
    const network = models.patchDiscriminator({ images: shape(24), width: 1, norm: 'batch' });
    scope(() => {
      const names = Object.keys(network.stateDict()).filter((name) => /model\.(0|2|5|8|11)\.bias/.test(name));
      expect(names).toEqual(['model.0.bias', 'model.11.bias']);
    });
    network.dispose();
  });
});

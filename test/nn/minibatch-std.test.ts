import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('minibatchStd', () => {
  test.each([
    [{ groupSize: 0 }, 'groupSize to be a positive integer but received 0 (number)'],
    [{ numFeatures: -1 }, 'numFeatures to be a positive integer but received -1 (number)'],
  ])('refuses %p', (options, message) => {
    expect(() => nn.minibatchStd(options)).toThrow(usage(`minibatchStd expects ${message}`));
  });

  test('refuses channels that its features cannot share', () =>
    scope(() => {
      expect(() => nn.minibatchStd({ numFeatures: 2 }).forward(randn([4, 3, 2, 2]))).toThrow(
        usage('minibatchStd expects channels to be divisible by its 2 groups but received 3 (number)'),
      );
    }));

  test('is the same for all images of a group, and differs between groups', () =>
    scope(() => {
      const output = nn.minibatchStd({ groupSize: 2 }).forward(randn([4, 3, 2, 2]));
      const [a, b, c, d] = output.select(1, 3).unbind();
      expect([a.equal(c), b.equal(d), a.equal(b)]).toEqual([true, true, false]);
    }));

  testLayers('nn/minibatch_std');
});

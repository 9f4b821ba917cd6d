import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

describe('selfAttention2d', () => {
  test('refuses channels that are not a positive integer', () => {
    expect(() => nn.selfAttention2d(0)).toThrow(
      usage('selfAttention2d expects channels to be a positive integer but received 0 (number)'),
    );
  });

  test('starts as the identity', () => {
    const layer = nn.selfAttention2d(16);
    scope(() => {
      const input = randn([2, 16, 4, 6]);
      expect(layer.forward(input).equal(input)).toBe(true);
    });
    layer.dispose();
  });

  testLayers('nn/self_attention');
});

import * as nn from '../../src/nn';
import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

describe('sequential', () => {
  test('refuses what is no module, naming its position', () => {
    const layers: never[] = JSON.parse('[{}]');
    expect(() => nn.sequential(nn.relu(), ...layers)).toThrow(
      usage('sequential expects layer 1 to be a module but received [object Object] (object)'),
    );
  });

  test('applies its layers in order', () =>
    scope(() => {
      const net = nn.sequential(nn.relu(), nn.flatten({ startDim: 0 }), nn.elu());
      expect(
        net
          .forward(
            tensor([
              [-1, 2],
              [3, -4],
            ]),
          )
          .toArray(),
      ).toEqual([0, 2, 3, 0]);
    }));

  test('without layers is the identity', () =>
    scope(() => {
      const input = tensor([1, 2]);
      expect(nn.sequential().forward(input)).toBe(input);
    }));

  test('names its children by position', () => {
    const net = nn.sequential(nn.linear(2, 3), nn.tanh(), nn.sequential(nn.linear(3, 1, { bias: false })));
    expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight', '0.bias', '2.0.weight']);
    expect(net.namedModules().map(([path]) => path)).toEqual(['', '0', '1', '2', '2.0']);
    net.dispose();
  });
});

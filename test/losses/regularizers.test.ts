import { clipWeights, historicalAverage, lazily } from '../../src/losses';
import * as nn from '../../src/nn';
import { grad, noGrad } from '../../src/tensor/autograd';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

describe('clipped weights', () => {
  test('are parameters within the limit, and no batch statistics', () => {
    const critic = nn.sequential(nn.conv2d(1, 4, { kernelSize: 3 }), nn.batchNorm2d(4));
    try {
      scope(() => {
        clipWeights(critic);
        const largest = critic.parameters().map((parameter) => parameter.abs().max().item());
        expect(Math.max(...largest)).toBe(Math.fround(0.01));
        expect(critic.stateDict()['1.running_var'].toArray()).toEqual([1, 1, 1, 1]);
        expect(() => clipWeights(critic, -1)).toThrow(usage('limit'));
      });
    } finally {
      critic.dispose();
    }
  });
});

describe('lazy regularisation', () => {
  test('every k-th step is k times as heavy, in an optimizer slowed down by k / (k + 1)', () => {
    const lazy = lazily(4);
    expect([lazy.every, lazy.weight]).toEqual([4, 4]);
    expect(lazy.adam({ lr: 2e-3, betas: [0, 0.99], eps: 1e-6 })).toEqual({
      lr: 2e-3 * 0.8,
      betas: [0, 0.99 ** 0.8],
      eps: 1e-6,
    });
    expect(lazy.adam({})).toEqual({ lr: 1e-3 * 0.8, betas: [0.9 ** 0.8, 0.999 ** 0.8] });
    expect(() => lazily(0)).toThrow(usage('lazily expects every to be a positive integer'));
  });
});

describe('historical averaging', () => {
  test('is the squared distance from the mean of all parameters so far, with its gradient', () => {
    const network = nn.linear(1, 1, { bias: false });
    const history = historicalAverage(network);
    const [weight] = network.parameters();
    try {
      scope(() => {
        const values = [1, 4, 1].map((value) => {
          noGrad(() => weight.fill_(value));
          const penalty = history.penalty();
          const [gradient] = grad([penalty], [weight]);
          return [penalty.item(), gradient.item()];
        });
        // means 1, 2.5, 2
        expect(values).toEqual([
          [0, 0],
          [2.25, 3],
          [1, -2],
        ]);
      });
    } finally {
      network.dispose();
      history.dispose();
    }
  });
});

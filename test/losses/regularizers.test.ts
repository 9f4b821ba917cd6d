import { clipWeights, historicalAverage, lazily, orthogonality } from '../../src/losses';
import * as nn from '../../src/nn';
import { grad, noGrad } from '../../src/tensor/autograd';
import { tensor } from '../../src/tensor/create';
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

describe('orthogonal regularisation', () => {
  test('is refused a network without weights', () => {
    const network = nn.sequential(nn.relu(), nn.batchNorm2d(2));
    expect(() => orthogonality(network)).toThrow(
      usage('orthogonality expected a network of layers with weights but this one has none'),
    );
    network.dispose();
  });

  test('is what the products of filters have off their diagonal, with its gradient', () => {
    const network = nn.linear(2, 2);
    try {
      scope(() => {
        network.loadStateDict({
          weight: tensor([
            [1, 2],
            [3, 4],
          ]),
          bias: tensor([5, 6]),
        });
        const [weight, bias] = network.parameters();
        const penalty = orthogonality(network);
        // WWᵀ has 11 beside its diagonal, twice.
        expect(penalty.item()).toBe(242);
        const [slope, ofBias] = grad([penalty], [weight, bias], { allowUnused: true });
        expect(slope?.toArray()).toEqual([
          [132, 176],
          [44, 88],
        ]);
        expect(ofBias).toBeNull();
        network.loadStateDict({
          weight: tensor([
            [0, 3],
            [-7, 0],
          ]),
          bias: tensor([5, 6]),
        });
        expect(orthogonality(network).item()).toBe(0);
      });
    } finally {
      network.dispose();
    }
  });

  test('adds up over layers, those with spectral norm by the weight before it, and leaves embeddings out', () => {
    const filters = {
      weight: tensor([
        [[[1]], [[2]]],
        [[[3]], [[4]]],
      ]),
    };
    const conv = nn.conv2d(2, 2, { kernelSize: 1, bias: false });
    const transposed = nn.convTranspose2d(2, 2, { kernelSize: 1, bias: false });
    const network = nn.sequential(nn.embedding(3, 2), nn.spectralNorm(conv), transposed);
    try {
      scope(() => {
        conv.loadStateDict(filters);
        transposed.loadStateDict(filters);
        // The outputs of the transposed one are in its columns: 1 · 2 + 3 · 4 = 14.
        expect(orthogonality(network).item()).toBe(2 * 11 ** 2 + 2 * 14 ** 2);
      });
    } finally {
      network.dispose();
      filters.weight.dispose();
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
    const { betaSchedule } = lazy.adam({ betaSchedule: (step) => [0, step === 0 ? 0.9 : 0.99] });
    expect([0, 1].map((step) => betaSchedule?.(step))).toEqual([
      [0, 0.9 ** 0.8],
      [0, 0.99 ** 0.8],
    ]);
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

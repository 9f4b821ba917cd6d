import { clipWeights, historicalAverage, lazily, total, weighted } from '../../src/losses';
import * as nn from '../../src/nn';
import { adam } from '../../src/optim/adam';
import { grad, noGrad } from '../../src/tensor/autograd';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { Trainer } from '../../src/training/trainer';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks } from '../support/tiny-trainer';
import { filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

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
  const folder = temporaryFolder();

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

  test('among the networks is trained by nobody, saved, and goes on bit for bit', async () => {
    const model = () => {
      manualSeed(11);
      const networks = tinyNetworks();
      return { ...networks, history: historicalAverage(networks.discriminator) };
    };
    const train = async (out: string, steps: number, resume = false): Promise<void> => {
      const trainer = new Trainer({
        networks: model(),
        latent: { size: 4 },
        device: testDevice,
        phases: [
          {
            name: 'D',
            trains: 'discriminator',
            optimizer: adam({ lr: 1e-2 }),
            loss: ({ real, networks: { discriminator: D, history } }) =>
              total(D.forward(real).mean(), weighted(10, history.penalty())),
          },
        ],
      });
      const loader = tinyLoader();
      try {
        await reportsOf(trainer.fit(loader, { steps, logEvery: 2, checkpointEvery: 2, out, resume }));
      } finally {
        loader.dispose();
        trainer.dispose();
      }
    };
    const [whole, halves] = ['whole', 'halves'].map((name) => `${folder.path}/${name}`);
    await train(whole, 4);
    await train(halves, 2);
    await train(halves, 4, true);
    const last = (out: string) => filesOf(`${out}/checkpoints/step-000004`);
    expect(Object.keys(last(whole))).toContain('history.safetensors');
    expect(last(halves)['history.safetensors']).toBe(last(whole)['history.safetensors']);
    expect(last(halves)['discriminator.safetensors']).toBe(last(whole)['discriminator.safetensors']);
  });
});

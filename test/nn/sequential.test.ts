import { native } from '../../src/native/addon';
import { listening } from '../../src/native/listen';
import * as nn from '../../src/nn';
import { grad } from '../../src/tensor/autograd';
import { randn, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure, usage } from '../support/failure';

describe('sequential', () => {
  test('refuses what is no module, naming its position', () => {
    const layers: never[] = JSON.parse('[{}]');
    expect(() => nn.sequential(nn.relu(), ...layers)).toThrow(
      usage('sequential expects layer 1 to be a module but received an object'),
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

describe('a dense layer and the ReLU after it', () => {
  /** What a pass calls that computes. */
  const calls = (network: nn.Module, rows: Tensor): string[] => {
    const names: string[] = [];
    listening(
      ({ name }) => names.push(name),
      () => network.forward(rows),
    ).release();
    return names;
  };

  test('run at once, and are the two one after the other', () => {
    scope(() => {
      const network = nn.sequential(nn.linear(64, 96), nn.relu(), nn.linear(96, 16));
      const [first, relu, second] = network.layers;
      const rows = randn([32, 64]);
      const separate = second.forward(relu.forward(first.forward(rows)));
      const together = jest.spyOn(first as nn.Linear, 'forwardRelu');
      expect(network.forward(rows).equal(separate)).toBe(true);
      expect(together).toHaveBeenCalledTimes(1);
      network.dispose();
    });
  });

  test('run one after the other where somebody put a forward pass on either', () => {
    scope(() => {
      for (const at of [0, 1]) {
        const network = nn.sequential(nn.linear(64, 96), nn.relu());
        const layer = network.layers[at];
        const own = jest.spyOn(layer, 'forward');
        network.forward(randn([32, 64]));
        expect(own).toHaveBeenCalledTimes(1);
        network.dispose();
      }
    });
  });

  test('are operators of LibTorch where somebody listens', () => {
    scope(() => {
      const network = nn.sequential(nn.linear(64, 96), nn.relu());
      expect(calls(network, randn([32, 64]))).toEqual(['linear', 'relu']);
      network.dispose();
    });
  });

  test('name the dense layer where its input does not fit', () => {
    const network = nn.sequential(nn.flatten(), nn.linear(64, 96), nn.relu());
    scope(() => expect(() => network.forward(randn([32, 65]))).toThrow(failure('ERR_TORCH', '1 (Linear)')));
    network.dispose();
  });
});

describe('a batch norm and the ReLU after it', () => {
  test.each([
    ['relu', () => nn.relu()],
    ['leakyRelu', () => nn.leakyRelu(0.2)],
  ])('run at once, and leave what they leave one by one: %s', (_, activation) => {
    scope(() => {
      const network = nn.sequential(nn.batchNorm2d(32), activation());
      const copy = network.clone();
      const [norm, act] = copy.layers;
      const images = randn([16, 32, 4, 4]).contiguous('channels_last');
      const separate = act.forward(norm.forward(images));
      expect(network.forward(images).allclose(separate, { rtol: 1e-4, atol: 1e-5 })).toBe(true);
      const moved = network.layers[0].stateDict();
      for (const [name, tensor] of Object.entries(norm.stateDict()))
        expect(
          moved[name]
            .to({ dtype: 'float32' })
            .allclose(tensor.to({ dtype: 'float32' }), { rtol: 1e-4, atol: 1e-6 }),
        ).toBe(true);
      network.dispose();
      copy.dispose();
    });
  });

  test.each(['contiguous', 'channels_last'] as const)(
    'so do an instance norm and the ReLU after it, of images that are %s',
    (layout) => {
      scope(() => {
        const network = nn.sequential(nn.instanceNorm2d(32), nn.leakyRelu(0.2));
        const images = randn([3, 32, 4, 5]).contiguous(layout);
        const separate = images.sub(images.mean([2, 3], { keepdim: true }));
        const deviation = separate.square().mean([2, 3], { keepdim: true }).add(1e-5).sqrt();
        const expected = nn.leakyRelu(0.2).forward(separate.div(deviation));
        expect(network.forward(images).allclose(expected, { rtol: 1e-4, atol: 1e-5 })).toBe(true);
        network.dispose();
      });
    },
  );

  test('an instance norm with running statistics moves them beside its ReLU, too', () => {
    scope(() => {
      const network = nn.sequential(nn.instanceNorm2d(32, { trackRunningStats: true }), nn.relu());
      const [norm] = network.layers as nn.InstanceNorm2d[];
      const output = network.forward(randn([3, 32, 4, 5]).add(2));
      expect(output.min().item()).toBe(0);
      expect(norm.runningMean?.mean().item()).toBeCloseTo(0.2, 1);
      network.dispose();
    });
  });

  test('name the batch norm where its input does not fit', () => {
    const network = nn.sequential(nn.relu(), nn.batchNorm2d(32), nn.relu());
    scope(() => {
      expect(() => network.forward(randn([2, 31, 4, 4]))).toThrow(failure('ERR_TORCH', '1 (BatchNorm2d)'));
      expect(() => network.forward(randn([2, 32]))).toThrow(failure('ERR_SHAPE', '1 (BatchNorm2d)'));
    });
    network.dispose();
  });
});

describe('what is between a weighted layer and an activation', () => {
  const alive = (network: nn.Sequential) =>
    scope(() => {
      const input = randn([2, 4], { requiresGrad: true });
      const before = native().liveTensors()[0];
      const output = network.forward(input);
      const count = native().liveTensors()[0] - before;
      const [slope] = grad([output.sum()], [input]);
      expect(slope.abs().sum().item()).toBeGreaterThan(0);
      network.dispose();
      return count;
    });

  test.each([nn.relu, nn.leakyRelu, nn.tanh, nn.sigmoid])(
    'goes once the activation has it: %p',
    (activation) => {
      expect(alive(nn.sequential(nn.linear(4, 64), activation()))).toBe(1);
    },
  );

  test('stays where a layer is of a class that nobody knows, or its gradient needs it', () => {
    class Mine extends nn.Linear {}
    expect(alive(nn.sequential(new Mine(4, 64), nn.relu()))).toBe(2);
    expect(alive(nn.sequential(nn.linear(4, 64), nn.silu()))).toBe(2);
  });
});

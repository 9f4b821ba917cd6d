import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

/** The networks that test/fixtures/nn/virtual_batch_norm.py names. */
const NETWORKS: Readonly<Record<string, () => nn.Module>> = {
  convolutions: () =>
    nn.withReference(
      nn.sequential(
        nn.conv2d(2, 3, { kernelSize: 2, bias: false }),
        nn.virtualBatchNorm(3),
        nn.tanh(),
        nn.conv2d(3, 2, { kernelSize: 2, bias: false }),
        nn.virtualBatchNorm(2),
      ),
      randn([4, 2, 4, 4]),
    ),
  'linear layers': () =>
    nn.withReference(
      nn.sequential(nn.linear(3, 4, { bias: false }), nn.virtualBatchNorm(4), nn.tanh(), nn.linear(4, 2)),
      randn([4, 3]),
    ),
};

describe('virtualBatchNorm', () => {
  test('refuses options out of range, and to work without a reference batch', () => {
    expect(() => nn.virtualBatchNorm(0)).toThrow(
      usage('virtualBatchNorm expects numFeatures to be a positive integer but received 0 (number)'),
    );
    expect(() => nn.virtualBatchNorm(2, { eps: -1 })).toThrow(
      usage('virtualBatchNorm expects eps to be a number of at least 0 but received -1 (number)'),
    );
    const layer = nn.virtualBatchNorm(2);
    scope(() => {
      expect(() => layer.forward(randn([3, 2]))).toThrow(
        usage('virtualBatchNorm expects a reference batch but there is none: withReference(network, batch)'),
      );
    });
    layer.dispose();
  });

  test('withReference refuses a network without such layers, and a batch of one', () => {
    const network = nn.sequential(nn.virtualBatchNorm(2));
    scope(() => {
      expect(() => nn.withReference(nn.relu(), randn([3, 2]))).toThrow(
        usage('withReference expects a network with virtualBatchNorm layers but received'),
      );
      expect(() => nn.withReference(network, randn([1, 2]))).toThrow(
        usage('withReference expects a reference batch of at least 2 but received 1 (number)'),
      );
    });
    network.dispose();
  });

  test('gives an image the same whatever else its batch holds', () => {
    manualSeed(4);
    const module = scope(() => NETWORKS.convolutions());
    scope(() => {
      const [one, others] = [randn([1, 2, 4, 4]), randn([3, 2, 4, 4]).mul(9)];
      const alone = module.forward(one);
      const among = module.forward(cat([one, others])).narrow(0, { start: 0, length: 1 });
      expectClose(among, alone);
    });
    module.dispose();
  });

  test('saves its reference batch', () => {
    const module = scope(() => NETWORKS['linear layers']());
    scope(() => expect(Object.keys(module.stateDict())).toContain('reference'));
    module.dispose();
  });

  testLayers('nn/virtual_batch_norm', { withReference: (name: string) => scope(() => NETWORKS[name]()) });
});

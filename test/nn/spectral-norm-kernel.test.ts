import * as nn from '../../src/nn';
import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { setThreads } from '../../src/tensor/device';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';

type Layer = nn.SpectralNorm<nn.Conv2d>;

/** A layer whose weight is too large for one thread and for whole vectors, in either memory format. */
function withLayer(memoryFormat: 'contiguous' | 'channels_last', body: (layer: Layer) => void): void {
  manualSeed(9);
  const layer = nn.spectralNorm(nn.conv2d(41, 130, { kernelSize: 3 }), { iterations: 2 });
  if (memoryFormat === 'channels_last') layer.to({ memoryFormat });
  try {
    scope(() => body(layer));
  } finally {
    layer.dispose();
  }
}

/** The normalised weight, its gradient, that of a sum of the gradient's squares, and the vectors. */
function everything(layer: Layer): Tensor[] {
  const { weight } = layer.layer;
  manualSeed(4);
  const slope = randn([...weight.shape]).to({ dtype: weight.dtype });
  const normalised = layer.normalised();
  const gradOutputs = [slope];
  const [plain] = grad([normalised], [weight], { gradOutputs, retainGraph: true });
  const [again] = grad([normalised], [weight], { gradOutputs, createGraph: true });
  return [normalised, plain, again, ...grad([again.square().sum()], [weight]), layer.u, layer.v];
}

describe.each(['contiguous', 'channels_last'] as const)('the kernel of spectral norm, %s', (memoryFormat) => {
  test('gives what operators in float64 give, with gradients of two orders', () => {
    withLayer(memoryFormat, (layer) => {
      const exact = layer.clone().to({ dtype: 'float64' });
      const [ours, expected] = [layer, exact].map(everything);
      for (const [i, value] of ours.entries())
        expectClose(value, expected[i], { relative: 2e-5, label: `${i}` });
      expect(ours[1].isContiguous(memoryFormat)).toBe(true);
      exact.dispose();
    });
  });

  test('gives the same bits on one thread, two and three', () => {
    try {
      withLayer(memoryFormat, (layer) => {
        const [one, ...others] = [1, 2, 3].map((threads) => {
          setThreads(threads);
          const copy = layer.clone();
          const found = everything(copy).map((tensor) => tensor.clone());
          copy.dispose();
          return found;
        });
        // LibTorch's operators, which the gradient of the gradient is made of, do not promise it.
        for (const other of others) for (const i of [0, 1, 4, 5]) expect(other[i].equal(one[i])).toBe(true);
      });
    } finally {
      setThreads(1);
    }
  });
});

// Batch norm over the batch of several processes, with groups whose other member has the same batch. Ranks of MPI do it in test/parallel.
import * as nn from '../../src/nn';
import { alone, type ProcessGroup } from '../../src/parallel/group';
import { sharingStatistics } from '../../src/parallel/shared-statistics';
import { randn, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';

/** Two processes with the same batch: a sum is twice what this one has. */
function twins(calls: string[] = []): ProcessGroup {
  const sum = (own: Tensor) => {
    calls.push(own.dtype);
    return own.mul(2);
  };
  return { ...alone, size: 2, engine: 'mpi', sum };
}

function synced<T>(group: ProcessGroup, body: () => T): T {
  return sharingStatistics(group, body, { batchNorm: true });
}

/** A layer that has seen a batch by itself, and one that has seen it beside another process with the same. */
function both(input: Tensor, make: () => nn.Module): { own: Tensor; shared: Tensor; layers: nn.Module[] } {
  const layers = [make(), make()];
  const own = layers[0].forward(input);
  return { own, shared: synced(twins(), () => layers[1].forward(input)), layers };
}

function dispose(layers: readonly nn.Module[]): void {
  for (const layer of layers) layer.dispose();
}

test.each<[string, readonly number[], () => nn.Module]>([
  ['images', [4, 16, 3, 5], () => nn.batchNorm2d(16)],
  ['images before a leaky ReLU', [4, 16, 3, 5], () => nn.sequential(nn.batchNorm2d(16), nn.leakyRelu(0.2))],
  ['images before a ReLU', [4, 16, 3, 5], () => nn.sequential(nn.batchNorm2d(16), nn.relu())],
  ['vectors without scale', [6, 3], () => nn.batchNorm1d(3, { affine: false })],
  ['sequences without running statistics', [2, 3, 4], () => nn.batchNorm1d(3, { trackRunningStats: false })],
])('%s are normalised by the batch of all, which here is like the own', (_, shape, make) => {
  scope(() => {
    manualSeed(3);
    const { own, shared, layers } = both(randn(shape).mul(3).add(2), make);
    expectClose(shared, own, { relative: 1e-5, absolute: 1e-5 });
    dispose(layers);
  });
});

test('running statistics are those of all images, their variance unbiased by the number of all', () => {
  scope(() => {
    manualSeed(4);
    const { layers } = both(randn([3, 2]).add(100), () => nn.batchNorm1d(2, { momentum: 1 }));
    const [[ownMean, ownVar], [mean, variance]] = layers.map((layer) => layer.buffers());
    expectClose(mean, ownMean, { relative: 1e-6 });
    // n / (n − 1) of 3 and of 6.
    expectClose(variance, ownVar.mul(2 / 3).mul(6 / 5), { relative: 1e-4 });
    dispose(layers);
  });
});

test('a share of one value a channel has the statistics of all', () => {
  const layer = nn.batchNorm1d(2);
  scope(() => {
    expect(synced(twins(), () => layer.forward(zeros([1, 2]))).toArray()).toEqual([[0, 0]]);
    expect(() => layer.forward(zeros([1, 2]))).toThrow('more than one value per channel');
  });
  layer.dispose();
});

test('bfloat16 has statistics in more, and stays bfloat16', () => {
  const layer = nn.batchNorm2d(2);
  scope(() => {
    const input = randn([4, 2, 3, 3]).to({ dtype: 'bfloat16' });
    const calls: string[] = [];
    const output = synced(twins(calls), () => layer.forward(input));
    expect([output.dtype, calls]).toEqual(['bfloat16', ['float64']]);
    expect(layer.runningMean?.dtype).toBe('float32');
    const exact = nn.batchNorm2d(2);
    expectClose(output.float(), exact.forward(input.float()), { relative: 1e-2, absolute: 1e-2 });
    exact.dispose();
  });
  layer.dispose();
});

test('nothing is asked of others at rest, outside a step, or where shares normalise by themselves', () => {
  const layer = nn.batchNorm2d(2);
  scope(() => {
    const calls: string[] = [];
    const input = randn([2, 2, 3, 3]);
    layer.forward(input);
    sharingStatistics(twins(calls), () => layer.forward(input));
    synced(alone, () => layer.forward(input));
    layer.eval();
    synced(twins(calls), () => layer.forward(input));
    expect(calls).toEqual([]);
    layer.train().freeze();
    const before = layer.runningMean?.clone();
    synced(twins(calls), () => layer.forward(input));
    expect(calls).toEqual(['float64']);
    expect(before && layer.runningMean?.equal(before)).toBe(true);
  });
  layer.unfreeze().dispose();
});

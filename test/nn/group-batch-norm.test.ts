// When batch norms normalise by the batch of several processes; what that gives is in test/parallel/group.test.ts.
import * as nn from '../../src/nn';
import { alone, type ProcessGroup } from '../../src/parallel/group';
import { sharingStatistics } from '../../src/parallel/shared-statistics';
import { randn, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';

/** Two processes whose batch norm notes what it is asked for, and gives the input less one. */
function listening(calls: unknown[]): ProcessGroup {
  return {
    ...alone,
    size: 2,
    engine: 'mpi',
    batchNorm(input, { runningMean, momentum }) {
      calls.push([Boolean(runningMean), momentum]);
      return input.sub(1);
    },
  };
}

test('in a step whose batch norms are of all, they are asked, in training alone', () => {
  const layer = nn.batchNorm2d(2);
  scope(() => {
    const calls: unknown[] = [];
    const group = listening(calls);
    const input = randn([2, 2, 3, 3]);
    const forward = () => layer.forward(input);
    forward();
    sharingStatistics(group, forward);
    sharingStatistics(alone, forward, { batchNorm: true });
    layer.eval();
    sharingStatistics(group, forward, { batchNorm: true });
    expect(calls).toEqual([]);
    layer.train();
    expect(sharingStatistics(group, forward, { batchNorm: true }).equal(input.sub(1))).toBe(true);
    layer.freeze();
    sharingStatistics(group, forward, { batchNorm: true });
    expect(calls).toEqual([
      [true, 0.1],
      [false, 0],
    ]);
    expect(layer.numBatchesTracked?.item()).toBe(4);
  });
  layer.unfreeze().dispose();
});

test.each([0, 0.2])('a leaky ReLU of slope %p comes after it', (slope) => {
  const layers = nn.sequential(nn.batchNorm1d(2), slope === 0 ? nn.relu() : nn.leakyRelu(slope));
  scope(() => {
    const forward = () => layers.forward(zeros([3, 2]));
    const output = sharingStatistics(listening([]), forward, { batchNorm: true });
    expect(output.toArray()).toEqual(Array(3).fill([expect.closeTo(-slope), expect.closeTo(-slope)]));
  });
  layers.dispose();
});

test('a share of one value a channel is enough', () => {
  const layer = nn.batchNorm1d(2);
  scope(() => {
    const forward = () => layer.forward(zeros([1, 2]));
    expect(forward).toThrow('more than one value per channel');
    expect(sharingStatistics(listening([]), forward, { batchNorm: true }).shape).toEqual([1, 2]);
  });
  layer.dispose();
});

import { batchNorm1d } from '../../src/nn/batch-norm';
import { conditionalBatchNorm2d } from '../../src/nn/conditional-batch-norm';
import { dropout } from '../../src/nn/dropout';
import { linear } from '../../src/nn/linear';
import { Module } from '../../src/nn/module';
import { sequential } from '../../src/nn/sequential';
import { spectralNorm } from '../../src/nn/spectral-norm';
import { standingStatistics } from '../../src/nn/standing-statistics';
import { randint, randn } from '../../src/tensor/create';
import { Generator, getRngState, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';

const BATCHES = 5;

/** Draws the same batches each time it is made. */
function inputs(shape: readonly number[]): (index: number) => Tensor {
  return (index) => {
    const generator = new Generator({ device: 'cpu', seed: index });
    const drawn = randn([...shape], { generator });
    generator.dispose();
    return drawn;
  };
}

test('bad options, and a network that is frozen', () => {
  const network = sequential(linear(3, 4), batchNorm1d(4));
  const input = inputs([8, 3]);
  for (const batches of [0, -1, 1.5])
    expect(() => standingStatistics(network, { batches, input })).toThrow(
      usage('standingStatistics expects batches to be a positive integer'),
    );
  network.freeze();
  expect(() => standingStatistics(network, { batches: 1, input })).toThrow(usage('it is frozen: unfreeze'));
  network.dispose();
});

test('are the mean over batches of what a batch norm sees at rest, also behind another one', () => {
  manualSeed(3);
  const [first, second] = [batchNorm1d(4), batchNorm1d(5)];
  const [dense, next] = [linear(3, 4), spectralNorm(linear(4, 5))];
  const network = sequential(dense, first, dropout(0.5), next, second);
  const input = inputs([8, 3]);
  scope(() => {
    // Statistics of something else, as a training leaves them behind.
    for (let i = 0; i < 3; i++) network.forward(randn([8, 3]).mul(7).add(2));
    const before = Object.entries(network.stateDict())
      .filter(([name]) => !/running|tracked/.test(name))
      .map(([, value]) => value.toArray());
    const random = getRngState();
    expect(standingStatistics(network, { batches: BATCHES, input })).toBe(2);
    expect(getRngState()).toEqual(random);
    const after = Object.entries(network.stateDict())
      .filter(([name]) => !/running|tracked/.test(name))
      .map(([, value]) => value.toArray());
    // Weights, and the vectors of spectral norm.
    expect(after).toEqual(before);
    expect([first.momentum, second.momentum, network.training, first.training]).toEqual([
      0.1,
      0.1,
      true,
      true,
    ]);

    const seen = Array.from({ length: BATCHES }, (_, i) => dense.forward(input(i)));
    const behind = seen.map((values) => {
      const variance = values.var(0, { correction: 0 });
      const normal = values.sub(values.mean(0)).div(variance.add(1e-5).sqrt());
      return next.layer.forwardWith(normal, { weight: next.normalised() });
    });
    for (const [norm, values] of [
      [first, seen],
      [second, behind],
    ] as const) {
      const mean = stack(values.map((batch) => batch.mean(0))).mean(0);
      const variance = stack(values.map((batch) => batch.var(0))).mean(0);
      for (const [found, expected] of [
        [norm.runningMean, mean],
        [norm.runningVar, variance],
      ] as const)
        expect(found?.sub(expected).abs().max().item()).toBeLessThan(1e-5);
      expect(norm.numBatchesTracked?.item()).toBe(BATCHES);
    }
  });
  network.dispose();
});

test('of a conditional batch norm are those of its norm, and modes of parts stay theirs', () => {
  class Conditional extends Module {
    readonly norm = conditionalBatchNorm2d(2, 3);
    readonly drop = dropout(0.5);

    override forward(images: Tensor, labels: Tensor): Tensor {
      return this.drop.forward(this.norm.forward(images, labels));
    }
  }
  const network = new Conditional();
  network.drop.eval();
  const images = inputs([4, 2, 3, 3]);
  scope(() => {
    const input = (index: number) => [images(index), randint({ high: 3, shape: [4] })];
    const random = getRngState();
    standingStatistics(network, { batches: BATCHES, input });
    expect(getRngState()).toEqual(random);
    expect([network.training, network.norm.training, network.drop.training]).toEqual([true, true, false]);
    const mean = stack(Array.from({ length: BATCHES }, (_, i) => images(i).mean([0, 2, 3]))).mean(0);
    const { running_mean: found } = Object.fromEntries(
      network.namedBuffers().map(([name, value]) => [name.split('.').at(-1), value]),
    );
    expect(found.sub(mean).abs().max().item()).toBeLessThan(1e-5);
  });
  network.dispose();
});

test('of a network without batch norm there are none', () => {
  const network = sequential(linear(3, 4), batchNorm1d(4, { trackRunningStats: false }));
  expect(standingStatistics(network, { batches: 2, input: inputs([8, 3]) })).toBe(0);
  network.dispose();
});

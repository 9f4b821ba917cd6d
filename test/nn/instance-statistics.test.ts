import * as nn from '../../src/nn';
import { WholeImageStatistics } from '../../src/nn/instance-statistics';
import { noGrad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';

/** Convolutions of 1 × 1 look at no neighbour: the halves of an image need no margin. */
function network() {
  return nn.sequential(
    nn.conv2d(3, 8, { kernelSize: 1 }),
    nn.instanceNorm2d(8, { affine: true }),
    nn.relu(),
    nn.conv2d(8, 5, { kernelSize: 1 }),
    nn.instanceNorm2d(5),
    nn.instanceNorm2d(5, { trackRunningStats: true }),
  );
}

/** Two halves of different brightness and contrast. */
function halves(): Tensor[] {
  return [randn([1, 3, 6, 4]).mul(0.1).add(2), randn([1, 3, 6, 12]).mul(3)];
}

const whole = (part: Tensor) => {
  const [, , height, width] = part.shape;
  const inside = { rows: { start: 0, length: height }, columns: { start: 0, length: width } };
  return { ...inside, height, width };
};

test('an error of a layer is not taken for the end of a pass, and leaves norms as they were', () => {
  const layers = network().eval();
  const statistics = new WholeImageStatistics(layers);
  scope(() => {
    const image = randn([1, 3, 4, 4]);
    const before = layers.forward(image);
    const wrong = randn([1, 2, 4, 4]);
    expect(() => statistics.over(whole(wrong), () => layers.forward(wrong))).toThrow(/expected/);
    expect(layers.forward(image).equal(before)).toBe(true);
  });
  statistics.dispose();
  layers.dispose();
});

test('parts normalised by the statistics of the whole are parts of the whole, after a pass for each norm', () => {
  const layers = network().eval();
  const statistics = new WholeImageStatistics(layers);
  expect(statistics.passes).toBe(3);
  scope(() =>
    noGrad(() => {
      const parts = halves();
      const made: (Tensor | null)[][] = [];
      do made.push(parts.map((part) => statistics.over(whole(part), () => layers.forward(part))));
      while (statistics.endPass());
      expect(made.slice(0, 2)).toEqual([
        [null, null],
        [null, null],
      ]);
      expect(made).toHaveLength(3);
      const together = cat(made[2].filter((part) => part !== null) as Tensor[], 3);
      expectClose(together, layers.forward(cat(parts, 3)));
    }),
  );
  statistics.dispose();
  layers.dispose();
});

test('margins do not count, and a norm that is called twice has statistics for each call', () => {
  const norm = nn.instanceNorm2d(3).eval();
  const statistics = new WholeImageStatistics(norm);
  const twice = (part: Tensor) => norm.forward(norm.forward(part).relu());
  scope(() => {
    const parts = halves();
    const image = cat(parts, 3);
    const left = { ...whole(parts[0]), columns: { start: 0, length: 4 }, width: 6 };
    const right = { ...whole(parts[1]), columns: { start: 2, length: 12 }, width: 14 };
    let made: (Tensor | null)[];
    do {
      made = [
        statistics.over(left, () => twice(image.narrow(3, { start: 0, length: 6 }))),
        statistics.over(right, () => twice(image.narrow(3, { start: 2, length: 14 }))),
      ];
    } while (statistics.endPass());
    const want = twice(image);
    expectClose(made[0] as Tensor, want.narrow(3, { start: 0, length: 6 }));
    expectClose(made[1] as Tensor, want.narrow(3, { start: 2, length: 14 }));
  });
  statistics.dispose();
  norm.dispose();
});

test('a network without such norms needs one pass', () => {
  const layers = nn.sequential(nn.conv2d(1, 1, { kernelSize: 1 }), nn.batchNorm2d(1)).eval();
  const statistics = new WholeImageStatistics(layers);
  scope(() => {
    const image = randn([1, 1, 4, 4]);
    expect(statistics.over(whole(image), () => layers.forward(image))?.equal(layers.forward(image))).toBe(
      true,
    );
    expect([statistics.passes, statistics.endPass()]).toEqual([1, false]);
  });
  statistics.dispose();
  layers.dispose();
});

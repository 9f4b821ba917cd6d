import { RunningNormal } from '../../src/models';
import { randn, tensor } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';

test('a size or a momentum out of range is refused', () => {
  expect(() => new RunningNormal(0)).toThrow(usage('size'));
  expect(() => new RunningNormal(2, { momentum: 1.5 })).toThrow(usage('momentum'));
});

test('one batch gives its own mean and covariance', () => {
  const normal = new RunningNormal(2);
  scope(() => {
    normal.update(
      tensor([
        [1, 0],
        [3, 0],
        [1, 4],
        [3, 4],
      ]),
    );
    expectClose(normal.mean, tensor([2, 2]));
    expectClose(
      normal.covariance,
      tensor([
        [1, 0],
        [0, 4],
      ]),
    );
  });
  normal.dispose();
});

test('the first batches count equally, and none is ever forgotten less than momentum says', () => {
  const normal = new RunningNormal(1, { momentum: 0.25 });
  scope(() => {
    const means = [8, 4, 0, 4, 8].map((value) => {
      normal.update(tensor([[value]]));
      return normal.mean.item();
    });
    expect(means).toEqual([8, 6, 4, 4, 5]);
  });
  normal.dispose();
});

test('distances are squares in units of the variances, and usually 1', () => {
  manualSeed(3);
  const normal = new RunningNormal(2);
  scope(() => {
    const vectors = randn([4_000, 2]).matmul(
      tensor([
        [2, 1],
        [0, 0.5],
      ]),
    );
    normal.update(vectors);
    expect(normal.distances(vectors).mean().item()).toBeCloseTo(1, 1);
    normal.mean.copy_(tensor([1, 2]));
    normal.covariance.copy_(
      tensor([
        [4, 0],
        [0, 1],
      ]),
    );
    const found = normal.distances(
      tensor([
        [1, 2],
        [3, 2],
        [1, 5],
      ]),
    );
    // ((3 − 1)² / 4) / 2 and ((5 − 2)² / 1) / 2, but for what is added to the variances.
    expectClose(found, tensor([0, 0.5, 4.5]), { relative: 5e-3 });
  });
  normal.dispose();
});

import {
  closedFormDirections,
  deviationsAlong,
  principalDirections,
  sweepDirections,
} from '../../src/style/directions';
import { eye, ones, randn, tensor } from '../../src/tensor/create';
import { qr } from '../../src/tensor/linalg';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';

const device = testDevice;
const close = (a: Tensor, b: Tensor) => expect(a.sub(b).abs().amax().item()).toBeLessThan(1e-5);

/** An orthogonal matrix [4, 4] whose columns have a positive largest number. */
function orthogonal(): Tensor {
  const { q } = qr(randn([4, 4], { device, dtype: 'float64' }));
  const largest = q.gather(0, q.abs().argmax(0).unsqueeze(0));
  return q.mul(largest.sign());
}

test('refused: more directions than w has numbers, or none, and layers that there are not', () =>
  scope(() => {
    const network = { styleSize: 4, styleWeights: () => [randn([7, 4], { device })] };
    for (const count of [0, 5, 1.5]) {
      const refused = usage(`count expected a whole number from 1 to 4, the numbers of this model’s w`);
      expect(() => closedFormDirections(network, count)).toThrow(refused);
      expect(() => principalDirections({ covariance: eye(4, { device }) }, count)).toThrow(refused);
    }
    const sweep = { vectors: eye(4, { device }), lengths: ones([4], { device }), reach: 1, columns: 3 };
    const styles = randn([1, 2, 4], { device });
    expect(() => sweepDirections(styles, { ...sweep, range: { first: 2, last: 3 } })).toThrow(
      usage('a range from 1 to 2 at most but received 2-3'),
    );
  }));

test('the closed form finds the singular vectors that weights of all layers are made of', () =>
  scope(() => {
    const axes = orthogonal();
    const values = tensor([9, 4, 2, 1], { device, dtype: 'float64' });
    const { q } = qr(randn([10, 4], { device, dtype: 'float64' }));
    const all = q.mul(values).mm(axes.t()).float();
    const [first, second] = all.split(6);
    const network = { styleSize: 4, styleWeights: () => [first, second] };
    const { vectors, importances } = closedFormDirections(network, 3);
    close(vectors, axes.t().narrow(0, { start: 0, length: 3 }).float());
    close(importances, tensor([9, 4, 2], { device }));
  }));

test('principal components are the axes of the covariance, with the deviation along each', () =>
  scope(() => {
    const axes = orthogonal();
    const variances = tensor([16, 9, 1, 0.25], { device, dtype: 'float64' });
    const covariance = axes.mul(variances).mm(axes.t());
    const { vectors, importances } = principalDirections({ covariance }, 4);
    close(vectors, axes.t().float());
    close(importances, tensor([4, 3, 1, 0.5], { device }));
    close(deviationsAlong(vectors, { covariance }), importances);
  }));

test('a sweep leaves the styles along each direction, in the middle of a row as they are', () =>
  scope(() => {
    const styles = tensor(
      [
        [
          [5, 5],
          [6, 6],
          [7, 7],
        ],
      ],
      { device },
    );
    const swept = sweepDirections(styles, {
      vectors: eye(2, { device }),
      lengths: tensor([1, 10], { device }),
      reach: 2,
      columns: 3,
      range: { first: 2, last: 2 },
    });
    expect(swept.shape).toEqual([6, 3, 2]);
    expect(swept.select(1, 0).toArray()).toEqual(Array.from({ length: 6 }, () => [5, 5]));
    expect(swept.select(1, 2).toArray()).toEqual(Array.from({ length: 6 }, () => [7, 7]));
    expect(swept.select(1, 1).toArray()).toEqual([
      [4, 6],
      [6, 6],
      [8, 6],
      [6, -14],
      [6, 6],
      [6, 26],
    ]);
  }));

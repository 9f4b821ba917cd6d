import { functional } from '../../src';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

test('what only bilinear and bicubic know is refused of nearest', () =>
  scope(() => {
    const image = zeros([1, 1, 2, 2]);
    for (const name of ['alignCorners', 'antialias'])
      expect(() => functional.interpolate(image, { size: 4, [name]: true })).toThrow(
        usage(`interpolate: ${name} is of bilinear and bicubic, but mode is nearest`),
      );
    expect(functional.interpolate(image, { size: 4, alignCorners: false }).shape).toEqual([1, 1, 4, 4]);
  }));

test('a mode that there is not is refused', () =>
  scope(() =>
    expect(() => functional.interpolate(zeros([1, 1, 2, 2]), { size: 4, mode: 'area' as never })).toThrow(
      usage("interpolate expects mode to be one of 'nearest', 'bilinear', 'bicubic' but received 'area'"),
    ),
  ));

test('the padding of an embedding is counted from the end where it is negative, as PyTorch does', () =>
  scope(() => {
    const weight = tensor([[1], [2], [3]]);
    weight.requiresGrad = true;
    const indices = tensor([0, 1, 2, 2], { dtype: 'int64' });
    functional.embedding(indices, weight, { paddingIdx: -1 }).sum().backward();
    expect(weight.grad?.flatten().toArray()).toEqual([1, 1, 0]);
    for (const paddingIdx of [3, -4, 0.5])
      expect(() => functional.embedding(indices, weight, { paddingIdx })).toThrow(
        usage('embedding expects paddingIdx to be an index from -3 to 2'),
      );
  }));

test('an embedding takes the indices first, as PyTorch’s, and the padding gets no gradient', () =>
  scope(() => {
    const weight = tensor([
      [1, 2],
      [3, 4],
    ]);
    weight.requiresGrad = true;
    const rows = functional.embedding(tensor([1, 0, 1], { dtype: 'int64' }), weight, { paddingIdx: 0 });
    expect(rows.toArray()).toEqual([
      [3, 4],
      [1, 2],
      [3, 4],
    ]);
    rows.sum().backward();
    expect(weight.grad?.toArray()).toEqual([
      [0, 0],
      [2, 2],
    ]);
  }));

test('activations are functions, too', () =>
  scope(() => {
    expect(functional.leakyRelu(tensor([-1, 2]), 0.5).toArray()).toEqual([-0.5, 2]);
    expect(functional.softplus(tensor([0])).item()).toBeCloseTo(Math.LN2, 6);
  }));

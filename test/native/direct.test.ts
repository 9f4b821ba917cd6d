import { native } from '../../src/native/addon';
import { autocast, noGrad } from '../../src/tensor/autograd';
import { ones, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';

// Plain CPU tensors go to an operator's kernel without autograd's part: nothing may come out different for it.
describe('an operator on plain tensors', () => {
  test('gives an ordinary tensor, from which autograd can record', () =>
    scope(() => {
      const sum = tensor([1, 2]).add(tensor([3, 4]));
      expect([sum.requiresGrad, sum.isLeaf]).toEqual([false, true]);
      sum.requiresGrad = true;
      sum.square().sum().backward();
      expect(sum.grad?.toArray()).toEqual([8, 12]);
    }));

  test.each([
    ['the first', [true, false]],
    ['the second', [false, true]],
  ])('records as soon as %s argument requires a gradient', (_, [first, second]) =>
    scope(() => {
      const a = tensor([2], { requiresGrad: first });
      const b = tensor([5], { requiresGrad: second });
      const product = a.mul(b);
      expect([product.requiresGrad, product.isLeaf]).toEqual([true, false]);
      product.sum().backward();
      expect([a.grad?.item(), b.grad?.item()]).toEqual([first ? 5 : undefined, second ? 2 : undefined]);
    }),
  );

  test('an argument computed from a leaf is recorded, too, and its detached twin is not', () =>
    scope(() => {
      const x = tensor([3], { requiresGrad: true });
      const y = x.mul(2);
      expect(y.add(tensor([1])).requiresGrad).toBe(true);
      expect(y.detach().add(tensor([1])).requiresGrad).toBe(false);
      expect(noGrad(() => y.add(tensor([1]))).requiresGrad).toBe(false);
    }));

  test('what was computed without recording may be recorded from afterwards', () =>
    scope(() => {
      const x = tensor([3], { requiresGrad: true });
      const constant = noGrad(() => x.add(x));
      x.mul(constant).sum().backward();
      expect(x.grad?.item()).toBe(6);
    }));

  test('autocast applies to it', () =>
    scope(() => {
      const [a, b] = [ones([4, 4]), ones([4, 4])];
      expect(a.matmul(b).dtype).toBe('float32');
      expect(autocast({ device: 'cpu' }, () => a.matmul(b)).dtype).toBe('bfloat16');
      expect(a.matmul(b).dtype).toBe('float32');
    }));

  test('dtypes promote, shapes broadcast and strides stay', () =>
    scope(() => {
      expect(tensor([1, 2], { dtype: 'int32' }).add(tensor([0.5])).dtype).toBe('float32');
      expect(tensor([3], { dtype: 'int32' }).div(tensor([2], { dtype: 'int32' })).dtype).toBe('float32');
      expect(
        tensor([[1], [2]])
          .mul(tensor([10, 20]))
          .toArray(),
      ).toEqual([
        [10, 20],
        [20, 40],
      ]);
      const image = ones([2, 3, 4, 5]).contiguous('channels_last');
      expect(image.add(image).isContiguous('channels_last')).toBe(true);
    }));

  test('a view shares its base’s memory, and the base’s gradient sees what was written through it', () =>
    scope(() => {
      const base = ones([2, 3]);
      const row = base.narrow(0, { start: 1, length: 1 });
      row.mul_(5);
      expect(base.toArray()).toEqual([
        [1, 1, 1],
        [5, 5, 5],
      ]);
      expect(row.isAliasOf(base)).toBe(true);
      const x = tensor([1, 2, 3], { requiresGrad: true });
      const copy = x.mul(1);
      copy.narrow(0, { start: 0, length: 1 }).mul_(10);
      copy.sum().backward();
      expect(x.grad?.toArray()).toEqual([10, 1, 1]);
    }));

  test('a result that autograd saved and that is written to afterwards is found out', () =>
    scope(() => {
      const x = tensor([2], { requiresGrad: true });
      const factor = tensor([3]).add(tensor([4]));
      const product = x.mul(factor).sum();
      factor.add_(1);
      expect(() => product.backward()).toThrow(/modified by an inplace operation/);
    }));

  test('the same argument twice, and the result of one as the argument of the next', () =>
    scope(() => {
      const a = tensor([1, 2]);
      expect(a.add(a).mul(a).sub(a).toArray()).toEqual([1, 6]);
    }));

  test('released handles are refused before anything is computed', () => {
    const handle = native().ops.ones([2], 'float32', null, null, null);
    native().releaseOne(handle);
    expect(() => native().ops.add_Tensor(handle, handle, 1)).toThrow(
      expect.objectContaining({ code: 'ERR_RELEASED' }),
    );
    const live = native().ops.ones([2], 'float32', null, null, null);
    expect(() => native().ops.add_Tensor(live, handle, 1)).toThrow(/argument 2 \(other\)/);
    native().releaseOne(live);
  });
});

describe('small tensors', () => {
  test('keep their values while others of their size come and go', () =>
    scope(() => {
      const kept = Array.from({ length: 40 }, (_, i) =>
        tensor(Float32Array.from({ length: 7 * i }, () => i)),
      );
      for (let round = 0; round < 3; round++)
        scope(() => {
          for (let i = 0; i < 1000; i++) ones([7 * (i % 40)]).add(1);
        });
      for (const [i, one] of kept.entries()) expect([...one.toTypedArray()]).toEqual(Array(7 * i).fill(i));
    }));
});

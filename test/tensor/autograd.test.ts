import {
  autocast,
  autocasts,
  enableGrad,
  grad,
  isGradEnabled,
  noGrad,
  withoutAutocast,
} from '../../src/tensor/autograd';
import { ones, randn, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';

describe('autograd', () => {
  test('a second backward through a released graph throws, and retainGraph allows it', () =>
    scope(() => {
      const x = tensor([2], { requiresGrad: true });
      const y = x.mul(x).sum();
      y.backward({ retainGraph: true });
      y.backward();
      expect(x.grad?.toArray()).toEqual([8]);
      expect(() => y.backward()).toThrow(expect.objectContaining({ code: 'ERR_TORCH', op: 'backward' }));
    }));

  test('backward of something that is no scalar wants a gradient', () =>
    scope(() => {
      const x = ones([3], { requiresGrad: true });
      expect(() => x.mul(2).backward()).toThrow(/scalar/);
      x.mul(2).backward({ gradient: tensor([1, 2, 3]) });
      expect(x.grad?.toArray()).toEqual([2, 4, 6]);
    }));

  test('grad gives second derivatives with createGraph: d²(x³)/dx² = 6x', () =>
    scope(() => {
      const x = tensor([3], { dtype: 'float64', requiresGrad: true });
      const [first] = grad([x.pow(3).sum()], [x], { createGraph: true });
      const [second] = grad([first.sum()], [x]);
      expect([first.item(), second.item()]).toEqual([27, 18]);
      expect(x.grad).toBeNull();
    }));

  test('an input the output does not depend on is an error, or null where that is allowed', () =>
    scope(() => {
      const x = ones([1], { requiresGrad: true });
      const z = ones([1], { requiresGrad: true });
      expect(() => grad([x.mul(2).sum()], [z])).toThrow(expect.objectContaining({ op: 'grad' }));
      const gradients = grad([x.mul(2).sum()], [x, z], { allowUnused: true });
      expect(gradients[0]?.item()).toBe(2);
      expect(gradients[1]).toBeNull();
    }));

  test.each<[string, (body: () => Promise<void>) => unknown]>([
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['autocast', (body) => autocast({ device: testDevice }, body)],
    ['withoutAutocast', (body) => withoutAutocast(testDevice, body)],
  ])('%s refuses an async function: it would end at its first await', async (name, call) => {
    const before = isGradEnabled();
    let done = false;
    const body = async () => {
      await Promise.resolve();
      done = true;
      throw new Error('nobody hears it');
    };
    expect(() => call(body)).toThrow(
      failure('ERR_ASYNC_SCOPE', `${name} expected a function that returns when its work is done`),
    );
    expect([isGradEnabled(), autocasts(testDevice)]).toEqual([before, false]);
    await new Promise(setImmediate);
    expect(done).toBe(true);
  });

  test('noGrad records nothing and gives the mode back when the body throws', () =>
    scope(() => {
      const x = ones([1], { requiresGrad: true });
      expect(noGrad(() => x.mul(2).requiresGrad)).toBe(false);
      expect(() =>
        noGrad(() => {
          throw new Error('inside');
        }),
      ).toThrow('inside');
      expect(isGradEnabled()).toBe(true);
    }));

  test('autocast multiplies matrices in bfloat16, and not inside withoutAutocast or after it', () =>
    scope(() => {
      const a = randn([4, 4]);
      const inside = autocast({ device: 'cpu' }, () => [
        a.mm(a).dtype,
        withoutAutocast('cpu', () => a.mm(a).dtype),
      ]);
      expect(inside).toEqual(['bfloat16', 'float32']);
      expect(a.mm(a).dtype).toBe('float32');
    }));

  test('withoutAutocast gives autocast its dtype back, float16 as well as bfloat16', () =>
    scope(() => {
      const a = randn([4, 4]);
      const half = { device: 'cpu', dtype: 'float16' } as const;
      const dtypes = autocast(half, () => [
        withoutAutocast('cpu', () => a.mm(a).dtype),
        a.mm(a).dtype,
        autocast({ device: 'cpu' }, () => [a.mm(a).dtype, withoutAutocast('cpu', () => a.mm(a).dtype)]),
        a.mm(a).dtype,
      ]);
      expect(dtypes).toEqual(['float32', 'float16', ['bfloat16', 'float32'], 'float16']);
      expect(() =>
        autocast(half, () => {
          throw new Error('mine');
        }),
      ).toThrow('mine');
      expect(autocast({ device: 'cpu' }, () => a.mm(a).dtype)).toBe('bfloat16');
    }));

  test('setData keeps the tensor an optimizer holds, with other memory', () =>
    scope(() => {
      const parameter = ones([2], { requiresGrad: true });
      noGrad(() => parameter.setData(tensor([5, 6])));
      expect(parameter.toArray()).toEqual([5, 6]);
      expect(parameter.requiresGrad).toBe(true);
    }));
});

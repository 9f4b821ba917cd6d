import { randn, tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { dispose, keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

describe('scope', () => {
  test('refuses an async function, and a function that returns a promise', () => {
    expect(() => scope(async () => 1)).toThrow(expect.objectContaining({ code: 'ERR_ASYNC_SCOPE' }));
    expect(() => scope(() => Promise.resolve(randn([2])))).toThrow(
      /received a function that returned a promise/,
    );
  });

  test('names the operator that made a tensor used after its scope closed', () => {
    let leaked: Tensor | undefined;
    scope(() => {
      leaked = tensor([1, 2]).mul(3);
    });
    expect(leaked?.released).toBe(true);
    expect(() => leaked?.add(1)).toThrow(
      expect.objectContaining({
        code: 'ERR_RELEASED',
        message: expect.stringContaining('made by mul, was released when its scope closed'),
      }),
    );
  });

  test('says of a disposed tensor that it was disposed, and lets it be disposed again', () => {
    const one = tensor([1]);
    one.dispose();
    one.dispose();
    expect(() => one.shape).toThrow(/made by tensor, was disposed/);
  });

  test('releases everything made inside but what it returns, however deep', () => {
    const before = memory().tensors;
    const result = scope(() => {
      const a = randn([2, 2]);
      return { list: [a.mul(2), { deep: a.add(1) }], map: new Map([['sum', a.sum()]]), text: 'x' };
    });
    expect(memory().tensors).toBe(before + 3);
    dispose(result);
    expect(memory().tensors).toBe(before);
  });

  test('releases everything when the body throws', () => {
    const before = memory().tensors;
    expect(() =>
      scope(() => {
        randn([3]);
        throw new RangeError('inside');
      }),
    ).toThrow(/inside/);
    expect(memory().tensors).toBe(before);
  });

  test('passes a result to the scope around it', () => {
    const before = memory().tensors;
    scope(() => {
      const inner = scope(() => randn([2]).add(1));
      expect(inner.released).toBe(false);
      expect(memory().tensors).toBe(before + 1);
    });
    expect(memory().tensors).toBe(before);
  });

  test('keep takes a tensor out of every scope', () => {
    const kept = scope(() => {
      const inner = scope(() => ({ one: keep(randn([2])) }));
      return inner.one.shape.length === 1 ? inner : inner;
    });
    expect(kept.one.released).toBe(false);
    kept.one.dispose();
  });

  test('a tensor disposed inside is not released twice', () => {
    const before = memory().tensors;
    scope(() => {
      const a = randn([2]);
      a.dispose();
      randn([2]);
    });
    expect(memory().tensors).toBe(before);
  });

  test('a view keeps its storage alive after the tensor it looks at is gone', () => {
    const view = scope(() =>
      tensor([
        [1, 2],
        [3, 4],
      ]).select(0, 1),
    );
    expect(view.toArray()).toEqual([3, 4]);
    view.dispose();
  });
});

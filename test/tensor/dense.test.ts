import { native } from '../../src/native/addon';
import { autocast, grad } from '../../src/tensor/autograd';
import { ones, randn } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { dropout, linear } from '../../src/tensor/functional';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { hasBfloat16Kernels } from '../support/processor';

function withKernels<T>(on: boolean, body: () => T): T {
  setKernels(on);
  try {
    return body();
  } finally {
    setKernels(true);
  }
}

/** Output, gradients, and the gradients of a gradient penalty: everything that training asks of a layer. */
function everything(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor[] {
  const y = linear(x, weight, bias);
  const inputs = bias ? [x, weight, bias] : [x, weight];
  const first = grad([y.square().sum()], inputs, { createGraph: true });
  const penalty = first[0].square().sum().add(first[1].square().sum());
  return [y, ...first, ...grad([penalty], [x, weight])];
}

describe('a dense layer of our own', () => {
  // Sizes of an MLP and of a VAE, and what does not fill blocks of 16, 32 or 64.
  test.each([
    [64, 784, 1024],
    [128, 400, 20],
    [128, 20, 400],
    [16, 16, 256],
    [19, 273, 17],
    [128, 512, 256],
    [17, 513, 777],
    [250, 1000, 67],
    [33, 64, 1100],
  ])('of %p rows, from %p to %p numbers, gives what LibTorch does, to second derivatives', (rows, from, to) =>
    scope(() => {
      const generator = new Generator({ seed: rows });
      const x = randn([rows, from], { generator });
      const weight = randn([to, from], { generator });
      const bias = randn([to], { generator });
      for (const leaf of [x, weight, bias]) leaf.requiresGrad = true;
      for (const shift of [bias, null]) {
        const own = everything(x, weight, shift);
        const reference = withKernels(false, () => everything(x, weight, shift));
        expect(own.map((tensor) => tensor.shape)).toEqual(reference.map((tensor) => tensor.shape));
        for (const [i, tensor] of own.entries()) expect(distance(tensor, reference[i])).toBeLessThan(3e-6);
      }
      generator.dispose();
    }),
  );

  test('computes no gradient of a frozen weight, and that of the input alone', () =>
    scope(() => {
      const [x, weight] = [randn([64, 512]), randn([512, 512])];
      x.requiresGrad = true;
      linear(x, weight, null).sum().backward();
      expect(weight.grad).toBeNull();
      const expected = weight.sum(0);
      expect(distance(x.grad?.narrow(0, { start: 5, length: 1 }) ?? ones([1]), expected)).toBeLessThan(1e-5);
    }));

  // Sizes of an MLP and of a VAE, and what does not fill blocks of 16, 32 or 64, or pairs.
  test.each([
    [128, 784, 400],
    [64, 20, 400],
    [128, 400, 20],
    [17, 513, 777],
    [511, 31, 65],
    [33, 16, 17],
    [16, 17, 16],
  ])(
    'of %p rows, from %p to %p numbers, rounds no more than bfloat16 does anyway, to second derivatives',
    (rows, from, to) =>
      scope(() => {
        const generator = new Generator({ seed: rows });
        const rounded = (tensor: Tensor) => tensor.to({ dtype: 'bfloat16' }).float();
        const x = rounded(randn([rows, from], { generator }));
        const weight = rounded(randn([to, from], { generator }).mul(0.05));
        const bias = randn([to], { generator });
        const probe = rounded(randn([rows, to], { generator }));
        const passes = (given: readonly Tensor[], half: boolean) => {
          const leaves = given.map((tensor) => tensor.detach());
          for (const leaf of leaves) leaf.requiresGrad = true;
          const [a, w, b] = leaves;
          const y = half ? autocast({ device: 'cpu' }, () => linear(a, w, b)) : linear(a, w, b);
          const gradOutputs = [probe.to({ dtype: y.dtype })];
          const first = grad([y], leaves, { gradOutputs, createGraph: true });
          const wide = first.map((tensor) => tensor.to({ dtype: w.dtype }));
          const penalty = wide[0].square().sum().add(wide[1].square().sum());
          return [y, ...first, ...grad([penalty], [a, w])];
        };
        const exact = passes([x.double(), weight.double(), bias.double()], false);
        const own = passes([x, weight, bias], true);
        const library = withKernels(false, () => passes([x, weight, bias], true));
        expect(own.map(({ dtype }) => dtype)).toEqual(library.map(({ dtype }) => dtype));
        for (const [i, value] of exact.entries()) {
          expect(own[i].shape).toEqual(value.shape);
          expect(distance(own[i], value)).toBeLessThan(1.1 * distance(library[i], value) + 1e-6);
        }
        // Sums are float32, and gradients by weights are not rounded at all.
        if (hasBfloat16Kernels) for (const i of [2, 3]) expect(distance(own[i], exact[i])).toBeLessThan(1e-6);
        generator.dispose();
      }),
  );

  (hasBfloat16Kernels ? test : test.skip)(
    'gives the same bits on one thread, two and three in bfloat16',
    () => {
      try {
        scope(() => {
          const [x, weight, bias] = [randn([100, 300]), randn([500, 300]), randn([500])];
          for (const leaf of [x, weight, bias]) leaf.requiresGrad = true;
          const [one, ...others] = [1, 2, 3].map((count) => {
            setThreads(count);
            const y = autocast({ device: 'cpu' }, () => linear(x, weight, bias));
            return [y, ...grad([y.float().square().sum()], [x, weight])];
          });
          for (const other of others)
            for (const [i, tensor] of one.entries()) expect(other[i].equal(tensor)).toBe(true);
        });
      } finally {
        setThreads(1);
      }
    },
  );

  test('lets a NaN through in bfloat16', () =>
    scope(() => {
      const [x, weight] = [randn([32, 48]), randn([40, 48])];
      x.select(0, 7).fill_(Number.NaN);
      const nan = autocast({ device: 'cpu' }, () => linear(x, weight, null)).isnan();
      expect(nan.sum().item()).toBe(40);
      expect(nan.select(0, 7).all().item()).toBe(1);
    }));

  test('is that of LibTorch in float16', () =>
    scope(() => {
      const [x, weight] = [randn([64, 512]), randn([512, 512])];
      const half = () => autocast({ device: 'cpu', dtype: 'float16' }, () => linear(x, weight, null));
      const own = half();
      expect(own.dtype).toBe('float16');
      expect(withKernels(false, half).equal(own)).toBe(true);
    }));

  test('leaves other dtypes, views with gaps and more dimensions to LibTorch', () =>
    scope(() => {
      const [x, weight] = [randn([64, 512]), randn([512, 512])];
      const exact = linear(x.double(), weight.double(), null);
      expect(exact.dtype).toBe('float64');
      const wide = randn([64, 1024]).narrow(1, { start: 3, length: 512 });
      expect(distance(linear(wide, weight, null), linear(wide.clone(), weight, null))).toBeLessThan(1e-6);
      expect(linear(randn([4, 16, 512]), weight, null).shape).toEqual([4, 16, 512]);
    }));

  test('says of shapes that do not fit what LibTorch says', () =>
    scope(() => {
      expect(() => linear(ones([64, 512]), ones([512, 500]), null)).toThrow(
        expect.objectContaining({ code: 'ERR_TORCH', op: 'linear' }),
      );
    }));
});

describe('dropout of our own', () => {
  const P = 0.3;
  const drop = (x: Tensor) => dropout(x, { p: P, training: true });

  test('keeps every element with the same probability, each apart from the others', () =>
    scope(() => {
      manualSeed(3);
      const kept = Array.from({ length: 400 }, () =>
        drop(ones([9, 113]))
          .ne(0)
          .float(),
      );
      const counts = kept.reduce((sum, mask) => sum.add(mask));
      // The sum of squared deviations of n binomial counts follows χ² with n degrees of freedom: mean n, deviation √(2n).
      const n = 9 * 113;
      const chi2 =
        counts
          .sub(400 * (1 - P))
          .square()
          .sum()
          .item() /
        (400 * P * (1 - P));
      expect(Math.abs(chi2 - n)).toBeLessThan(5 * Math.sqrt(2 * n));
      // Neighbours are both kept with probability (1 − p)².
      const long = drop(ones([100_001]))
        .ne(0)
        .float();
      const pairs = long
        .narrow(0, { start: 0, length: 100_000 })
        .mul(long.narrow(0, { start: 1, length: 100_000 }));
      expect(Math.abs(pairs.mean().item() - (1 - P) ** 2)).toBeLessThan(5 * Math.sqrt(0.25 / 100_000));
    }));

  test('passes the gradient where it passed the value, scaled alike', () =>
    scope(() => {
      const x = ones([64, 100], { requiresGrad: true });
      const y = drop(x);
      y.sum().backward();
      expect(x.grad?.equal(y)).toBe(true);
    }));

  test('takes one draw from the default generator, whatever the size', () =>
    scope(() => {
      manualSeed(4);
      drop(ones([1]));
      const after = randn([1]).item();
      manualSeed(4);
      drop(ones([5000]));
      expect(randn([1]).item()).toBe(after);
    }));

  test('a mask does not depend on the number of threads, nor on what comes behind it', () =>
    scope(() => {
      const threads = native().threads();
      const drawn = [3, 1].map((count) => {
        native().setThreads(count);
        try {
          manualSeed(5);
          return drop(ones([70_001]));
        } finally {
          native().setThreads(threads);
        }
      });
      const [long] = drawn;
      expect(drawn[1].equal(long)).toBe(true);
      manualSeed(5);
      const short = drop(ones([300]));
      expect(
        long.narrow(0, { start: 0, length: 256 }).equal(short.narrow(0, { start: 0, length: 256 })),
      ).toBe(true);
    }));

  test('keeps bfloat16 and the memory format, and lets everything or nothing through at the ends', () =>
    scope(() => {
      const image = ones([2, 3, 4, 5]).contiguous('channels_last');
      expect(drop(image).isContiguous('channels_last')).toBe(true);
      expect(drop(image.to({ dtype: 'bfloat16' })).dtype).toBe('bfloat16');
      expect(dropout(image, { p: 0, training: true }).equal(image)).toBe(true);
      expect(dropout(image, { p: 1, training: true }).sum().item()).toBe(0);
      expect(dropout(image, { p: P, training: false }).equal(image)).toBe(true);
    }));
});

import { autocast, grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { setThreads, threads } from '../../src/tensor/device';
import { linear, linearPair } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';

type Pair = (x: Tensor, w: Tensor, b: Tensor, otherW: Tensor, otherB: Tensor) => readonly [Tensor, Tensor];

const apart: Pair = (x, w, b, otherW, otherB) => [linear(x, w, b), linear(x, otherW, otherB)];
const joined: Pair = (x, w, b, otherW, otherB) =>
  linearPair(x, { weight: w, bias: b }, { weight: otherW, bias: otherB });

interface Case {
  readonly given: readonly Tensor[];
  readonly probes: readonly [Tensor, Tensor];
}

/** Outputs, gradients without a graph and with one, and the gradients of a gradient penalty. */
function everything(pair: Pair, { given, probes }: Case): Tensor[] {
  const leaves = given.map((tensor) => {
    const leaf = tensor.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
  const [x, w, b, otherW, otherB] = leaves;
  const run = () => pair(x, w, b, otherW, otherB);
  const outputs = run();
  const gradOutputs = outputs.map(({ dtype }, i) => probes[i].to({ dtype }));
  const plain = grad(run(), leaves, { gradOutputs });
  const first = grad(outputs, leaves, { gradOutputs, createGraph: true });
  const penalty = [0, 1, 3]
    .map((i) => first[i].to({ dtype: w.dtype }).square().sum())
    .reduce((sum, term) => sum.add(term));
  return [...outputs, ...plain, ...first, ...grad([penalty], [x, w, otherW])];
}

function drawn([rows, from, to, other]: readonly [number, number, number, number], seed: number): Case {
  const generator = new Generator({ seed });
  const draw = (...shape: number[]) => randn(shape, { generator }).to({ dtype: 'bfloat16' }).float();
  const small = (...shape: number[]) => draw(...shape).mul(1 / 16);
  const made: Case = {
    given: [draw(rows, from), small(to, from), draw(to), small(other, from), draw(other)],
    probes: [draw(rows, to), draw(rows, other)],
  };
  generator.dispose();
  return made;
}

function inDouble({ given, probes }: Case): Case {
  const [a, b] = probes;
  return { given: given.map((tensor) => tensor.double()), probes: [a.double(), b.double()] };
}

const half: (pair: Pair) => Pair =
  (pair) =>
  (...inputs) =>
    autocast({ device: 'cpu' }, () => pair(...inputs));

/** Whether there is more than zeros to be compared with. */
function isThere(tensor: Tensor): boolean {
  return tensor.numel > 0 && tensor.square().sum().item() > 0;
}

/** Sizes of a VAE, what does not fill blocks of 16 or 64, what is too small for kernels of our own, and none. */
const SIZES = [
  [128, 400, 20, 20],
  [64, 784, 128, 32],
  [19, 273, 17, 33],
  [250, 512, 67, 16],
  [130, 64, 65, 64],
  [16, 300, 20, 8],
  [3, 40, 50, 7],
  [1, 1, 1, 1],
  [0, 400, 20, 20],
] as const;

describe('two dense layers of one input', () => {
  test.each(SIZES)('of %p rows, from %p to %p and %p numbers, are LibTorch’s in float64', (...size) =>
    scope(() => {
      const drawing = drawn(size, 3);
      const exact = everything(apart, inDouble(drawing));
      const own = everything(joined, drawing);
      expect(own.map(({ shape }) => shape)).toEqual(exact.map(({ shape }) => shape));
      for (const [i, tensor] of own.entries())
        if (isThere(exact[i])) expect(distance(tensor, exact[i])).toBeLessThan(3e-6);
        else expect(tensor.abs().sum().item()).toBe(0);
    }),
  );

  test.each(SIZES)(
    'of %p rows, from %p to %p and %p numbers, round no more than apart in bfloat16',
    (...size) =>
      scope(() => {
        const drawing = drawn(size, 4);
        const exact = everything(apart, inDouble(drawing));
        const own = everything(half(joined), drawing);
        const other = everything(half(apart), drawing);
        expect(own.map(({ dtype }) => dtype)).toEqual(other.map(({ dtype }) => dtype));
        // By the input apart are two numbers, each rounded, and their sum in float32: a little closer than one that is rounded itself.
        for (const [i, tensor] of own.entries())
          if (isThere(exact[i]))
            expect(distance(tensor, exact[i])).toBeLessThan(1.25 * distance(other[i], exact[i]) + 1e-6);
          else expect(tensor.abs().sum().item()).toBe(0);
      }),
  );

  test('give the same bits on one thread, two and three', () => {
    const before = threads();
    try {
      scope(() => {
        const drawing = drawn([100, 700, 65, 300], 5);
        for (const pair of [joined, half(joined)]) {
          const [one, ...others] = [1, 2, 3].map((count) => {
            setThreads(count);
            return everything(pair, drawing);
          });
          for (const other of others)
            for (const [i, tensor] of one.entries()) expect(other[i].equal(tensor)).toBe(true);
        }
      });
    } finally {
      setThreads(before);
    }
  });

  test('give each gradient alone, and of one output alone', () =>
    scope(() => {
      const { given, probes } = drawn([128, 400, 20, 24], 6);
      const exact = everything(apart, inDouble({ given, probes })).slice(2, 7);
      for (const [at, expected] of exact.entries()) {
        const inputs = given.map((tensor) => tensor.detach());
        inputs[at].requiresGrad = true;
        const [x, w, b, otherW, otherB] = inputs;
        const outputs = joined(x, w, b, otherW, otherB);
        const [alone] = grad(outputs, [inputs[at]], { gradOutputs: probes });
        expect(distance(alone, expected)).toBeLessThan(1e-6);
      }
      const [x, w, b, otherW, otherB] = given.map((tensor) => tensor.detach());
      x.requiresGrad = true;
      const [, second] = joined(x, w, b, otherW, otherB);
      const [byX] = grad([second], [x], { gradOutputs: [probes[1]] });
      expect(distance(byX, probes[1].double().matmul(otherW.double()))).toBeLessThan(1e-6);
    }));

  test('give no gradients by the layer of an output that nobody used, whatever is in it', () =>
    scope(() => {
      const { given, probes } = drawn([128, 400, 20, 24], 8);
      for (const used of [0, 1]) {
        const leaves = given.map((tensor) => tensor.detach().clone());
        leaves[used === 0 ? 3 : 1].fill_(Number.POSITIVE_INFINITY);
        for (const leaf of leaves) leaf.requiresGrad = true;
        const [x, w, b, otherW, otherB] = leaves;
        const run = () => joined(x, w, b, otherW, otherB)[used];
        const [byX] = grad([run()], [x], { gradOutputs: [probes[used]] });
        expect(byX.isfinite().all().item()).toBe(1);
        run().mul(probes[used]).sum().backward();
        const found = [w, b, otherW, otherB].map((leaf) => leaf.grad !== null);
        expect(found).toEqual(used === 0 ? [true, true, false, false] : [false, false, true, true]);
      }
    }));

  test('say of shapes that do not fit what LibTorch says', () =>
    scope(() => {
      const { given } = drawn([64, 512, 32, 16], 7);
      expect(() => joined(given[0], given[1], given[2], randn([16, 500]), given[4])).toThrow(
        expect.objectContaining({ code: 'ERR_TORCH', op: 'linearPair' }),
      );
    }));
});

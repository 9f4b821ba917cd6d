import { autocast, grad, noGrad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { setThreads, threads } from '../../src/tensor/device';
import { linear, linearRelu } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';

type Layer = (x: Tensor, weight: Tensor, bias: Tensor | null) => Tensor;

const inTwo: Layer = (x, weight, bias) => linear(x, weight, bias).relu();

/** Output, gradients, those of `backward`'s way without a graph, and the gradients of a gradient penalty. */
function everything(layer: Layer, [x, weight, bias]: readonly Tensor[], probe: Tensor): Tensor[] {
  const inputs = bias ? [x, weight, bias] : [x, weight];
  const run = () => layer(x, weight, bias ?? null);
  const y = run();
  const gradOutputs = [probe.to({ dtype: y.dtype })];
  const plain = grad([run()], inputs, { gradOutputs });
  const first = grad([y], inputs, { gradOutputs, createGraph: true });
  const wide = first.map((tensor) => tensor.to({ dtype: weight.dtype }));
  const penalty = wide.slice(0, 2).reduce((sum, tensor) => sum.add(tensor.square().sum()), y.float().mean());
  return [y, ...plain, ...first, ...grad([penalty], [x, weight])];
}

function leaves(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => {
    const leaf = tensor.detach();
    leaf.requiresGrad = true;
    return leaf;
  });
}

/** Sizes of an MLP and of a VAE, what does not fill blocks of 16 or 64, what is too small for kernels of our own, and none. */
const SIZES = [
  [128, 784, 400],
  [128, 20, 400],
  [128, 400, 20],
  [64, 784, 1024],
  [19, 273, 17],
  [17, 513, 777],
  [250, 1000, 67],
  [130, 64, 65],
  [33, 16, 300],
  [3, 40, 50],
  [1, 1, 1],
  [0, 16, 256],
] as const;

function drawn([rows, from, to]: readonly [number, number, number], seed: number) {
  const generator = new Generator({ seed });
  const rounded = (tensor: Tensor) => tensor.to({ dtype: 'bfloat16' }).float();
  const made = {
    given: [
      rounded(randn([rows, from], { generator })),
      rounded(randn([to, from], { generator }).mul(0.05)),
      randn([to], { generator }),
    ],
    probe: rounded(randn([rows, to], { generator })),
  };
  generator.dispose();
  return made;
}

describe('a dense layer and the ReLU after it', () => {
  test.each(SIZES)(
    'of %p rows, from %p to %p numbers, are LibTorch’s in float64, to second derivatives',
    (...size) =>
      scope(() => {
        const { given, probe } = drawn(size, 3);
        for (const inputs of [given, given.slice(0, 2)]) {
          const exact = everything(inTwo, leaves(inputs.map((tensor) => tensor.double())), probe.double());
          const own = everything(linearRelu, leaves(inputs), probe);
          expect(own.map(({ shape }) => shape)).toEqual(exact.map(({ shape }) => shape));
          for (const [i, tensor] of own.entries())
            if (tensor.numel > 0 && exact[i].square().sum().item() > 0)
              expect(distance(tensor, exact[i])).toBeLessThan(3e-6);
        }
      }),
  );

  test.each(SIZES)(
    'of %p rows, from %p to %p numbers, are the two one after the other, to the bit',
    (...size) =>
      scope(() => {
        const { given, probe } = drawn(size, 4);
        for (const half of [false, true]) {
          const run =
            (layer: Layer): Layer =>
            (...inputs) =>
              half ? autocast({ device: 'cpu' }, () => layer(...inputs)) : layer(...inputs);
          const own = everything(run(linearRelu), leaves(given), probe);
          const other = everything(run(inTwo), leaves(given), probe);
          expect(own.map(({ dtype }) => dtype)).toEqual(other.map(({ dtype }) => dtype));
          for (const [i, tensor] of own.entries()) expect(tensor.equal(other[i])).toBe(true);
        }
      }),
  );

  test('give the same bits on one thread, two and three', () => {
    const before = threads();
    try {
      scope(() => {
        const { given, probe } = drawn([100, 300, 500], 5);
        for (const half of [false, true]) {
          const run: Layer = (...inputs) =>
            half ? autocast({ device: 'cpu' }, () => linearRelu(...inputs)) : linearRelu(...inputs);
          const [one, ...others] = [1, 2, 3].map((count) => {
            setThreads(count);
            return everything(run, leaves(given), probe);
          });
          for (const other of others)
            for (const [i, tensor] of one.entries()) expect(other[i].equal(tensor)).toBe(true);
        }
      });
    } finally {
      setThreads(before);
    }
  });

  test('give no gradient to what is frozen, and those of each input alone', () =>
    scope(() => {
      const { given, probe } = drawn([64, 512, 256], 6);
      const all = everything(linearRelu, leaves(given), probe).slice(1, 4);
      for (const [at, expected] of all.entries()) {
        const inputs = given.map((tensor) => tensor.detach());
        inputs[at].requiresGrad = true;
        const [x, weight, bias] = inputs;
        const [alone] = grad([linearRelu(x, weight, bias)], [inputs[at]], { gradOutputs: [probe] });
        expect(alone.equal(expected)).toBe(true);
      }
    }));

  test('let a NaN through, and its gradient', () =>
    scope(() => {
      for (const half of [false, true]) {
        const [x, weight, bias] = leaves(drawn([32, 48, 96], 7).given);
        noGrad(() => x.select(0, 7).fill_(Number.NaN));
        const run = () => linearRelu(x, weight, bias);
        const y = half ? autocast({ device: 'cpu' }, run) : run();
        expect(y.isnan().select(0, 7).all().item()).toBe(1);
        expect(y.isnan().sum().item()).toBe(96);
        const [slopes] = grad([y.float().sum()], [bias]);
        const passing = y.gt(0).float().add(y.isnan().float()).sum(0);
        expect(distance(slopes, passing)).toBeLessThan(1e-6);
      }
    }));

  test('say of shapes that do not fit what LibTorch says', () =>
    scope(() => {
      expect(() => linearRelu(randn([64, 512]), randn([512, 500]))).toThrow(
        expect.objectContaining({ code: 'ERR_TORCH', op: 'linearRelu' }),
      );
    }));
});

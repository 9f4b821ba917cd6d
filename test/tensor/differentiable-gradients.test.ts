import { gaussianKl } from '../../src/losses/information';
import { batchNorm2d, instanceNorm2d, linear, spectralNorm } from '../../src/nn';
import { leakyRelu } from '../../src/tensor/activations';
import { grad, noGrad } from '../../src/tensor/autograd';
import { rand, randn, tensor, zeros } from '../../src/tensor/create';
import { conv2d, convTranspose2d, embedding } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';

/** Gradients that have graphs of their own are the ones that have none. */
function expectEqualGradients(y: Tensor, inputs: readonly Tensor[]): void {
  const plain = grad([y], [...inputs], { retainGraph: true });
  const recorded = grad([y], [...inputs], { createGraph: true });
  for (const [i, each] of plain.entries()) expectClose(recorded[i], each);
}

describe('gradients with graphs of their own, where one input was made of another', () => {
  test.each([
    ['instance norm', () => instanceNorm2d(16, { affine: true })],
    ['batch norm', () => batchNorm2d(16)],
  ])('%s used twice', (_, make) =>
    scope(() => {
      const norm = make();
      const x = randn([2, 16, 4, 4], { requiresGrad: true });
      const y = norm
        .forward(norm.forward(x).mul(3).tanh())
        .mul(randn([2, 16, 4, 4]))
        .sum();
      expectEqualGradients(y, [x, norm.weight as Tensor, norm.bias as Tensor]);
      norm.dispose();
    }),
  );

  test.each<[string, (mean: Tensor) => Tensor]>([
    ['the mean', (mean) => mean],
    ['half the mean', (mean) => mean.mul(0.5)],
  ])('a logarithm of the variance that is %s', (_, logVarianceOf) =>
    scope(() => {
      const mean = randn([4, 8], { requiresGrad: true });
      const posterior = { mean, logVariance: logVarianceOf(mean) };
      expectEqualGradients(gaussianKl(posterior), [mean]);
    }),
  );
});

test('inputs that were frozen after the forward pass have no gradient, and are no error', () =>
  scope(() => {
    const layer = spectralNorm(linear(8, 8));
    const y = layer.forward(randn([4, 8])).sum();
    layer.freeze();
    expect(() => y.backward({ createGraph: true })).not.toThrow();
    layer.dispose();
  }));

test.each<[string, () => Tensor]>([
  ['a convolution of the whole image', () => conv2d(rand([3, 8, 4, 4]), rand([5, 8, 4, 4]))],
  ['one from a pixel', () => convTranspose2d(rand([3, 8, 1, 1]), rand([8, 5, 4, 4]))],
  ['a repetition', () => rand([2, 3]).repeat([2, 1])],
  ['rows of a table', () => embedding(zeros([2, 3], { dtype: 'int64' }), rand([4, 5]))],
])('%s without gradients can be changed in place with one', (_, make) =>
  scope(() => {
    const weight = tensor(1.5, { requiresGrad: true });
    const made = noGrad(make);
    made.mul_(weight).sum().backward();
    expect(weight.grad).not.toBeNull();
  }),
);

test.each([0, -1])('a stride of %d is refused where the kernel has one place only, too', (stride) =>
  scope(() => {
    expect(() => conv2d(rand([3, 8, 4, 4]), rand([5, 8, 4, 4]), null, { stride })).toThrow(
      'non-positive stride',
    );
    expect(() => convTranspose2d(rand([3, 8, 1, 1]), rand([8, 5, 4, 4]), null, { stride })).toThrow(
      'non-positive stride',
    );
  }),
);

test('a slope of 0 gives the same, recorded or not', () =>
  scope(() => {
    const values = [Number.NEGATIVE_INFINITY, -1, 0, 2];
    const recorded = leakyRelu(tensor(values, { requiresGrad: true }), 0);
    const plain = leakyRelu(tensor(values), 0);
    expect([...recorded.toTypedArray()]).toEqual([...plain.toTypedArray()]);
  }));

import { grad, noGrad } from '../../src/tensor/autograd';
import { ones, randn } from '../../src/tensor/create';
import { deviceFacts, setKernels, setThreads } from '../../src/tensor/device';
import { instanceNormLeakyRelu } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectBfloat16OfLibtorch } from '../support/bfloat16';
import { distance } from '../support/close';
import { failure } from '../support/failure';

type Layout = 'contiguous' | 'channels_last';

const DOUBLE = { dtype: 'float64' } as const;

function inputs(shape: readonly number[], layout: Layout) {
  const channels = shape[1];
  return {
    // Far from zero, as features are: sums of squares would lose digits.
    input: randn(shape).mul(0.5).add(3).contiguous(layout),
    weight: randn([channels]).mul(0.5).add(1),
    bias: randn([channels]),
    probe: randn(shape),
  };
}

type Inputs = ReturnType<typeof inputs>;

/** Output, gradients, and gradients of the gradients. */
function everything(
  given: Inputs,
  { slope, affine }: { slope: number; affine: boolean },
  to?: typeof DOUBLE,
) {
  const leaf = (tensor: Tensor) => {
    const copy = to ? tensor.to(to) : tensor.clone();
    copy.requiresGrad = true;
    return copy;
  };
  const [x, weight, bias] = [given.input, given.weight, given.bias].map(leaf);
  const leaves = affine ? [x, weight, bias] : [x];
  const probe = to ? given.probe.to(to) : given.probe;
  const output = () => instanceNormLeakyRelu(x, affine ? { weight, bias } : {}, slope);
  const first = output();
  const slopes = grad([first.mul(probe).sum()], leaves, { createGraph: true });
  const second = grad([slopes[0].pow(2).sum()], affine ? [x, weight] : [x]);
  // Without a graph: the way of a training step.
  const plain = grad([output().mul(probe).sum()], leaves);
  return [first, ...slopes, ...second, ...plain];
}

describe('instanceNormLeakyRelu', () => {
  beforeEach(() => manualSeed(1));
  afterEach(() => setKernels(true));

  test('refuses a weight of another size, as instanceNorm', () => {
    scope(() => {
      expect(() => instanceNormLeakyRelu(randn([4, 32, 2, 2]), { weight: ones([31]) }, 0)).toThrow(
        failure('ERR_TORCH', 'weight should contain'),
      );
    });
  });

  describe.each([
    { shape: [3, 32, 5, 7], slope: 0.2, affine: true },
    { shape: [1, 64, 16, 16], slope: 0, affine: false },
    { shape: [2, 96, 1, 2], slope: 0.2, affine: false },
    { shape: [2, 3, 65, 33], slope: 0, affine: true },
    { shape: [5, 20, 6, 6], slope: 1, affine: false },
    { shape: [4, 48, 9, 7], slope: 0.2, affine: true },
    { shape: [2, 32, 48, 46], slope: 1, affine: true },
  ])('of $shape with slope $slope, learned scales: $affine', ({ shape, ...options }) => {
    test.each(['contiguous', 'channels_last'] as const)('is that of LibTorch in float64, %s', (layout) => {
      scope(() => {
        const given = inputs(shape, layout);
        const ours = everything(given, options);
        setKernels(false);
        const exact = everything(given, options, DOUBLE);
        // Two numbers that lie close together have gradients of which float32 keeps few digits.
        const bound = shape[3] === 2 ? 2e-2 : 1e-5;
        expect(ours.map((tensor, i) => distance(tensor, exact[i])).filter((far) => !(far < bound))).toEqual(
          [],
        );
        const keepsLayout = layout === 'contiguous' || shape[1] % 16 === 0;
        expect(ours[0].isContiguous(layout) || !keepsLayout).toBe(true);
      });
    });
  });

  test.each(['contiguous', 'channels_last'] as const)(
    'rounds no more than bfloat16 does anyway, %s',
    (layout) => {
      scope(() => {
        const { input, probe } = inputs([4, 64, 12, 12], layout);
        expectBfloat16OfLibtorch((x) => instanceNormLeakyRelu(x, {}, 0.2), input, probe);
      });
    },
  );

  test.each([
    ['channels_last', [1, 32, 40, 30]],
    ['channels_last', [5, 64, 13, 13]],
    ['contiguous', [3, 5, 70, 70]],
  ] as const)('gives the same bits on one thread and on two: %s, %j', (layout, shape) => {
    const { threads } = deviceFacts();
    scope(() => {
      const given = inputs(shape, layout);
      const [one, two] = [1, 2].map((count) => {
        setThreads(count);
        return everything(given, { slope: 0.2, affine: true });
      });
      setThreads(threads);
      expect(one.map((tensor, i) => tensor.equal(two[i]))).toEqual(one.map(() => true));
    });
  });

  test.each(['contiguous', 'channels_last'] as const)(
    'keeps a constant channel finite, and lets a NaN through, %s',
    (layout) => {
      scope(() => {
        const input = ones([2, 32, 4, 4]).contiguous(layout);
        const output = noGrad(() => instanceNormLeakyRelu(input, {}, 0.2));
        expect(output.abs().max().item()).toBe(0);
        input.select(1, 5).select(0, 1).fill_(Number.NaN);
        const broken = noGrad(() => instanceNormLeakyRelu(input, {}, 0.2)).isnan();
        expect(broken.sum().item()).toBe(16);
      });
    },
  );

  test('of no images, or of images without pixels, is empty', () => {
    scope(() => {
      for (const shape of [
        [0, 32, 4, 4],
        [2, 32, 0, 4],
      ]) {
        expect(instanceNormLeakyRelu(randn(shape), {}, 0.2).shape).toEqual(shape);
      }
    });
  });
});

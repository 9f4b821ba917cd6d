import { grad, noGrad } from '../../src/tensor/autograd';
import { ones, randn, zeros } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { type BatchNormOptions, batchNorm, batchNormLeakyRelu } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectBfloat16OfLibtorch } from '../support/bfloat16';
import { distance } from '../support/close';
import { failure } from '../support/failure';

const DOUBLE = { dtype: 'float64' } as const;

function inputs(shape: readonly number[]) {
  const channels = shape[1];
  return {
    // Far from zero, as features are: sums of squares would lose digits.
    input: randn(shape)
      .mul(0.5)
      .add(3)
      .contiguous(shape.length === 4 ? 'channels_last' : 'contiguous'),
    weight: randn([channels]).mul(0.5).add(1),
    bias: randn([channels]),
    mean: randn([channels]).add(3),
    variance: randn([channels]).pow(2).add(0.5),
    probe: randn(shape),
  };
}

type Inputs = ReturnType<typeof inputs>;

/** Output, moved statistics, gradients, and gradients of the gradients. */
function everything(
  given: Inputs,
  slope: number,
  options: Pick<BatchNormOptions, 'training'>,
  to?: typeof DOUBLE,
) {
  const leaf = (tensor: Tensor) => {
    const copy = to ? tensor.to(to) : tensor.clone();
    copy.requiresGrad = true;
    return copy;
  };
  const [x, weight, bias] = [given.input, given.weight, given.bias].map(leaf);
  const [mean, variance] = [given.mean, given.variance].map((tensor) =>
    to ? tensor.to(to) : tensor.clone(),
  );
  const probe = to ? given.probe.to(to) : given.probe;
  const output = batchNormLeakyRelu(
    x,
    { weight, bias, runningMean: mean, runningVar: variance, momentum: 0.1, ...options },
    slope,
  );
  const [dx, dweight, dbias] = grad([output.mul(probe).sum()], [x, weight, bias], { createGraph: true });
  const [ddx, ddweight] = grad([dx.pow(2).sum().add(dweight.mul(weight).sum())], [x, weight]);
  // Without a graph: the way of a training step.
  const again = batchNormLeakyRelu(
    x,
    { weight, bias, runningMean: mean.clone(), runningVar: variance.clone(), ...options },
    slope,
  );
  const [plainDx, plainDweight, plainDbias] = grad([again.mul(probe).sum()], [x, weight, bias]);
  return { output, mean, variance, dx, dweight, dbias, ddx, ddweight, plainDx, plainDweight, plainDbias };
}

describe('batchNormLeakyRelu', () => {
  // A channel of two numbers that lie close together has second gradients of which float32 keeps few digits.
  beforeEach(() => manualSeed(1));
  afterEach(() => setKernels(true));

  test('refuses a weight of another size, as batchNorm', () => {
    scope(() => {
      expect(() =>
        batchNormLeakyRelu(zeros([4, 32, 2, 2]), { weight: ones([31]), bias: ones([31]), training: true }, 0),
      ).toThrow(failure('ERR_TORCH', '32'));
    });
  });

  describe.each([
    { shape: [9, 32, 5, 7], slope: 0.2 },
    { shape: [64, 64, 4, 4], slope: 0 },
    { shape: [20, 16, 5, 7], slope: 0.2 },
    { shape: [8, 48, 4, 4], slope: 0 },
    { shape: [2, 96, 1, 1], slope: 0.2 },
    { shape: [130, 64], slope: 0.1 },
    { shape: [5, 20, 6, 6], slope: 0.2 },
  ])('of $shape with slope $slope', ({ shape, slope }) => {
    test.each([{ training: true }, { training: false }])('is that of LibTorch in float64: %p', (options) => {
      scope(() => {
        const given = inputs(shape);
        const ours = everything(given, slope, options);
        setKernels(false);
        const exact = everything(given, slope, options, DOUBLE);
        const bound = shape[0] === 2 && options.training ? 2e-3 : 1e-5;
        for (const name of Object.keys(exact) as (keyof typeof exact)[])
          expect({ name, distance: distance(ours[name], exact[name]) < bound }).toEqual({
            name,
            distance: true,
          });
      });
    });
  });

  // A slope of 1 is none.
  test.each([
    { shape: [9, 32, 5, 7], training: true },
    { shape: [9, 32, 5, 7], training: false },
    { shape: [3, 48, 8, 6], training: true },
    { shape: [40, 64], training: true },
    { shape: [5, 20, 6, 6], training: true },
    { shape: [2, 16, 1, 1], training: false },
  ])('without a ReLU, scale and shift is that of LibTorch in float64: %p', ({ shape, training }) => {
    scope(() => {
      const given = inputs(shape);
      const passes = (to?: typeof DOUBLE) => {
        const [x, runningMean, runningVar, probe] = [
          given.input,
          given.mean,
          given.variance,
          given.probe,
        ].map((tensor) => (to ? tensor.to(to) : tensor.clone()));
        x.requiresGrad = true;
        const output = batchNorm(x, { runningMean, runningVar, training });
        const [dx] = grad([output.pow(3).mul(probe).sum()], [x], { createGraph: true });
        const [ddx] = grad([dx.mul(probe).sum()], [x]);
        const again = batchNorm(x, { training: true });
        const [plain] = grad([again.mul(probe).sum()], [x]);
        return [output, runningMean, runningVar, dx, ddx, plain];
      };
      const ours = passes();
      setKernels(false);
      for (const [i, exact] of passes(DOUBLE).entries())
        if (shape[0] > 2 || i < 5) expect(distance(ours[i], exact)).toBeLessThan(2e-5);
    });
  });

  test('without a ReLU is an own kernel in channels_last alone, with the same bits on one thread and three', () => {
    scope(() => {
      const input = randn([16, 32, 16, 16]);
      const run = (x: Tensor) => batchNorm(x, { training: true });
      const last = input.contiguous('channels_last');
      const [ours, plain] = [run(last), run(input)];
      try {
        setThreads(3);
        expect(run(last).equal(ours)).toBe(true);
      } finally {
        setThreads(1);
      }
      setKernels(false);
      expect(run(input).equal(plain)).toBe(true);
      expect(run(last).equal(ours)).toBe(false);
      expect(() => batchNorm(zeros([4, 32, 2, 2]), { weight: ones([31]), training: true })).toThrow(
        failure('ERR_TORCH', '32'),
      );
    });
  });

  test('rounds no more than bfloat16 does anyway', () => {
    scope(() => {
      const { input, weight, bias, probe } = inputs([16, 64, 8, 8]);
      expectBfloat16OfLibtorch(
        (x) => batchNormLeakyRelu(x, { weight, bias, training: true }, 0.2),
        input,
        probe,
      );
    });
  });

  test('keeps a constant channel finite, and lets a NaN through', () => {
    scope(() => {
      const input = ones([8, 32, 4, 4]).contiguous('channels_last');
      const weight = ones([32]);
      const bias = zeros([32]);
      const output = noGrad(() => batchNormLeakyRelu(input, { weight, bias, training: true }, 0.2));
      expect(output.abs().max().item()).toBe(0);
      input.select(1, 5).fill_(Number.NaN);
      const broken = noGrad(() => batchNormLeakyRelu(input, { weight, bias, training: true }, 0.2));
      expect(broken.isnan().any().item()).toBe(1);
      expect(broken.select(1, 4).isnan().any().item()).toBe(0);
    });
  });
});

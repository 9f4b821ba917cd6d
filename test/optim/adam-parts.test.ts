import { adam, adamw } from '../../src/optim/adam';
import type { OptimizerFactory } from '../../src/optim/optimizer';
import { randn } from '../../src/tensor/create';
import { setKernels, setThreads, threads } from '../../src/tensor/device';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

/** Of sizes that parts end within, and of none, one and few numbers. */
const SHAPES = [[300, 170], [170], [], [0, 7], [20, 401], [31, 5, 3, 3], [77_777]];

/** Parameters after some steps, and what Adam keeps of them. */
function trained(make: OptimizerFactory, { count, own }: { count: number; own: boolean }): Tensor[] {
  setThreads(count);
  setKernels(own);
  const generator = new Generator({ seed: 9 });
  const parameters = SHAPES.map((shape) => randn(shape, { generator }));
  parameters.push(randn([40, 24, 5, 3], { generator }).contiguous('channels_last'));
  const optimizer = make(parameters);
  for (const parameter of parameters) parameter.requiresGrad = true;
  for (let step = 0; step < 4; step++)
    scope(() => {
      // One has no gradient at first.
      for (const parameter of parameters.slice(step === 0 ? 1 : 0))
        parameter.grad = parameter.detach().mul(0).add(randn(parameter.shape, { generator }));
      optimizer.step();
    });
  generator.dispose();
  const state = Object.values(optimizer.stateDict());
  optimizer.dispose();
  return [...parameters, ...state];
}

describe('Adam in parts for threads', () => {
  test.each<[string, OptimizerFactory]>([
    ['adam', adam({ lr: 0.01 })],
    ['adam with decay and the largest squares', adam({ lr: 0.01, weightDecay: 0.1, amsgrad: true })],
    ['adamw upwards', adamw({ lr: 0.01, betas: [0, 0.9], maximize: true })],
  ])('%s gives LibTorch’s bits on any number of threads', (_, make) => {
    const before = threads();
    try {
      scope(() => {
        const expected = trained(make, { count: 1, own: false });
        for (const count of [1, 2, 3, 7]) {
          const found = trained(make, { count, own: true });
          expect(found.length).toBe(expected.length);
          for (const [i, tensor] of found.entries()) expect(tensor.equal(expected[i])).toBe(true);
        }
      });
    } finally {
      setKernels(true);
      setThreads(before);
    }
  });
});

import { grad } from '../../src/tensor/autograd';
import { setKernels } from '../../src/tensor/device';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from './close';

/**
 * Expects of a function of a bfloat16 tensor, and of its gradient, that the library's own kernels are no further from what float32 gives than
 * LibTorch's. Leaves own kernels off.
 *
 * @param probe what the result is multiplied with before its sum's gradient is taken
 */
export function expectBfloat16OfLibtorch(run: (input: Tensor) => Tensor, input: Tensor, probe: Tensor): void {
  const rounded = input.to({ dtype: 'bfloat16' });
  const passes = (dtype: 'bfloat16' | 'float32') => {
    const x = rounded.clone().to({ dtype });
    x.requiresGrad = true;
    const output = run(x);
    return [output, ...grad([output.mul(probe).sum()], [x])];
  };
  const ours = passes('bfloat16');
  setKernels(false);
  const library = passes('bfloat16');
  const exact = passes('float32');
  expect(ours.map(({ dtype }) => dtype)).toEqual(['bfloat16', 'bfloat16']);
  for (const [i, tensor] of ours.entries())
    expect(distance(tensor, exact[i])).toBeLessThan(1.05 * distance(library[i], exact[i]));
}

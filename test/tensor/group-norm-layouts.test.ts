import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { groupNorm } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

const FLAGS = [false, true];
const MIXES = FLAGS.flatMap((x) =>
  FLAGS.flatMap((weight) => FLAGS.map((bias) => [x, weight, bias] as const)),
);
const NAMES = ['input', 'weight', 'bias'];

const flat = (tensor: Tensor | null): number[] =>
  tensor ? (tensor.reshape([-1]).toArray() as number[]) : [];

/** First gradients by each of `asked` alone, and the gradient of their squares by all leaves. */
function gradients(mix: readonly boolean[], memoryFormat: 'contiguous' | 'channels_last'): number[][] {
  const generator = new Generator({ seed: 5 });
  const [x, weight, bias] = [[3, 8, 4, 4], [8], [8]].map((shape) => randn(shape, { generator }));
  const seed = randn([3, 8, 4, 4], { generator });
  generator.dispose();
  const all = [x.to({ memoryFormat }).detach(), weight, bias];
  const leaves = all.filter((_, i) => mix[i]);
  for (const leaf of leaves) leaf.requiresGrad = true;
  const y = groupNorm(all[0], 2, { weight, bias });
  const values: number[][] = [flat(y)];
  const loss = y.mul(seed).sum();
  for (const leaf of leaves) {
    const [first] = grad([loss], [leaf], { retainGraph: true });
    values.push(flat(first));
    const [again] = grad([loss], [leaf], { createGraph: true });
    const energy = again.square().sum();
    if (energy.requiresGrad)
      for (const second of grad([energy], leaves, { allowUnused: true, retainGraph: true }))
        values.push(flat(second));
  }
  return values;
}

describe('groupNorm of channels_last images', () => {
  test.each(MIXES.map((mix) => [NAMES.filter((_, i) => mix[i]).join(', ') || 'nothing', mix] as const))(
    'has the contiguous one’s first and second gradients where %s needs them',
    (_, mix) =>
      scope(() => {
        const expected = gradients(mix, 'contiguous');
        const found = gradients(mix, 'channels_last');
        expect(found.map((list) => list.length)).toEqual(expected.map((list) => list.length));
        found.forEach((list, i) => {
          for (const [j, value] of list.entries())
            expect(Math.abs(value - expected[i][j])).toBeLessThan(1e-3 * (1 + Math.abs(expected[i][j])));
        });
      }),
  );
});

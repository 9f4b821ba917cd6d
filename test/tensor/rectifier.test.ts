import { leakyRelu } from '../../src/tensor/activations';
import { grad } from '../../src/tensor/autograd';
import { randn, tensor } from '../../src/tensor/create';
import { setKernels } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { testDevice } from '../support/fixtures';

const RECTIFIERS: [string, (x: Tensor) => Tensor][] = [
  ['relu', (x) => x.relu()],
  ['leakyRelu', (x) => leakyRelu(x, 0.2)],
  ['leakyRelu of slope 0', (x) => leakyRelu(x, 0)],
  ['leakyRelu of a negative slope', (x) => leakyRelu(x, -0.5)],
];

/** Value, gradient, and the gradients of the gradient's square by cotangent and input. */
function everything(rectify: (x: Tensor) => Tensor, x: Tensor, cotangent: Tensor): (Tensor | null)[] {
  const output = rectify(x);
  const [first] = grad([output], [x], { gradOutputs: [cotangent], createGraph: true });
  return [output, first, ...grad([first.square().sum()], [cotangent, x], { allowUnused: true })];
}

describe('rectifiers', () => {
  afterEach(() => setKernels(true));

  test.each(RECTIFIERS)("have the gradients of LibTorch's, which gives zeros for none: %s", (_, rectify) =>
    scope(() => {
      const [x, cotangent] = [0, 1].map(() => randn([4, 5], { device: testDevice, requiresGrad: true }));
      const own = everything(rectify, x, cotangent);
      setKernels(false);
      const plain = everything(rectify, x, cotangent);
      for (const [i, value] of plain.entries()) {
        const found = own[i] ?? null;
        if (found && value) expect(found.equal(value)).toBe(true);
        else expect(value?.abs().max().item() ?? 0).toBe(0);
      }
    }),
  );

  test.each(RECTIFIERS.slice(0, 3))(
    'have no second derivative by their input, so that a penalty does not pass the network again: %s',
    (_, rectify) =>
      scope(() => {
        const [x, cotangent] = [0, 1].map(() => randn([4, 5], { device: testDevice, requiresGrad: true }));
        expect(everything(rectify, x, cotangent)[3]).toBeNull();
      }),
  );

  test('leave whole numbers to LibTorch, which has no gradient for them', () =>
    scope(() => {
      const numbers = tensor([-1, 2], { dtype: 'int64', device: testDevice });
      expect(numbers.relu().toArray()).toEqual([0, 2]);
    }));
});

import { leakyRelu } from '../../src/tensor/activations';
import { grad } from '../../src/tensor/autograd';
import { randn, tensor } from '../../src/tensor/create';
import { setKernels } from '../../src/tensor/device';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
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

  test.each(RECTIFIERS.slice(0, 2))(
    'have no second derivative by their input, so that a penalty does not pass the network again: %s',
    (_, rectify) =>
      scope(() => {
        const [x, cotangent] = [0, 1].map(() => randn([4, 5], { device: testDevice, requiresGrad: true }));
        expect(everything(rectify, x, cotangent)[3]).toBeNull();
      }),
  );

  test.each(RECTIFIERS)(
    'give the bits of LibTorch in bfloat16, of whatever numbers, in any memory format: %s',
    (_, rectify) =>
      scope(() => {
        const odd = [
          -0,
          0,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          Number.NEGATIVE_INFINITY,
          1e-40,
          -1e-40,
          3,
          -3,
        ];
        const device = testDevice;
        const numbers = cat([tensor(odd, { device }), randn([3 * 5 * 7 * 11 - odd.length], { device })]).to({
          dtype: 'bfloat16',
        });
        const image = numbers.reshape([3, 5, 7, 11]);
        const slopes = randn([3, 5, 7, 11], { device }).to({ dtype: 'bfloat16' });
        for (const [x, cotangent] of [
          [image, slopes],
          [image.contiguous('channels_last'), slopes.contiguous('channels_last')],
          [image.contiguous('channels_last'), slopes],
          [image.narrow(3, { start: 1, length: 9 }), slopes.narrow(3, { start: 1, length: 9 })],
          [image.narrow(0, { start: 0, length: 0 }), slopes.narrow(0, { start: 0, length: 0 })],
        ]) {
          const run = () => {
            const leaf = x.detach();
            const unrecorded = rectify(leaf);
            leaf.requiresGrad = true;
            const output = rectify(leaf);
            return [unrecorded, output, ...grad([output], [leaf], { gradOutputs: [cotangent] })];
          };
          const own = run();
          setKernels(false);
          const library = run();
          setKernels(true);
          for (const [i, value] of library.entries()) {
            expect(own[i].toArray()).toEqual(value.toArray());
            expect(own[i].isContiguous('channels_last')).toBe(value.isContiguous('channels_last'));
          }
        }
      }),
  );

  test('leave whole numbers to LibTorch, which has no gradient for them', () =>
    scope(() => {
      const numbers = tensor([-1, 2], { dtype: 'int64', device: testDevice });
      expect(numbers.relu().toArray()).toEqual([0, 2]);
    }));
});

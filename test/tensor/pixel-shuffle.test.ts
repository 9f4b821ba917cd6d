import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { pixelShuffle } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure } from '../support/failure';

/** Output, gradient, and the gradient of the gradient's cube by its cotangent. */
function everything(x: Tensor, cotangent: Tensor, factor: number): Tensor[] {
  const [leaf, slopes] = [x.detach(), cotangent.detach()];
  leaf.requiresGrad = true;
  slopes.requiresGrad = true;
  const output = pixelShuffle(leaf, factor);
  const [first] = grad([output], [leaf], { gradOutputs: [slopes], createGraph: true });
  return [output, first, ...grad([first.pow(3).sum()], [slopes])];
}

describe('pixel shuffle', () => {
  afterEach(() => setKernels(true));

  test('refuses channels that the factor’s square does not divide', () =>
    scope(() => {
      expect(() => pixelShuffle(randn([1, 66, 4, 4]).contiguous('channels_last'), 2)).toThrow(
        failure('ERR_TORCH', 'divisible'),
      );
    }));

  test.each([
    [2, 128, 5, 7, 2],
    [3, 64, 1, 1, 2],
    [1, 192, 6, 1, 2],
    [2, 384, 3, 4, 2],
    [2, 100, 3, 4, 2],
    [2, 144, 3, 4, 3],
  ])(
    'gives the bits of LibTorch, with its gradients: %p × %p, %p × %p, by %p',
    (n, c, height, width, factor) =>
      scope(() => {
        for (const dtype of ['float32', 'bfloat16', 'float64'] as const)
          for (const last of [false, true]) {
            const format = (tensor: Tensor) => {
              const typed = tensor.to({ dtype });
              return last ? typed.contiguous('channels_last') : typed;
            };
            const x = format(randn([n, c, height, width]));
            const slopes = randn([n, c / factor ** 2, height * factor, width * factor]);
            for (const cotangent of [format(slopes), slopes.to({ dtype })]) {
              const own = everything(x, cotangent, factor);
              setKernels(false);
              const library = everything(x, cotangent, factor);
              setKernels(true);
              for (const [i, value] of library.entries()) expect(own[i].equal(value)).toBe(true);
              expect(own[0].isContiguous('channels_last')).toBe(library[0].isContiguous('channels_last'));
            }
          }
      }),
  );

  test('gives the same bits on one thread, two and three', () => {
    try {
      scope(() => {
        const x = randn([4, 128, 24, 24]).contiguous('channels_last');
        const [one, ...others] = [1, 2, 3].map((count) => {
          setThreads(count);
          return pixelShuffle(x, 2);
        });
        for (const other of others) expect(other.equal(one)).toBe(true);
      });
    } finally {
      setThreads(1);
    }
  });
});

import { autocast, grad } from '../../src/tensor/autograd';
import { randn, zeros } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { conv2d } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { failure } from '../support/failure';
import { hasBfloat16Kernels } from '../support/processor';

interface Geometry {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly [number, number];
}

/** What residual networks have, and pixels and channels that do not fit blocks of them; the last ones stay LibTorch's. */
const OWN: readonly Geometry[] = [
  { batch: 40, inputs: 64, outputs: 128, size: [8, 8] },
  { batch: 65, inputs: 128, outputs: 64, size: [4, 4] },
  { batch: 3, inputs: 16, outputs: 34, size: [13, 9] },
  { batch: 1, inputs: 18, outputs: 16, size: [17, 19] },
];
const LIBRARY: readonly Geometry[] = [
  { batch: 3, inputs: 3, outputs: 32, size: [16, 16] },
  { batch: 3, inputs: 32, outputs: 64, size: [3, 3] },
  { batch: 3, inputs: 33, outputs: 64, size: [16, 16] },
];

/** An image, a weight, a bias and a gradient of the result, of numbers that bfloat16 has. */
function draw({ batch, inputs, outputs, size }: Geometry, seed: number): Tensor[] {
  const generator = new Generator({ seed });
  const shapes = [[batch, inputs, ...size], [outputs, inputs, 1, 1], [outputs], [batch, outputs, ...size]];
  const drawn = shapes.map((shape) => randn(shape, { generator }).to({ dtype: 'bfloat16' }).float());
  generator.dispose();
  return drawn;
}

const exactly = (tensor: Tensor): Tensor => tensor.to({ dtype: 'float64' });

/** The result, its gradients, and those of a sum of those. */
function everything(given: readonly Tensor[], half: boolean): Tensor[] {
  const [x, w, b, probe] = given.map((tensor) => tensor.detach());
  for (const leaf of [x, w, b]) leaf.requiresGrad = true;
  const pass = () => conv2d(x, w, b);
  const output = half ? autocast({ device: 'cpu' }, pass) : pass();
  const gradOutputs = [probe.to({ dtype: output.dtype })];
  const first = grad([output], [x, w, b], { gradOutputs, createGraph: true });
  const [dx, dw] = first;
  return [output, ...first, ...grad([dx.square().sum().add(dw.square().sum())], [x, w])];
}

describe('convolutions of single pixels', () => {
  afterEach(() => setKernels(true));

  test('refuse channels that do not fit, as any other convolution', () => {
    scope(() =>
      autocast({ device: 'cpu' }, () => {
        expect(() => conv2d(zeros([8, 32, 8, 8]), zeros([64, 64, 1, 1]))).toThrow(
          failure('ERR_TORCH', 'expected input[8, 32, 8, 8] to have 64 channels'),
        );
        expect(() => conv2d(zeros([8, 32, 8, 8]), zeros([64, 32, 1, 1]), zeros([3]))).toThrow(
          failure('ERR_TORCH', 'bias'),
        );
      }),
    );
  });

  test.each([...OWN, ...LIBRARY])(
    'round no more than LibTorch’s in bfloat16, with gradients of two orders: $batch × $inputs → $outputs, $size',
    (geometry) => {
      scope(() => {
        const given = draw(geometry, 21);
        const exact = everything(given.map(exactly), false);
        const ours = everything(given, true);
        setKernels(false);
        const library = everything(given, true);
        expect(ours[0].dtype).toBe('bfloat16');
        for (const [i, value] of exact.entries()) {
          expect(ours[i].shape).toEqual(value.shape);
          expect(distance(ours[i], value)).toBeLessThan(1.3 * distance(library[i], value) + 1e-4);
        }
      });
    },
  );

  (hasBfloat16Kernels ? test : test.skip).each(OWN)(
    'do not round the gradient by the weight in bfloat16: $batch × $inputs → $outputs, $size',
    (geometry) => {
      scope(() => {
        const given = draw(geometry, 22);
        const [exact, ours] = [everything(given.map(exactly), false)[2], everything(given, true)[2]];
        expect(ours.dtype).toBe('float32');
        expect(distance(ours, exact)).toBeLessThan(1e-5);
      });
    },
  );

  test.each(hasBfloat16Kernels ? [true, false] : [false])(
    'give the same bits on one thread, two and three, in either memory format, which they keep: %p',
    (half) => {
      try {
        for (const geometry of OWN)
          scope(() => {
            const given = draw(geometry, 23);
            const last = given.map((tensor) =>
              tensor.dim === 4 ? tensor.contiguous('channels_last') : tensor,
            );
            const [one, ...others] = [1, 2, 3, 2].map((threads, i) => {
              setThreads(threads);
              // The bias has a gradient of its own kernel, which adds up in the order of the memory.
              const [output, dx, dw, , ...second] = everything(i === 3 ? last : given, half);
              return [output, dx, dw, ...second];
            });
            for (const other of others)
              for (const [i, value] of one.entries()) expect(other[i].equal(value)).toBe(true);
            expect(one[0].isContiguous()).toBe(true);
            expect(others[2][0].isContiguous('channels_last')).toBe(true);
          });
      } finally {
        setThreads(1);
      }
    },
  );

  test.each([...OWN, { batch: 9, inputs: 33, outputs: 17, size: [5, 7] as const }, ...LIBRARY])(
    'are as exact as LibTorch’s in float32, with gradients of two orders: $batch × $inputs → $outputs, $size',
    (geometry) => {
      scope(() => {
        const given = draw(geometry, 24);
        const [exact, ours] = [everything(given.map(exactly), false), everything(given, false)];
        for (const [i, value] of exact.entries()) {
          expect(ours[i].dtype).toBe('float32');
          expect(ours[i].shape).toEqual(value.shape);
          expect(distance(ours[i], value)).toBeLessThan(2e-6);
        }
      });
    },
  );

  test('let a NaN through, and no further than its pixel', () => {
    scope(() => {
      const image = zeros([8, 32, 8, 8]);
      image.select(0, 3).fill_(Number.NaN);
      const output = autocast({ device: 'cpu' }, () => conv2d(image, zeros([16, 32, 1, 1])));
      expect(output.isnan().sum().item()).toBe(16 * 8 * 8);
      expect(output.select(0, 3).isnan().all().item()).toBe(1);
    });
  });
});

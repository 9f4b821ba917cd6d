import { autocast, grad } from '../../src/tensor/autograd';
import { randn, zeros } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { conv2d, convTranspose2d } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { failure } from '../support/failure';
import { hasAvx512 } from '../support/processor';

interface Geometry {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: number | readonly [number, number];
  readonly padding?: number | readonly [number, number];
  /** Of a transposed convolution. */
  readonly outputPadding?: number;
}

/** The innermost layers of a U-Net and of a PatchGAN, and sizes that nothing divides. */
const DOWN: readonly Geometry[] = [
  { batch: 1, inputs: 64, outputs: 32, size: [2, 2], kernel: [4, 4], stride: 2, padding: 1 },
  { batch: 3, inputs: 32, outputs: 80, size: [8, 8], kernel: [4, 4], stride: 2, padding: 1 },
  { batch: 1, inputs: 32, outputs: 64, size: [7, 7], kernel: [4, 4], padding: 1 },
  { batch: 2, inputs: 48, outputs: 112, size: [9, 6], kernel: [3, 3], stride: 2, padding: 1 },
  { batch: 5, inputs: 16, outputs: 112, size: [11, 5], kernel: [5, 4], stride: [3, 1], padding: [2, 0] },
  { batch: 16, inputs: 32, outputs: 64, size: [4, 4], kernel: [5, 5], padding: 2 },
];
const UP: readonly Geometry[] = [
  { batch: 1, inputs: 64, outputs: 32, size: [1, 1], kernel: [4, 4], stride: 2, padding: 1 },
  {
    batch: 2,
    inputs: 96,
    outputs: 64,
    size: [5, 3],
    kernel: [3, 3],
    stride: 2,
    padding: 1,
    outputPadding: 1,
  },
  { batch: 3, inputs: 32, outputs: 64, size: [4, 4], kernel: [4, 4], stride: 2, padding: 1 },
  { batch: 4, inputs: 64, outputs: 32, size: [5, 2], kernel: [2, 9], stride: [1, 3], padding: [0, 2] },
];
const down = (geometry: Geometry): Case => ({ ...geometry, up: false });
const up = (geometry: Geometry): Case => ({ ...geometry, up: true });
const FEW: readonly Case[] = [...DOWN.map(down), ...UP.map(up)];

/** Of more pixels than are few: with AVX-512 they are LibTorch's, which does not promise what ours do. */
const MANY: readonly Case[] = [
  down({ batch: 3, inputs: 16, outputs: 32, size: [33, 31], kernel: [3, 3], stride: 2 }),
  down({ batch: 2, inputs: 32, outputs: 80, size: [40, 70], kernel: [3, 3], stride: 2, padding: 1 }),
  down({
    batch: 2,
    inputs: 16,
    outputs: 16,
    size: [37, 20],
    kernel: [7, 4],
    stride: [2, 1],
    padding: [5, 1],
  }),
  down({
    batch: 5,
    inputs: 16,
    outputs: 48,
    size: [29, 47],
    kernel: [2, 4],
    stride: [3, 5],
    padding: [1, 3],
  }),
  up({ batch: 2, inputs: 32, outputs: 16, size: [17, 19], kernel: [4, 3], stride: 2, padding: 1 }),
  up({ batch: 1, inputs: 16, outputs: 48, size: [31, 22], kernel: [5, 3], stride: [3, 2], padding: [4, 0] }),
];
const OURS = hasAvx512 ? FEW : [...FEW, ...MANY];

interface Case extends Geometry {
  readonly up: boolean;
}

function convolve({ up, stride, padding, outputPadding }: Case, x: Tensor, w: Tensor, b: Tensor): Tensor {
  return up
    ? convTranspose2d(x, w, b, { stride, padding, outputPadding })
    : conv2d(x, w, b, { stride, padding });
}

/** An image, a weight and a bias, of numbers that bfloat16 has. */
function draw({ up, batch, inputs, outputs, size, kernel }: Case, seed: number): Tensor[] {
  const generator = new Generator({ seed });
  const sides = up ? [inputs, outputs] : [outputs, inputs];
  const drawn = [[batch, inputs, ...size], [...sides, ...kernel], [outputs]].map((shape) =>
    randn(shape, { generator }).to({ dtype: 'bfloat16' }).float(),
  );
  generator.dispose();
  return drawn;
}

/** The shape of a result, or what an error says. */
function outcome(compute: () => Tensor): unknown {
  try {
    return compute().shape;
  } catch (error) {
    return (error as Error).message;
  }
}

const exactly = (tensor: Tensor): Tensor => tensor.to({ dtype: 'float64' });

/** The result, its gradients, and those of a sum of those. */
function everything(which: Case, given: readonly Tensor[], half: boolean): Tensor[] {
  const [x, w, b] = given.map((tensor) => tensor.detach());
  for (const leaf of [x, w, b]) leaf.requiresGrad = true;
  const pass = () => convolve(which, x, w, b);
  const output = half ? autocast({ device: 'cpu' }, pass) : pass();
  const first = grad([output.to({ dtype: x.dtype }).square().mul(0.01).sum()], [x, w, b], {
    createGraph: true,
  });
  const [dx, dw] = first;
  return [output, ...first, ...grad([dx.square().sum().add(dw.square().sum())], [x, w, b])];
}

describe('convolutions by patches', () => {
  afterEach(() => setKernels(true));

  test('refuse channels that do not fit, as any other convolution', () => {
    scope(() => {
      const options = { stride: 2, padding: 1 };
      expect(() => conv2d(zeros([1, 32, 4, 4]), zeros([64, 64, 4, 4]), null, options)).toThrow(
        failure('ERR_TORCH', 'expected input[1, 32, 4, 4] to have 64 channels'),
      );
      expect(() => conv2d(zeros([1, 64, 4, 4]), zeros([64, 64, 4, 4]), zeros([3]), options)).toThrow(
        failure('ERR_TORCH', 'bias'),
      );
      expect(() =>
        convTranspose2d(zeros([1, 64, 2, 2]), zeros([64, 64, 4, 4]), null, { ...options, outputPadding: 2 }),
      ).toThrow(failure('ERR_TORCH', 'output padding must be smaller'));
    });
  });

  test.each([...FEW, ...MANY])('are as exact as LibTorch’s, with gradients of two orders: %j', (which) => {
    scope(() => {
      const given = draw(which, 31);
      const exact = everything(which, given.map(exactly), false);
      const ours = everything(which, given, false);
      for (const [i, value] of exact.entries()) {
        expect(ours[i].dtype).toBe('float32');
        expect(ours[i].shape).toEqual(value.shape);
        expect(distance(ours[i], value)).toBeLessThan(3e-6);
      }
    });
  });

  test.each(FEW)('round no more than LibTorch’s in bfloat16: %j', (which) => {
    scope(() => {
      const given = draw(which, 32);
      const exact = everything(which, given.map(exactly), false);
      const ours = everything(which, given, true);
      setKernels(false);
      const library = everything(which, given, true);
      expect(ours.map(({ dtype }) => dtype)).toEqual(library.map(({ dtype }) => dtype));
      for (const [i, value] of exact.entries())
        expect(distance(ours[i], value)).toBeLessThan(1.3 * distance(library[i], value) + 1e-4);
    });
  });

  test.each(OURS)(
    'give the same bits on any number of threads, in the format of their arguments: %j',
    (which) => {
      try {
        scope(() => {
          const given = draw(which, 33);
          const last = given.map((tensor) =>
            tensor.dim === 4 ? tensor.contiguous('channels_last') : tensor,
          );
          const results = [1, 2, 3, 2].map((threads, i) => {
            setThreads(threads);
            const [output, dx, dw, , ddx, ddw] = everything(which, i === 3 ? last : given, false);
            return [output, dx, dw, ddx, ddw];
          });
          for (const other of results.slice(1))
            for (const [i, value] of results[0].entries()) expect(other[i].equal(value)).toBe(true);
          for (const tensor of results[0]) expect(tensor.isContiguous()).toBe(true);
          for (const tensor of results[3]) expect(tensor.isContiguous('channels_last')).toBe(true);
        });
      } finally {
        setThreads(1);
      }
    },
  );

  test('an image’s pixels do not depend on the others of its batch', () => {
    scope(() => {
      // Each image of the last two has many pixels by itself.
      for (const which of [FEW[1], ...(hasAvx512 ? [] : [MANY[1], MANY[4]])]) {
        const [x, w, b] = draw(which, 34);
        const all = convolve(which, x, w, b);
        const one = convolve(which, x.narrow(0, { start: 1, length: 1 }), w, b);
        expect(one.equal(all.narrow(0, { start: 1, length: 1 }))).toBe(true);
      }
    });
  });

  test('can be changed in place, as results of any other', () => {
    scope(() => {
      for (const which of [FEW[0], FEW[DOWN.length]]) {
        const [x, w, b] = draw(which, 35);
        w.requiresGrad = true;
        const output = convolve(which, x, w, b);
        const expected = output.detach().mul(2);
        output.mul_(2);
        expect(output.equal(expected)).toBe(true);
        expect(grad([output.sum()], [w])[0].shape).toEqual(w.shape);
      }
    });
  });

  test('one pixel keeps its format for the next layer', () => {
    scope(() => {
      const [inner, outer] = [randn([64, 64, 4, 4]), randn([64, 64, 4, 4])];
      const options = { stride: 2, padding: 1 };
      const twice = (x: Tensor) => convTranspose2d(conv2d(x, inner, null, options), outer, null, options);
      const plain = randn([2, 64, 2, 2]);
      expect(twice(plain).isContiguous()).toBe(true);
      expect(twice(plain.contiguous('channels_last')).isContiguous('channels_last')).toBe(true);
    });
  });

  test('take images of no channels, as any other convolution', () => {
    scope(() => {
      const options = { stride: 2, padding: 1 };
      const [x, w] = [zeros([1, 0, 64, 64]), zeros([16, 0, 3, 3])];
      const empty = (convolved: () => Tensor) => {
        setKernels(true);
        const ours = outcome(convolved);
        setKernels(false);
        expect(ours).toEqual(outcome(convolved));
      };
      empty(() => conv2d(x, w, null, options));
      empty(() => convTranspose2d(zeros([1, 16, 32, 32]), w, null, options));
      empty(() => conv2d(zeros([1, 16, 64, 64]), zeros([0, 16, 3, 3]), null, options));
    });
  });

  test('let a NaN through, and no further than its image', () => {
    scope(() => {
      const image = zeros([3, 64, 4, 4]);
      image.select(0, 1).fill_(Number.NaN);
      const output = conv2d(image, zeros([32, 64, 4, 4]), null, { stride: 2, padding: 1 });
      expect(output.isnan().sum().item()).toBe(32 * 2 * 2);
      expect(output.select(0, 1).isnan().all().item()).toBe(1);
    });
  });
});

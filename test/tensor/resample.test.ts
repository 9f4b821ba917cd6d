import { grad } from '../../src/tensor/autograd';
import { rand, randn, zeros } from '../../src/tensor/create';
import { deviceFacts, setKernels, setThreads } from '../../src/tensor/device';
import { conv2d, convTranspose2d } from '../../src/tensor/functional';
import { blur2d, downsample2d, upFirDown, upsample2d } from '../../src/tensor/resample';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';

const DOUBLE = { dtype: 'float64' } as const;
const KERNEL = [1, 3, 3, 1];

describe('upFirDown refuses', () => {
  const image = (): Tensor => zeros([1, 1, 4, 4]);

  test.each([
    [{ kernel: [] }, 'kernel to be 1 to 64 finite numbers but received [] (array)'],
    [{ kernel: new Array(65).fill(1) }, 'kernel to be 1 to 64 finite numbers'],
    [{ kernel: KERNEL, up: 0 }, 'up to be a positive integer but received 0 (number)'],
    [{ kernel: KERNEL, down: 0.5 }, 'down to be a positive integer but received 0.5 (number)'],
    [
      { kernel: KERNEL, padding: [1, 1, 1, 0.5] as const },
      'padding to be four integers [left, right, top, bottom] but received [1, 1, 1, 0.5] (array)',
    ],
  ])('%p', (options, message) =>
    scope(() => expect(() => upFirDown(image(), options)).toThrow(usage(`upFirDown expects ${message}`))),
  );

  test.each([
    ['images of another rank', () => zeros([1, 4, 4]), {}, 'expected floating-point images [N, C, H, W] but'],
    ['whole numbers', () => zeros([1, 1, 4, 4], { dtype: 'int64' }), {}, 'expected floating-point images'],
    [
      'images smaller than the kernel',
      () => zeros([1, 1, 4, 3]),
      {},
      'expected a kernel of at most the 3 pixels that padded images have in a direction but received 4',
    ],
    ['a factor beyond all use', image, { up: 65 }, 'expected factors of 1 to 64 but received 65'],
    [
      'a border beyond all use',
      image,
      { padding: [0, 1e6, 0, 0] as const },
      'expected paddings of -65536 to',
    ],
    [
      'more pixels than there is memory for',
      image,
      { up: 64, padding: [65_536, 0, 65_536, 0] as const },
      'expected images of at most 16777216 pixels to come of it but counted',
    ],
  ])('%s', (_, input, options, message) =>
    scope(() =>
      expect(() => upFirDown(input(), { kernel: KERNEL, ...options })).toThrow(
        failure('ERR_INVALID_ARG', `upFirDown: ${message}`),
      ),
    ),
  );
});

test.each([
  [[1, 1, 2, 1], 'at least 2 × 2 pixels but received [1, 1, 2, 1]'],
  [[4, 4], 'at least 2 × 2 pixels but received [4, 4]'],
])('downsample2d refuses images of %p', (shape, message) =>
  scope(() =>
    expect(() => downsample2d(zeros(shape))).toThrow(
      failure('ERR_SHAPE', `expected images [N, C, H, W] of ${message}`),
    ),
  ),
);

describe('blur2d', () => {
  test.each([
    [{ gain: -1 }, 'gain to be a number of at least 0 but received -1 (number)'],
    [{ kernel: [0] }, 'kernel to have a sum that is not 0 but received [0] (array)'],
  ])('refuses %p', (options, message) =>
    scope(() =>
      expect(() => blur2d(zeros([1, 1, 4, 4]), options)).toThrow(usage(`blur2d expects ${message}`)),
    ),
  );

  test('keeps the size, and halves or doubles it beside a convolution of stride 2', () =>
    scope(() => {
      const x = randn([2, 3, 8, 6]);
      const weight = randn([3, 3, 3, 3]);
      expect(blur2d(x).shape).toEqual(x.shape);
      expect(conv2d(blur2d(x, { padding: [2, 2, 2, 2] }), weight, null, { stride: 2 }).shape).toEqual([
        2, 3, 4, 3,
      ]);
      const large = convTranspose2d(x, weight, null, { stride: 2 });
      expect(blur2d(large, { padding: [1, 1, 1, 1], gain: 4 }).shape).toEqual([2, 3, 16, 12]);
    }));
});

test('downsample2d is the adjoint of upsample2d, but for a factor of factor²', () =>
  scope(() => {
    for (const [kernel, factor] of [
      [KERNEL, 2],
      [[1, 2, 1], 2],
      [[1, 5, 10, 10, 5, 1], 4],
      [[2, 3, 4], 1],
      [[1], 3],
    ] as const) {
      const x = randn([2, 3, 4, 5], DOUBLE);
      const y = randn([2, 3, 4 * factor, 5 * factor], DOUBLE);
      const over = upsample2d(x, { kernel, factor }).mul(y).sum();
      const under = downsample2d(y, { kernel: [...kernel].reverse(), factor })
        .mul(x)
        .sum();
      expectClose(over, under.mul(factor ** 2));
    }
  }));

describe('upFirDown', () => {
  afterEach(() => setKernels(true));

  test.each(['float32', 'float64', 'bfloat16', 'float16'] as const)(
    'keeps the dtype and the memory format, and is as exact as %s is',
    (dtype) =>
      scope(() => {
        for (const memoryFormat of ['contiguous', 'channels_last'] as const) {
          const x = randn([2, 5, 6, 7]).to({ dtype }).contiguous(memoryFormat);
          const exact = upsample2d(x.to(DOUBLE));
          for (const enabled of [true, false]) {
            setKernels(enabled);
            const y = upsample2d(x);
            expect([y.dtype, y.isContiguous(memoryFormat)]).toEqual([dtype, true]);
            const step = { float32: 2 ** -23, float64: 2 ** -52, bfloat16: 2 ** -8, float16: 2 ** -11 }[
              dtype
            ];
            // Our own kernel rounds what it sums up once, LibTorch's operators every sum.
            const roundings = enabled && dtype === 'bfloat16' ? 1 : 8;
            expectClose(y.to(DOUBLE), exact, { relative: roundings * step });
          }
        }
      }),
  );

  // Rows are filtered several at once, and where those begin depends on the thread.
  test.each([
    { shape: [3, 16, 33, 65], up: 1, down: 2, taps: 4 },
    { shape: [2, 3, 255, 257], up: 1, down: 2, taps: 4 },
    { shape: [1, 64, 65, 67], up: 1, down: 1, taps: 3 },
    { shape: [3, 17, 37, 41], up: 2, down: 1, taps: 4 },
    { shape: [7, 8, 129, 31], up: 3, down: 2, taps: 7 },
  ])('is the same, bit by bit, for any number of threads: %j', ({ shape, taps, ...factors }) =>
    scope(() => {
      const { threads } = deviceFacts();
      const kernel = Array.from({ length: taps }, (_, i) => 0.1 + 0.07 * i);
      for (const memoryFormat of ['contiguous', 'channels_last'] as const) {
        const x = randn(shape).contiguous(memoryFormat);
        const filter = () => upFirDown(x, { kernel, ...factors, padding: [2, 1, 1, 2] });
        const [first, ...others] = [1, 2, 3, 5].map((count) => {
          setThreads(count);
          return filter();
        });
        setThreads(threads);
        expect(others.map((other) => other.equal(first))).toEqual([true, true, true]);
      }
    }),
  );

  test('has gradients of the third order', () =>
    scope(() => {
      const x = rand([1, 2, 3, 4], { ...DOUBLE, requiresGrad: true });
      const energy = (image: Tensor): Tensor => upsample2d(image).pow(4).sum();
      const [first] = grad([energy(x)], [x], { createGraph: true });
      const [second] = grad([first.sum()], [x], { createGraph: true });
      const [third] = grad([second.sum()], [x]);
      // Of y = A x and Σ y⁴, along ones: 24 Aᵀ (y ⊙ (A 1)²).
      const all = upsample2d(x.detach().mul(0).add(1));
      const expected = upsample2d(x.detach()).mul(all.square()).mul(24);
      expectClose(third, downsample2d(expected).mul(4));
    }));

  test('is nothing of nothing, and has its gradients', () =>
    scope(() => {
      for (const shape of [
        [0, 3, 4, 4],
        [2, 0, 4, 4],
        [2, 3, 0, 4],
        [2, 3, 4, 0],
        [0, 0, 0, 0],
      ])
        for (const options of [{ up: 2 }, { down: 2 }]) {
          const x = zeros(shape, { requiresGrad: true });
          const y = upFirDown(x, { kernel: KERNEL, padding: [4, 4, 4, 4], ...options });
          expect(y.abs().sum().item()).toBe(0);
          const [first] = grad([y.square().sum()], [x], { createGraph: true });
          const [second] = grad([first.sum()], [x]);
          expect([first.shape, second.shape]).toEqual([shape, shape]);
        }
    }));
});

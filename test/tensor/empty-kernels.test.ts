import { ops } from '../../src/native/ops.generated';
import { grad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { batchNormLeakyRelu, conv2d, convTranspose2d, linear } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { wrap } from '../../src/tensor/wrap';

const HALVE = { stride: 2, padding: 1 };

/** Sums over nothing are 0, so every gradient by a weight is 0, and every one by an image has the image's shape. */
function expectZeros(run: (input: Tensor, weight: Tensor) => Tensor, shapes: readonly [number[], number[]]) {
  scope(() => {
    const [input, weight] = shapes.map((shape) => randn(shape, { requiresGrad: true }));
    const output = run(input, weight);
    const first = grad([output.sum()], [input, weight], { createGraph: true });
    expect(first.map(({ shape }) => shape)).toEqual(shapes);
    expect(first[1].abs().sum().item()).toBe(0);
    const energy = first[0].square().sum().add(first[1].square().sum());
    const second = grad([energy], [weight], { allowUnused: true })[0];
    expect(second?.abs().sum().item() ?? 0).toBe(0);
  });
}

describe('the own kernels on a batch of 0', () => {
  test.each([1, 3, 4, 32, 64])('a 4×4 stride-2 convolution of %d channels and its transpose', (large) => {
    const weight = [64, large, 4, 4];
    expectZeros((x, w) => conv2d(x, w, null, HALVE), [[0, large, 16, 16], weight]);
    expectZeros((x, w) => convTranspose2d(x, w, null, HALVE), [[0, 64, 8, 8], weight]);
  });

  test.each([3, 32, 64])('a 3×3 convolution of %d channels', (channels) => {
    expectZeros(
      (x, w) => conv2d(x, w, null, { padding: 1 }),
      [
        [0, channels, 8, 8],
        [64, channels, 3, 3],
      ],
    );
  });

  test('a 3×3 convolution, a linear layer', () => {
    expectZeros(
      (x, w) => conv2d(x, w, null, { padding: 1 }),
      [
        [0, 3, 8, 8],
        [8, 3, 3, 3],
      ],
    );
    expectZeros(
      (x, w) => linear(x, w),
      [
        [0, 512],
        [256, 512],
      ],
    );
  });

  test('a 4×4 stride-2 convolution to no channels is refused by name', () => {
    const attempt = () => scope(() => conv2d(randn([2, 3, 16, 16]), randn([0, 3, 4, 4]), null, HALVE));
    expect(attempt).toThrow(/^conv2d: .*at least 1 at dimension 0/);
  });

  test('batch norm without channels divides by nothing', () => {
    const outcome = scope(() => {
      try {
        const none = (): Tensor => randn([0]);
        return batchNormLeakyRelu(randn([4, 0]), { weight: none(), bias: none(), training: true }, 0.2).shape;
      } catch (error) {
        return error;
      }
    });
    expect(outcome).toBeDefined();
  });
});

describe('a convolution whose every window lies in its border', () => {
  test.each([
    ['of one pixel', [3, 3, 1, 1], [3, 3, 1, 1], { stride: [1, 3], padding: [2, 2], dilation: [1, 2] }],
    ['in groups', [2, 32, 1, 1], [64, 1, 3, 1], { stride: [1, 3], padding: 2, dilation: 2, groups: 32 }],
    ['without gradients', [5, 64, 3, 1], [2, 64, 3, 1], { stride: [2, 3], padding: 2, dilation: [1, 2] }],
  ] as const)('is its bias, and has gradients of both orders: %s', (_, image, kernel, options) =>
    scope(() => {
      const x = randn(image, { requiresGrad: true }).to({ memoryFormat: 'channels_last' });
      const weight = randn(kernel, { requiresGrad: true });
      const bias = randn([kernel[0]], { requiresGrad: true });
      const y = conv2d(x, weight, bias, options);
      expect(
        y
          .sub(bias.reshape([1, -1, 1, 1]))
          .abs()
          .amax()
          .item(),
      ).toBe(0);
      const first = grad([y.square().sum()], [x, weight, bias], { createGraph: true });
      expect(first.slice(0, 2).map((tensor) => tensor.abs().amax().item())).toEqual([0, 0]);
      const second = grad([first[2].square().sum()], [bias]);
      expect(second[0].shape).toEqual([kernel[0]]);
      expect(conv2d(x.detach(), weight.detach(), null, options).abs().amax().item()).toBe(0);
    }),
  );

  test.each<
    [
      string,
      typeof ops.conv1d,
      number[],
      number[],
      { stride: number[]; padding: number[]; dilation: number[]; groups: number },
    ]
  >([
    ['rows', ops.conv1d, [5, 64, 1], [2, 64, 1], { stride: [3], padding: [2], dilation: [1], groups: 1 }],
    [
      'volumes',
      ops.conv3d,
      [5, 512, 2, 3, 1],
      [32, 16, 1, 1, 2],
      { stride: [5, 3, 3], padding: [0, 1, 7], dilation: [2], groups: 32 },
    ],
    [
      'volumes of one voxel',
      ops.conv3d,
      [2, 32, 1, 1, 1],
      [64, 1, 1, 3, 1],
      { stride: [1, 1, 3], padding: [2], dilation: [1, 2, 2], groups: 32 },
    ],
  ])('of %s too, in every layout', (_, convolve, image, kernel, { stride, padding, dilation, groups }) =>
    scope(() => {
      const rank = image.length;
      const spread = Array.from({ length: rank - 2 }, (_, i) => i + 2);
      const [apart, together] = [
        [0, ...spread, 1],
        [0, rank - 1, ...spread.map((i) => i - 1)],
      ];
      for (const channelsLast of [false, true]) {
        const drawn = randn(image, { requiresGrad: true });
        const x = channelsLast ? drawn.permute(apart).contiguous().permute(together) : drawn;
        const weight = randn(kernel, { requiresGrad: true });
        const y = wrap(convolve(x.handle, weight.handle, null, stride, padding, dilation, groups), 'conv');
        expect(y.abs().amax().item()).toBe(0);
        const gradients = grad([y.square().sum()], [drawn, weight]);
        expect(gradients.map((tensor) => tensor.abs().amax().item())).toEqual([0, 0]);
      }
    }),
  );
});

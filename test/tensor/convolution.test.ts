import { autocast, grad } from '../../src/tensor/autograd';
import { randn, zeros } from '../../src/tensor/create';
import { setKernels } from '../../src/tensor/device';
import { conv2d, convTranspose2d } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { failure } from '../support/failure';
import { hasBfloat16Kernels } from '../support/processor';

const HALVE = { stride: 2, padding: 1 };

interface Geometry {
  readonly batch: number;
  /** Size of the small side. */
  readonly n: number;
  readonly small: number;
  readonly large: number;
}

/** What a DCGAN has, and what does not fit blocks of 64 channels, 32 tiles or an even share for every thread. */
const GEOMETRIES: readonly Geometry[] = [
  { batch: 8, n: 8, small: 64, large: 32 },
  { batch: 33, n: 4, small: 128, large: 64 },
  { batch: 3, n: 14, small: 96, large: 32 },
  { batch: 129, n: 2, small: 32, large: 160 },
  { batch: 2, n: 32, small: 32, large: 32 },
  { batch: 5, n: 7, small: 64, large: 3 },
  { batch: 4, n: 16, small: 32, large: 1 },
];

interface Case {
  readonly name: string;
  readonly run: (image: Tensor, weight: Tensor) => Tensor;
  readonly image: (geometry: Geometry) => readonly number[];
}

const CASES: readonly Case[] = [
  {
    name: 'conv2d',
    run: (image, weight) => conv2d(image, weight, null, HALVE),
    image: ({ batch, n, large }) => [batch, large, 2 * n, 2 * n],
  },
  {
    name: 'convTranspose2d',
    run: (image, weight) => convTranspose2d(image, weight, null, HALVE),
    image: ({ batch, n, small }) => [batch, small, n, n],
  },
];

/** Output, gradients, and the gradients of a gradient penalty: everything that training asks of a convolution. */
function everything({ run }: Case, image: Tensor, weight: Tensor, probe: Tensor): Record<string, Tensor> {
  const x = image.detach();
  const w = weight.detach();
  x.requiresGrad = true;
  w.requiresGrad = true;
  const output = run(x, w);
  const loss = output.mul(probe).sum().add(output.pow(2).mul(0.5).sum());
  const [dx, dw] = grad([loss], [x, w], { createGraph: true });
  const penalty = dx.pow(2).sum().add(dw.mul(w.detach()).sum());
  const [ddx, ddw] = grad([penalty], [x, w]);
  return { output, dx, dw, ddx, ddw };
}

describe('4×4 convolutions of stride 2', () => {
  afterEach(() => setKernels(true));

  test('refuse channels that do not fit, as any other convolution', () => {
    scope(() => {
      expect(() => conv2d(zeros([64, 32, 16, 16]), zeros([64, 64, 4, 4]), null, HALVE)).toThrow(
        failure('ERR_TORCH', 'expected input[64, 32, 16, 16] to have 64 channels'),
      );
      expect(() => conv2d(zeros([64, 32, 16, 16]), zeros([64, 32, 4, 4]), zeros([3]), HALVE)).toThrow(
        failure('ERR_TORCH', 'bias'),
      );
      expect(() =>
        conv2d(zeros([64, 32, 16, 16]), zeros([64, 32, 4, 4], { dtype: 'bfloat16' }), null, HALVE),
      ).toThrow(failure('ERR_TORCH', 'should be the same'));
    });
  });

  describe.each(CASES)('$name', (which) => {
    test.each(GEOMETRIES)(
      'is that of LibTorch in float64, with both orders of gradients: $batch × $large at 2·$n ↔ $small',
      (geometry) => {
        scope(() => {
          const generator = new Generator({ seed: 7 });
          const image = randn(which.image(geometry), { generator });
          const weight = randn([geometry.small, geometry.large, 4, 4], { generator }).mul(0.05);
          const probe = randn(which.run(image, weight).shape, { generator });
          generator.dispose();
          const ours = everything(which, image, weight, probe);
          const exact = everything(
            which,
            image.to({ dtype: 'float64' }),
            weight.to({ dtype: 'float64' }),
            probe.to({ dtype: 'float64' }),
          );
          for (const name of Object.keys(exact)) expect(distance(ours[name], exact[name])).toBeLessThan(5e-6);
        });
      },
    );

    test.each(GEOMETRIES)(
      'rounds no more than bfloat16 does anyway: $batch × $large at 2·$n ↔ $small',
      (geometry) => {
        scope(() => {
          const generator = new Generator({ seed: 8 });
          const image = randn(which.image(geometry), { generator });
          const weight = randn([geometry.small, geometry.large, 4, 4], { generator }).mul(0.05);
          generator.dispose();
          weight.requiresGrad = true;
          image.requiresGrad = true;
          const passes = () => {
            const output = autocast({ device: 'cpu' }, () => which.run(image, weight));
            const [dx, dw] = grad([output.to({ dtype: 'float32' }).pow(2).sum()], [image, weight]);
            return { output, dx, dw };
          };
          const ours = passes();
          setKernels(false);
          const library = passes();
          expect(ours.output.dtype).toBe('bfloat16');
          expect([ours.dx.dtype, ours.dw.dtype]).toEqual(['float32', 'float32']);
          const x = image.detach().to({ dtype: 'float64' });
          const w = weight.detach().to({ dtype: 'float64' });
          x.requiresGrad = true;
          w.requiresGrad = true;
          const output = which.run(x, w);
          const [dx, dw] = grad([output.pow(2).sum()], [x, w]);
          const exact = { output, dx, dw };
          for (const name of ['output', 'dx', 'dw'] as const) {
            expect(distance(ours[name], exact[name])).toBeLessThan(hasBfloat16Kernels ? 0.012 : 0.014);
            expect(distance(ours[name], exact[name])).toBeLessThan(3 * distance(library[name], exact[name]));
          }
        });
      },
    );
  });

  test('add their bias, whatever the memory format', () => {
    scope(() => {
      const image = randn([16, 32, 16, 16]);
      const weight = randn([64, 32, 4, 4]).mul(0.1);
      const bias = randn([64]);
      const channelsLast = conv2d(
        image.contiguous('channels_last'),
        weight.contiguous('channels_last'),
        bias,
        HALVE,
      );
      const plain = conv2d(image, weight, bias, HALVE);
      const exact = conv2d(
        image.to({ dtype: 'float64' }),
        weight.to({ dtype: 'float64' }),
        bias.to({ dtype: 'float64' }),
        HALVE,
      );
      expect(distance(plain, exact)).toBeLessThan(2e-6);
      expect(plain.equal(channelsLast)).toBe(true);
    });
  });

  test('give the same bits however many images come with one', () => {
    scope(() => {
      const images = randn([64, 64, 16, 16]);
      const weight = randn([128, 64, 4, 4]);
      const all = conv2d(images, weight, null, HALVE);
      const some = conv2d(images.narrow(0, { start: 10, length: 30 }), weight, null, HALVE);
      expect(some.equal(all.narrow(0, { start: 10, length: 30 }))).toBe(true);
    });
  });

  test('let a NaN through', () => {
    scope(() => {
      const image = zeros([64, 32, 8, 8]);
      image.select(0, 3).fill_(Number.NaN);
      const output = conv2d(image, zeros([32, 32, 4, 4]), null, HALVE);
      expect(output.narrow(0, { start: 3, length: 1 }).isnan().any().item()).toBe(1);
      expect(output.narrow(0, { start: 4, length: 60 }).isnan().any().item()).toBe(0);
    });
  });
});

describe('convolutions that are one product of matrices', () => {
  test.each([
    ['conv2d whose kernel is as large as the image', conv2d, [7, 32, 4, 4], [5, 32, 4, 4]],
    ['conv2d from a rectangle', conv2d, [2, 3, 2, 5], [4, 3, 2, 5]],
    ['convTranspose2d from one pixel', convTranspose2d, [7, 20, 1, 1], [20, 6, 4, 4]],
  ])('%s', (_, run, imageShape, weightShape) => {
    scope(() => {
      const image = randn(imageShape);
      const weight = randn(weightShape);
      const bias = randn([run === conv2d ? weightShape[0] : weightShape[1]]);
      const both = (...tensors: readonly Tensor[]) => {
        const [x, w, b] = tensors.map((tensor) => tensor.detach());
        for (const leaf of [x, w, b]) leaf.requiresGrad = true;
        const output = run(x, w, b, { stride: 1 });
        return [output, ...grad([output.pow(3).sum()], [x, w, b])];
      };
      const exact = both(
        image.to({ dtype: 'float64' }),
        weight.to({ dtype: 'float64' }),
        bias.to({ dtype: 'float64' }),
      );
      for (const [i, ours] of both(image, weight, bias).entries()) {
        expect(ours.shape).toEqual(exact[i].shape);
        expect(distance(ours, exact[i])).toBeLessThan(2e-6);
      }
    });
  });
});

describe('other convolutions', () => {
  afterEach(() => setKernels(true));

  const kinds: readonly [string, Parameters<typeof conv2d>[3], readonly number[], readonly number[]][] = [
    ['3×3', { padding: 1 }, [4, 6, 9, 7], [5, 6, 3, 3]],
    ['1×1', {}, [4, 6, 8, 8], [5, 6, 1, 1]],
    ['3×3 in groups', { padding: 1, groups: 3 }, [4, 6, 8, 8], [12, 2, 3, 3]],
    ['each channel apart', { groups: 6 }, [4, 6, 4, 5], [6, 1, 2, 2]],
    [
      'strided and dilated, a rectangle',
      { stride: [2, 3], padding: [1, 2], dilation: [2, 1] },
      [3, 4, 11, 10],
      [5, 4, 3, 2],
    ],
    ['with pixels at the edge that no window reaches', { stride: 3 }, [2, 3, 11, 11], [4, 3, 3, 3]],
  ];

  test.each(kinds)(
    'have gradients of every order that are those of float64: %s',
    (_, options, imageShape, weightShape) => {
      scope(() => {
        const generator = new Generator({ seed: 9 });
        const image = randn(imageShape, { generator });
        const weight = randn(weightShape, { generator });
        const bias = randn([weightShape[0]], { generator });
        generator.dispose();
        const orders = (...tensors: readonly Tensor[]) => {
          const leaves = tensors.map((tensor) => tensor.detach());
          for (const leaf of leaves) leaf.requiresGrad = true;
          const [x, w, b] = leaves;
          const output = conv2d(x, w, b, options);
          const first = grad([output.pow(3).sum()], leaves, { createGraph: true });
          const second = grad([first.map((each) => each.pow(2).sum()).reduce((a, c) => a.add(c))], leaves, {
            createGraph: true,
          });
          const third = grad([second[0].pow(2).sum().add(second[1].sum())], leaves);
          return [output, ...first, ...second, ...third];
        };
        const exact = orders(...[image, weight, bias].map((each) => each.to({ dtype: 'float64' })));
        for (const [i, ours] of orders(image, weight, bias).entries()) {
          expect(ours.shape).toEqual(exact[i].shape);
          expect(distance(ours, exact[i])).toBeLessThan(5e-6);
        }
      });
    },
  );

  test('have values and gradients of LibTorch, to the bit', () => {
    scope(() => {
      // Channels that no kernel of our own takes.
      const image = randn([8, 12, 12, 12]);
      const weight = randn([20, 12, 3, 3]);
      const passes = () => {
        const leaves = [image, weight].map((tensor) => tensor.detach());
        for (const leaf of leaves) leaf.requiresGrad = true;
        const output = conv2d(leaves[0], leaves[1], null, { stride: 2, padding: 1 });
        return [output, ...grad([output.pow(2).sum()], leaves)];
      };
      const ours = passes();
      setKernels(false);
      for (const [i, library] of passes().entries()) expect(ours[i].equal(library)).toBe(true);
    });
  });

  test('refuse what does not fit with the words of LibTorch', () => {
    scope(() => {
      const image = zeros([2, 6, 8, 8]);
      image.requiresGrad = true;
      expect(() => conv2d(image, zeros([4, 5, 3, 3]))).toThrow(failure('ERR_TORCH', 'to have 5 channels'));
      expect(() => conv2d(image, zeros([4, 6, 9, 9]))).toThrow(failure('ERR_TORCH', "can't be greater"));
      expect(() => conv2d(image, zeros([4, 6, 3, 3]), null, { stride: 0 })).toThrow(
        failure('ERR_TORCH', 'stride'),
      );
    });
  });
});

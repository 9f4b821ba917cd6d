import { type AdaDraws, ada, diffAugment } from '../../../src/data';
import { NORMAL, UNIFORM } from '../../../src/data/augment/ada-transforms';
import { affineViews } from '../../../src/data/augment/views';
import { autocast, grad } from '../../../src/tensor/autograd';
import { linspace, ones, rand, randn } from '../../../src/tensor/create';
import { manualSeed } from '../../../src/tensor/random';
import { scope } from '../../../src/tensor/scope';
import { cat } from '../../../src/tensor/shapes';
import type { Tensor } from '../../../src/tensor/tensor';
import { expectClose } from '../../support/close';
import { usage } from '../../support/failure';
import { type Case, readCases, testDevice } from '../../support/fixtures';

interface AugmentCase {
  readonly function: keyof typeof FUNCTIONS;
  readonly options: {
    readonly p?: number;
    readonly policy?: readonly ('color' | 'translation' | 'cutout')[];
  };
  readonly dtype: 'float32' | 'float64';
}

/** Runs `body` with an ADA of some probability. */
function withAda<T>(p: number, body: (pipe: ReturnType<typeof ada>) => T): T {
  const pipe = ada({ p });
  pipe.to({ device: testDevice, dtype: 'float64' });
  try {
    return scope(() => body(pipe));
  } finally {
    pipe.dispose();
  }
}

type Augment = (images: Tensor, draws: AdaDraws, options: AugmentCase['options']) => Tensor;

const FUNCTIONS = {
  diffAugment: (images, { uniform }, options) => diffAugment(options)(images, uniform),
  ada: (images, draws, { p = 0 }) => withAda(p, (pipe) => pipe.augment(images, draws)),
} satisfies Record<string, Augment>;

function drawsOf({ tensors }: Case<AugmentCase>): AdaDraws {
  const { uniform, normal = uniform } = tensors.group('draws.');
  return { uniform, normal };
}

describe('augmentations', () => {
  test.each(
    readCases<AugmentCase>('data/augment').map((one): [string, Case<AugmentCase>] => [
      `${one.name} (${one.dtype})`,
      one,
    ]),
  )('equal PyTorch, image by image, with gradients: %s', (_, one) =>
    scope(() => {
      const { tensors, options, function: name } = one;
      const images = tensors.tensor('images');
      images.requiresGrad = true;
      const output = FUNCTIONS[name](images, drawsOf(one), options);
      expectClose(output, tensors.tensor('output'), { label: 'output' });
      const [gradient] = grad([output], [images], { gradOutputs: [tensors.tensor('cotangent')] });
      expectClose(gradient, tensors.tensor('grad'), { label: 'grad' });
    }),
  );

  const all = (): [string, (images: Tensor) => Tensor][] => [
    ['diffAugment', (images) => diffAugment()(images)],
    ['ada', (images) => withAda(1, (pipe) => pipe.augment(images))],
    ['affineViews', (images) => affineViews(images, 1)],
  ];

  test.each(all())('let penalties through: %s is linear, so its second derivative is its own', (_, augment) =>
    scope(() => {
      const images = randn([4, 3, 8, 8], { dtype: 'float64', device: testDevice, requiresGrad: true });
      const seeded = (x: Tensor): Tensor => {
        manualSeed(3);
        return augment(x);
      };
      const slope = (x: Tensor): Tensor =>
        grad([seeded(x).pow(3).sum()], [x], { createGraph: true })[0]
          .square()
          .sum();
      const [second] = grad([slope(images)], [images]);
      const direction = randn([4, 3, 8, 8], { dtype: 'float64', device: testDevice });
      const h = 1e-5;
      const at = (size: number): Tensor => {
        const moved = images.detach().add(direction, { alpha: size });
        moved.requiresGrad = true;
        return slope(moved);
      };
      const difference = at(h)
        .sub(at(-h))
        .div(2 * h);
      expectClose(second.mul(direction).sum(), difference.detach(), { relative: 1e-6 });
    }),
  );

  test.each(all())('draw for each image and each call, from the default generator: %s', (_, augment) =>
    scope(() => {
      const images = linspace({ start: -1, end: 1, steps: 192 }, { device: testDevice })
        .reshape([1, 3, 8, 8])
        .expand([4, 3, 8, 8]);
      manualSeed(1);
      const [first, second] = [augment(images), augment(images)];
      manualSeed(1);
      expect(augment(images).equal(first)).toBe(true);
      expect(second.equal(first)).toBe(false);
      expect(first.select(0, 0).equal(first.select(0, 1))).toBe(false);
    }),
  );

  test.each(all())('are float32 inside autocast: %s', (_, augment) =>
    scope(() => {
      const images = randn([4, 3, 8, 8], { device: testDevice }).to({ dtype: 'bfloat16' });
      manualSeed(1);
      const outside = augment(images.float());
      manualSeed(1);
      const inside = autocast({ device: testDevice }, () => augment(images));
      expect(inside.dtype).toBe('float32');
      expect(inside.equal(outside)).toBe(true);
    }),
  );

  test.each([1, 3])('change the colours of %d channels beside alpha as they do without', (channels) =>
    scope(() => {
      const colours = randn([6, channels, 8, 8], { dtype: 'float64', device: testDevice });
      const opaque = ones([6, 1, 8, 8], { dtype: 'float64', device: testDevice });
      const images = cat([colours, opaque], 1);
      const parts = (all: Tensor) => [
        all.narrow(1, { start: 0, length: channels }),
        all.narrow(1, { start: channels, length: 1 }),
      ];
      const draws = {
        uniform: rand([UNIFORM.length, 6], { dtype: 'float64', device: testDevice }),
        normal: randn([NORMAL.length, 6], { dtype: 'float64', device: testDevice }),
      };
      const changed = withAda(1, (pipe) => [pipe.augment(images, draws), pipe.augment(colours, draws)]);
      const [seen, alpha] = parts(changed[0]);
      expectClose(seen, changed[1]);
      // Moved by weights that sum to 1, what is opaque everywhere stays opaque.
      expectClose(alpha, opaque);
      const color = diffAugment({ policy: ['color'] });
      const numbers = rand([7, 6], { dtype: 'float64', device: testDevice });
      const [coloured, kept] = parts(color(images, numbers));
      expectClose(coloured, color(colours, numbers));
      expect(kept.equal(opaque)).toBe(true);
    }),
  );

  test('move pixels by an eighth at most, and cut a quarter at most', () =>
    scope(() => {
      const images = randn([64, 1, 16, 16], { device: testDevice }).abs().add(1);
      const emptied = (policy: 'translation' | 'cutout'): number =>
        diffAugment({ policy: [policy] })(images)
          .eq(0)
          .float()
          .mean([1, 2, 3])
          .max()
          .item();
      expect(emptied('translation')).toBeLessThanOrEqual(1 - (14 / 16) ** 2);
      expect(emptied('cutout')).toBe(0.25);
    }));

  test('refuse an unknown policy, and images of five channels', () =>
    scope(() => {
      const policy = JSON.parse('["colour"]');
      expect(() => diffAugment({ policy })).toThrow(usage("cutout but received 'colour'"));
      withAda(0, (pipe) =>
        expect(() => pipe.augment(randn([1, 5, 8, 8]))).toThrow(usage('1 to 4 channels but received 5')),
      );
    }));

  test('affine views of strength 0 are the images, and none shifts a white image', () =>
    scope(() => {
      const images = randn([4, 1, 8, 8], { device: testDevice });
      expect(affineViews(images, 0)).toBe(images);
      const white = ones([4, 1, 8, 8], { device: testDevice });
      expectClose(affineViews(white, 2), white);
    }));
});

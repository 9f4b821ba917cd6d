import { autocast, grad } from '../../src/tensor/autograd';
import { randn, zeros } from '../../src/tensor/create';
import { setKernels, setThreads } from '../../src/tensor/device';
import { conv2d } from '../../src/tensor/functional';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { distance } from '../support/close';
import { failure } from '../support/failure';
import { hasAmx, hasBfloat16Kernels } from '../support/processor';

interface Geometry {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly [number, number];
  readonly padding: number;
  readonly groups?: number;
}

/** What networks have, and what does not fit whole tiles of 4×4, blocks of channels, or an even share for every thread. */
const GEOMETRIES: readonly Geometry[] = [
  { batch: 4, inputs: 64, outputs: 64, size: [24, 24], padding: 1 },
  { batch: 33, inputs: 32, outputs: 128, size: [8, 8], padding: 1 },
  { batch: 64, inputs: 128, outputs: 256, size: [4, 4], padding: 1 },
  { batch: 3, inputs: 64, outputs: 48, size: [18, 18], padding: 0 },
  { batch: 3, inputs: 48, outputs: 64, size: [14, 14], padding: 2 },
  { batch: 5, inputs: 96, outputs: 32, size: [13, 30], padding: 1 },
  { batch: 17, inputs: 80, outputs: 112, size: [7, 9], padding: 1 },
  { batch: 40, inputs: 64, outputs: 32, size: [6, 7], padding: 0 },
  { batch: 6, inputs: 64, outputs: 128, size: [14, 17], padding: 1, groups: 4 },
  { batch: 9, inputs: 96, outputs: 96, size: [8, 8], padding: 1, groups: 3 },
  { batch: 2, inputs: 80, outputs: 51, size: [15, 12], padding: 2, groups: 1 },
  { batch: 2, inputs: 72, outputs: 120, size: [12, 12], padding: 0, groups: 3 },
  { batch: 4, inputs: 65, outputs: 63, size: [12, 11], padding: 1 },
  { batch: 1, inputs: 144, outputs: 128, size: [11, 10], padding: 0 },
  { batch: 3, inputs: 64, outputs: 3, size: [16, 13], padding: 1 },
  { batch: 3, inputs: 1, outputs: 64, size: [10, 14], padding: 0 },
];

/** Images of few pixels, of which a tile reaches beyond the edges, and channels that are none of the kernels' own. */
const SMALL: readonly Geometry[] = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((height) =>
  [0, 1, 2]
    .filter((padding) => height + 2 * padding >= 3)
    .map((padding) => ({ batch: 3, inputs: 32, outputs: 16 * height, size: [height, 9] as const, padding })),
);
const FEW: readonly Geometry[] = [1, 2, 3, 16, 17].map((inputs) => ({
  batch: 2,
  inputs,
  outputs: 32,
  size: [8, 8],
  padding: 1,
}));

/** What is convolved as it is written in bfloat16, with channels that are filled up, and rows that are no whole tiles. */
const DIRECT: readonly Geometry[] = [
  { batch: 8, inputs: 16, outputs: 16, size: [32, 32], padding: 1 },
  { batch: 3, inputs: 3, outputs: 16, size: [9, 14], padding: 1 },
  { batch: 2, inputs: 16, outputs: 32, size: [40, 23], padding: 0 },
  { batch: 5, inputs: 32, outputs: 16, size: [7, 5], padding: 2 },
  { batch: 4, inputs: 32, outputs: 32, size: [6, 7], padding: 1 },
  { batch: 5, inputs: 2, outputs: 16, size: [11, 8], padding: 0 },
  { batch: 4, inputs: 16, outputs: 3, size: [12, 13], padding: 1 },
  { batch: 3, inputs: 32, outputs: 4, size: [7, 6], padding: 2 },
  { batch: 3, inputs: 32, outputs: 1, size: [9, 8], padding: 0 },
  { batch: 3, inputs: 7, outputs: 24, size: [5, 33], padding: 0 },
  { batch: 2, inputs: 31, outputs: 17, size: [3, 3], padding: 0 },
  { batch: 2, inputs: 16, outputs: 5, size: [1, 2], padding: 1 },
  { batch: 1, inputs: 1, outputs: 1, size: [1, 1], padding: 2 },
];

/** Image and weight; and a weight of the output's size. */
function draw({ batch, inputs, outputs, size, padding, groups = 1 }: Geometry, seed: number): Tensor[] {
  const generator = new Generator({ seed });
  const image = randn([batch, inputs, ...size], { generator });
  const weight = randn([outputs, inputs / groups, 3, 3], { generator }).mul(0.05);
  const probe = randn([batch, outputs, ...size.map((pixels) => pixels + 2 * padding - 2)], { generator });
  generator.dispose();
  return [image, weight, probe];
}

/** Output, gradients, and the gradients of a gradient penalty: everything that training asks of a convolution. */
function everything(
  { padding, groups }: Geometry,
  image: Tensor,
  weight: Tensor,
  probe: Tensor,
): Readonly<Record<string, Tensor>> {
  const x = image.detach();
  const w = weight.detach();
  x.requiresGrad = true;
  w.requiresGrad = true;
  const output = conv2d(x, w, null, { padding, groups });
  const loss = output.mul(probe).sum().add(output.pow(2).mul(0.5).sum());
  const [dx, dw] = grad([loss], [x, w], { createGraph: true });
  const penalty = dx.pow(2).sum().add(dw.mul(w.detach()).sum());
  const [ddx, ddw] = grad([penalty], [x, w], { createGraph: true });
  const [dddx, dddw] = grad([ddx.pow(2).sum().add(ddw.mul(0.1).pow(2).sum())], [x, w]);
  return { output, dx, dw, ddx, ddw, dddx, dddw };
}

/** By how much the roundings of few numbers, each of at most 2e-3, may differ. */
const chance = ({ numel }: Tensor): number => (numel < 2_000 ? 2e-3 : 0);

const exactly = (tensor: Tensor): Tensor => tensor.to({ dtype: 'float64' });

describe('3×3 convolutions of stride 1', () => {
  afterEach(() => setKernels(true));

  test('refuse channels that do not fit, as any other convolution', () => {
    scope(() => {
      const options = { padding: 1 };
      expect(() => conv2d(zeros([64, 32, 16, 16]), zeros([64, 64, 3, 3]), null, options)).toThrow(
        failure('ERR_TORCH', 'expected input[64, 32, 16, 16] to have 64 channels'),
      );
      expect(() => conv2d(zeros([64, 32, 16, 16]), zeros([64, 32, 3, 3]), zeros([3]), options)).toThrow(
        failure('ERR_TORCH', 'bias'),
      );
      expect(() =>
        conv2d(zeros([64, 32, 16, 16]), zeros([64, 32, 3, 3], { dtype: 'bfloat16' }), null, options),
      ).toThrow(failure('ERR_TORCH', 'should be the same'));
      expect(() => conv2d(zeros([64, 32, 16, 16]), zeros([64, 32, 3, 3]), null, { padding: -1 })).toThrow(
        failure('ERR_TORCH', 'negative padding'),
      );
      expect(() =>
        autocast({ device: 'cpu' }, () =>
          conv2d(zeros([2, 16, 5, 5]), zeros([0, 16, 3, 3]), null, { padding: 1 }),
        ),
      ).toThrow(failure('ERR_TORCH', 'expected weight to be at least 1'));
    });
  });

  test.each([...GEOMETRIES, ...SMALL, ...FEW])(
    'are those of LibTorch in float64, with gradients of three orders: $batch × $inputs → $outputs, $size, padding $padding',
    (geometry) => {
      scope(() => {
        const given = draw(geometry, 7);
        const ours = everything(geometry, given[0], given[1], given[2]);
        const [image, weight, probe] = given.map(exactly);
        const exact = everything(geometry, image, weight, probe);
        for (const name of Object.keys(exact)) {
          expect(ours[name].shape).toEqual(exact[name].shape);
          expect(distance(ours[name], exact[name])).toBeLessThan(1e-5);
        }
      });
    },
  );

  test.each([...GEOMETRIES, ...DIRECT])(
    'round no more than bfloat16 does anyway: $batch × $inputs → $outputs, $size, padding $padding',
    (geometry) => {
      scope(() => {
        const { padding, groups } = geometry;
        const [image, weight] = draw(geometry, 8);
        const bias = weight.sum([1, 2, 3]);
        const passes = () => {
          const [x, w] = [image.detach(), weight.detach()];
          x.requiresGrad = true;
          w.requiresGrad = true;
          const output = autocast({ device: 'cpu' }, () => conv2d(x, w, bias, { padding, groups }));
          return [output, ...grad([output.to({ dtype: 'float32' }).pow(2).sum()], [x, w])];
        };
        const ours = passes();
        setKernels(false);
        const library = passes();
        expect(ours.map(({ dtype }) => dtype)).toEqual(['bfloat16', 'float32', 'float32']);
        const [x, w] = [exactly(image), exactly(weight)];
        x.requiresGrad = true;
        w.requiresGrad = true;
        const output = conv2d(x, w, exactly(bias), { padding, groups });
        for (const [i, exact] of [output, ...grad([output.pow(2).sum()], [x, w])].entries())
          expect(distance(ours[i], exact)).toBeLessThan(1.2 * distance(library[i], exact) + chance(exact));
      });
    },
  );

  test.each(DIRECT)(
    'have second gradients that round no more than bfloat16 does anyway: $batch × $inputs → $outputs, $size, padding $padding',
    ({ padding, ...geometry }) => {
      scope(() => {
        const rounded = draw({ ...geometry, padding }, 14).map((tensor) => tensor.to({ dtype: 'bfloat16' }));
        const passes = (half: boolean) => {
          const dtype = half ? 'float32' : 'float64';
          const [x, w, probe] = rounded.map((tensor) => tensor.to({ dtype }));
          x.requiresGrad = true;
          w.requiresGrad = true;
          const pass = () => conv2d(x, w, null, { padding });
          const output = half ? autocast({ device: 'cpu' }, pass) : pass();
          const gradOutputs = [probe.to({ dtype: output.dtype })];
          const [dx, dw] = grad([output], [x, w], { gradOutputs, createGraph: true });
          return grad([dx.square().sum().add(dw.square().sum())], [x, w]);
        };
        const exact = passes(false);
        const ours = passes(true);
        setKernels(false);
        const library = passes(true);
        for (const [i, value] of exact.entries())
          expect(distance(ours[i], value)).toBeLessThan(1.3 * distance(library[i], value) + chance(value));
      });
    },
  );

  // LibTorch's own, which compute them on other processors, do not promise it.
  (hasBfloat16Kernels && !hasAmx ? test : test.skip)(
    'give the same bits on one thread, two and three in bfloat16',
    () => {
      try {
        for (const geometry of DIRECT)
          scope(() => {
            const { padding } = geometry;
            const [image, weight] = draw({ ...geometry, batch: 40 }, 15);
            const [one, ...others] = [1, 2, 3].map((count) => {
              setThreads(count);
              const [x, w] = [image.detach(), weight.detach()];
              x.requiresGrad = true;
              const output = autocast({ device: 'cpu' }, () => conv2d(x, w, null, { padding }));
              const [fewer, more] = [geometry.inputs, geometry.outputs].sort((a, b) => a - b);
              w.requiresGrad = fewer === 16 || (fewer <= 4 && more % 16 === 0);
              const again = autocast({ device: 'cpu' }, () => conv2d(x, w, null, { padding }));
              const inputs = w.requiresGrad ? [x, w] : [x];
              return [output, ...grad([again.float().square().sum()], inputs)];
            });
            for (const other of others)
              for (const [i, value] of one.entries()) expect(other[i].equal(value)).toBe(true);
          });
      } finally {
        setThreads(1);
      }
    },
  );

  test('add their bias, whatever the memory format, and keep that', () => {
    scope(() => {
      const [image, weight] = draw(GEOMETRIES[0], 9);
      const bias = randn([64]);
      const run = (...[x, w, b]: readonly Tensor[]) => {
        const leaves = [x.detach(), w.detach(), b.detach()];
        for (const leaf of leaves) leaf.requiresGrad = true;
        const output = conv2d(leaves[0], leaves[1], leaves[2], { padding: 1 });
        return [output, ...grad([output.pow(3).sum()], leaves)];
      };
      const plain = run(image, weight, bias);
      const last = run(image.contiguous('channels_last'), weight.contiguous('channels_last'), bias);
      const turned = run(
        image.transpose(2, 3).contiguous().transpose(2, 3),
        weight.transpose(0, 3).contiguous().transpose(0, 3),
        bias,
      );
      const exact = run(...[image, weight, bias].map(exactly));
      for (const [i, value] of exact.entries()) expect(distance(plain[i], value)).toBeLessThan(5e-6);
      for (const others of [last, turned])
        for (const i of [0, 1, 2]) expect(others[i].equal(plain[i])).toBe(true);
      for (const i of [0, 1, 2]) {
        expect(plain[i].isContiguous()).toBe(true);
        expect(last[i].isContiguous('channels_last')).toBe(true);
      }
    });
  });

  test('give the same bits on one thread, two and three', () => {
    try {
      // LibTorch's own, which take part where there are few channels, do not promise it.
      for (const geometry of GEOMETRIES.filter(({ inputs, outputs }) => Math.min(inputs, outputs) >= 16))
        scope(() => {
          const given = draw(geometry, 10);
          const [one, two, three] = [1, 2, 3].map((count) => {
            setThreads(count);
            return everything(geometry, given[0], given[1], given[2]);
          });
          for (const name of Object.keys(one)) {
            expect(two[name].equal(one[name])).toBe(true);
            expect(three[name].equal(one[name])).toBe(true);
          }
        });
    } finally {
      setThreads(1);
    }
  });

  // Few tiles of many channels are gone through in another order, and in narrower blocks.
  const few = [
    [272, 256],
    [128, 128],
  ].map(([inputs, outputs]) => ({ batch: 0, inputs, outputs, size: [4, 4] as const, padding: 1 }));
  test.each([GEOMETRIES[0], ...few])(
    'give the same bits however many images come with one: $inputs → $outputs',
    (geometry) => {
      scope(() => {
        const [images, weight] = draw({ ...geometry, batch: 192 }, 11);
        const all = conv2d(images, weight, null, { padding: 1 });
        const some = conv2d(images.narrow(0, { start: 9, length: 17 }), weight, null, { padding: 1 });
        expect(some.equal(all.narrow(0, { start: 9, length: 17 }))).toBe(true);
      });
    },
  );

  test('are not those of LibTorch, bit by bit, where they are to be quicker', () => {
    scope(() => {
      const [image, weight] = draw(GEOMETRIES[0], 12);
      const ours = conv2d(image, weight, null, { padding: 1 });
      setKernels(false);
      const library = conv2d(image, weight, null, { padding: 1 });
      expect(distance(ours, library)).toBeLessThan(5e-6);
      expect(ours.equal(library)).toBe(false);
    });
  });

  test('are those of LibTorch in float16', () => {
    scope(() => {
      const [image, weight] = draw(GEOMETRIES[0], 13);
      const half = () =>
        autocast({ device: 'cpu', dtype: 'float16' }, () => conv2d(image, weight, null, { padding: 1 }));
      const ours = half();
      setKernels(false);
      expect(ours.dtype).toBe('float16');
      expect(half().equal(ours)).toBe(true);
    });
  });

  test('let a NaN through', () => {
    scope(() => {
      const image = zeros([16, 64, 16, 16]);
      image.select(0, 3).fill_(Number.NaN);
      const output = conv2d(image, zeros([64, 64, 3, 3]), null, { padding: 1 });
      expect(output.narrow(0, { start: 3, length: 1 }).isnan().all().item()).toBe(1);
      expect(output.narrow(0, { start: 4, length: 12 }).isnan().any().item()).toBe(0);
      const half = autocast({ device: 'cpu' }, () =>
        conv2d(image, zeros([64, 64, 3, 3]), null, { padding: 1 }),
      );
      expect(half.narrow(0, { start: 3, length: 1 }).isnan().all().item()).toBe(1);
      const few = autocast({ device: 'cpu' }, () =>
        conv2d(image.narrow(1, { start: 0, length: 16 }), zeros([16, 16, 3, 3]), null, { padding: 1 }),
      );
      expect(few.isnan().sum().item()).toBe(16 * 16 * 16);
    });
  });
});

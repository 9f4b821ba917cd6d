import { stepFlops } from '../../benchmarks/flops';
import type { Networks } from '../../benchmarks/layers';
import { layersOf, parameterCounts } from '../../benchmarks/networks';
import { buildModel, sizesOf } from '../../benchmarks/ours/model';
import { stepOf } from '../../benchmarks/steps';
import type { NetworkSizes } from '../../benchmarks/task';

const MODERN: NetworkSizes = {
  model: 'modern',
  channels: 3,
  resolution: 32,
  width: 16,
  maxWidth: 128,
  latentSize: 64,
  expansion: 2,
  groupSize: 16,
};
const SIZES: NetworkSizes[] = [
  { model: 'dcgan', channels: 3, resolution: 64, width: 64, latentSize: 100 },
  { model: 'dcgan', channels: 1, resolution: 32, width: 32, latentSize: 100 },
  { model: 'dcgan', channels: 2, resolution: 16, width: 5, latentSize: 7 },
  { model: 'mlp', channels: 1, resolution: 28, width: 0, latentSize: 100 },
  { model: 'pix2pix', channels: 3, resolution: 64, width: 32 },
  { model: 'pix2pix', channels: 1, resolution: 48, width: 3 },
  { model: 'cyclegan', channels: 3, resolution: 64, width: 32, blocks: 6, pool: 50 },
  { model: 'super-resolution', channels: 3, resolution: 96, scale: 4, width: 32, blocks: 8 },
  { model: 'super-resolution', channels: 1, resolution: 12, scale: 3, width: 3, blocks: 1 },
  { model: 'denoise', channels: 3, resolution: 40, width: 32, depth: 10 },
  { model: 'stylegan2', channels: 3, resolution: 64, width: 16, maxWidth: 128, latentSize: 128, mapping: 2 },
  { model: 'stylegan2', channels: 1, resolution: 32, width: 2, maxWidth: 9, latentSize: 5, mapping: 3 },
  { model: 'cyclegan', channels: 2, resolution: 24, width: 3, blocks: 1, pool: 0 },
  { model: 'sngan', channels: 3, resolution: 32, width: 16, growth: 8, latentSize: 128, classes: 0 },
  { model: 'sngan', channels: 1, resolution: 32, width: 2, growth: 1, latentSize: 5, classes: 0 },
  { model: 'projection', channels: 3, resolution: 32, width: 16, growth: 8, latentSize: 128, classes: 10 },
  { model: 'wgan-gp', channels: 3, resolution: 32, width: 32, latentSize: 100 },
  MODERN,
  { ...MODERN, channels: 1, resolution: 16, width: 3, maxWidth: 6, groupSize: 6 },
  { model: 'vae', channels: 1, resolution: 28, hidden: 400, latentSize: 20 },
];

test.each(SIZES)("the layers have as many parameters as the recipe's networks: %j", (sizes) => {
  const { networks } = buildModel(sizes);
  expect(parameterCounts(layersOf(sizes))).toEqual(sizesOf(networks));
  for (const network of Object.values(networks)) network.dispose();
});

// What PyTorch's counter counts in the peers' steps.
test.each([
  [SIZES[0], 64, 'textbook', 158_864_506_880],
  [SIZES[3], 64, 'textbook', 2_041_085_952],
  [SIZES[4], 2, 'frozen', 2_571_632_640],
  [SIZES[6], 2, 'frozen', 43_319_820_288],
  [SIZES[7], 2, 'frozen', 2_456_469_504],
  [SIZES[9], 2, 'frozen', 1_443_225_600],
  [SIZES[13], 4, 'frozen', 2_279_290_880],
  [SIZES[15], 4, 'frozen', 2_279_290_880],
  [SIZES[16], 4, 'frozen', 2_511_536_128],
  [SIZES[19], 4, 'frozen', 13_120_000],
] as const)(
  'a step of %j with %d images has as many FLOPs as PyTorch counts (%s)',
  (sizes, batch, loop, flops) => {
    const step = stepOf({ kind: 'train', model: sizes.model });
    expect(stepFlops(layersOf(sizes), step, loop) * batch).toBe(flops);
  },
);

/** Two dense layers each: 2 → 3 → 4 pixels, and back to 1. */
const TINY: Networks = {
  generator: [
    { multiplyAdds: 6, parameters: 9 },
    { multiplyAdds: 12, parameters: 16 },
  ],
  discriminator: [
    { multiplyAdds: 20, parameters: 25 },
    { multiplyAdds: 5, parameters: 6 },
  ],
};

test('a frozen discriminator has no weight gradients in the phase of the generator', () => {
  const step = stepOf({ kind: 'train', model: 'mlp' });
  // G: forward 36, weights 36, inner inputs 24. D's phase, twice: forward 50, weights 50, inner inputs 10. G's phase: D's
  // forward 50 and inputs 50.
  expect(stepFlops(TINY, step, 'frozen')).toBe(36 + 36 + 24 + 2 * (50 + 50 + 10) + 50 + 50);
  expect(stepFlops(TINY, step, 'textbook')).toBe(stepFlops(TINY, step, 'frozen') + 50);
});

test('the gradient at the images costs a pass back and two derivatives; LibTorch takes zeros back through the layers below the last one', () => {
  const step = [
    { network: 'discriminator', passes: 1, weights: 'none', inputs: 'none', slope: 'alone' },
  ] as const;
  expect(stepFlops(TINY, step, 'ours')).toBe(50 + 50 + 50 + 50);
  expect(stepFlops(TINY, step, 'frozen')).toBe(200 + 40 + 40);
  const beside = [{ ...step[0], weights: 'needed', inputs: 'inner', slope: 'beside a loss' }] as const;
  // The loss takes the way back that the zeros would take.
  expect(stepFlops(TINY, beside, 'frozen')).toBe(200 + 50 + 10);
});

test('input gradients of a layer beside the first are those of images: nobody needs them', () => {
  const [first, second] = TINY.generator;
  const step = [{ network: 'generator', passes: 1, weights: 'none', inputs: 'inner' }] as const;
  const networks = { generator: [first, { ...second, first: true }, second] };
  expect(stepFlops(networks, step, 'frozen')).toBe(12 + 24 + 24 + 24);
});

test('a step of two translators makes each image of one domain three times, and judges it three times', () => {
  const { generator, discriminator } = TINY;
  const networks = { ab: generator, ba: generator, judgeA: discriminator, judgeB: discriminator };
  const step = stepOf({ kind: 'train', model: 'cyclegan' });
  // Each way: fakes and identity as G above, the cycle with the gradient of the fakes that it is given, and its judge as D above.
  const translator = 2 * (36 + 36 + 24) + (36 + 36 + 36);
  const judge = 2 * (50 + 50 + 10) + 50 + 50;
  expect(stepFlops(networks, step, 'frozen')).toBe(2 * (translator + judge));
});

test('an image costs one forward pass of the generator', () => {
  expect(stepFlops(TINY, stepOf({ kind: 'sample', model: 'dcgan' }), 'frozen')).toBe(36);
});

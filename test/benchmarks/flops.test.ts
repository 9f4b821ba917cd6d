import { stepFlops } from '../../benchmarks/flops';
import type { Networks } from '../../benchmarks/layers';
import { layersOf, parameterCounts } from '../../benchmarks/networks';
import { buildModel, sizesOf } from '../../benchmarks/ours/model';
import { stepOf } from '../../benchmarks/steps';
import type { NetworkSizes } from '../../benchmarks/task';

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
];

test.each(SIZES)("the layers have as many parameters as the recipe's networks: %j", (sizes) => {
  const { networks } = buildModel(sizes);
  expect(parameterCounts(layersOf(sizes))).toEqual(sizesOf(networks));
  for (const network of Object.values(networks)) network.dispose();
});

// What PyTorch's FlopCounterMode counts in the peers' steps.
test.each([
  [SIZES[0], 64, 'textbook', 158_864_506_880],
  [SIZES[3], 64, 'textbook', 2_041_085_952],
  [SIZES[4], 2, 'frozen', 2_571_632_640],
  [SIZES[6], 2, 'frozen', 43_319_820_288],
  [SIZES[7], 2, 'frozen', 2_456_469_504],
  [SIZES[9], 2, 'frozen', 1_443_225_600],
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

import { sampleFlops, stepFlops } from '../../benchmarks/flops';
import { type Gan, ganLayers, parameterCounts } from '../../benchmarks/networks';
import type { NetworkSizes } from '../../benchmarks/task';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';

const DCGAN64: NetworkSizes = { model: 'dcgan', channels: 3, resolution: 64, width: 64, latentSize: 100 };
const SIZES: NetworkSizes[] = [
  DCGAN64,
  { model: 'dcgan', channels: 1, resolution: 32, width: 32, latentSize: 100 },
  { model: 'dcgan', channels: 2, resolution: 16, width: 5, latentSize: 7 },
  { model: 'mlp', channels: 1, resolution: 28, width: 0, latentSize: 100 },
];

test.each(SIZES)("the layers have as many parameters as the recipe's networks: %j", (sizes) => {
  const { model, channels, resolution, width, latentSize } = sizes;
  const { fields, build } = recipes[model];
  const set = { latentSize: String(latentSize), ...(model === 'dcgan' ? { width: String(width) } : {}) };
  const { networks } = build(parseConfig(fields, { set }), { channels, resolution, classes: 0 });
  const count = (name: string) => networks[name].parameters().reduce((sum, { numel }) => sum + numel, 0);
  expect(parameterCounts(ganLayers(sizes))).toEqual({
    generator: count('generator'),
    discriminator: count('discriminator'),
  });
  for (const network of Object.values(networks)) network.dispose();
});

test("a textbook step of 64 images of the 64×64 DCGAN has as many FLOPs as PyTorch's FlopCounterMode counts", () => {
  expect(stepFlops(ganLayers(DCGAN64), 'textbook') * 64).toBe(158_864_506_880);
});

test("a textbook step of 64 images of the mlp has as many FLOPs as PyTorch's FlopCounterMode counts", () => {
  expect(stepFlops(ganLayers(SIZES[3]), 'textbook') * 64).toBe(2_041_085_952);
});

/** Two dense layers each: 2 → 3 → 4 pixels, and back to 1. */
const TINY: Gan = {
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
  // G: forward 36, weights 36, inner inputs 24. D's phase, twice: forward 50, weights 50, inner inputs 10. G's phase: D's
  // forward 50 and inputs 50.
  expect(stepFlops(TINY, 'frozen')).toBe(36 + 36 + 24 + 2 * (50 + 50 + 10) + 50 + 50);
  expect(stepFlops(TINY, 'textbook')).toBe(stepFlops(TINY, 'frozen') + 50);
});

test('an image costs one forward pass of the generator', () => {
  expect(sampleFlops(TINY)).toBe(36);
});

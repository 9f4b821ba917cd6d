import { dcgan } from '../../src/recipes/dcgan';
import { getRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { generatedImages, seededLatents } from '../../src/training/generated-images';
import type { LatentSampler } from '../../src/training/latent-sampler';
import type { Sampler } from '../../src/training/sampler';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel } from '../support/training';

const SPEC = { channels: 1, height: 16, width: 16 };

/** The sampler of a model that takes latents. */
function latents(sampler: Sampler | undefined): LatentSampler {
  if (sampler?.takes !== 'latents') throw new Error('expected a model that takes latents');
  return sampler;
}

function withGenerator<T>(body: (model: ReturnType<typeof buildModel>) => T): T {
  const model = buildModel(dcgan, { set: { width: '4', latentSize: '8' } });
  for (const network of Object.values(model.networks)) network.to({ device: testDevice });
  const result = body(model);
  const dispose = () => {
    for (const network of Object.values(model.networks)) network.dispose();
  };
  if (result instanceof Promise) return result.finally(dispose) as T;
  dispose();
  return result;
}

test('pieces are those of the whole, and neither modes nor random generators move', async () => {
  await withGenerator(async ({ networks, sampler }) => {
    const before = getRngState();
    const images = generatedImages({
      networks,
      sampler: latents(sampler),
      spec: SPEC,
      device: testDevice,
      weights: 'live',
      count: 6,
      seed: 3,
    });
    const take = async (start: number, end: number) => {
      const make = await images.fetch(start, end);
      return scope(() => Array.from(make().toTypedArray(), Number));
    };
    const whole = await take(0, 6);
    const parts = [...(await take(0, 2)), ...(await take(2, 6))];
    for (const [i, value] of parts.entries()) expect(value).toBeCloseTo(whole[i], 5);
    expect(networks.generator.training).toBe(true);
    expect(getRngState()).toEqual(before);
    images.dispose();
  });
});

test('a generator of images of another size is refused', async () => {
  await withGenerator(async ({ networks, sampler }) => {
    const spec = { ...SPEC, height: 32, width: 32 };
    const images = generatedImages({
      networks,
      sampler: latents(sampler),
      spec,
      device: testDevice,
      weights: 'live',
      count: 2,
      seed: 0,
    });
    const make = await images.fetch(0, 2);
    expect(() => scope(make)).toThrow(usage('images of [2, 1, 32, 32] but they are of [2, 1, 16, 16]'));
    images.dispose();
  });
});

test('latents of a seed are the same every time, and a label needs classes', () => {
  scope(() => {
    const draw = (seed: number) => seededLatents({ size: 4 }, { count: 3, seed });
    expect(draw(1).sub(draw(1)).abs().amax().item()).toBe(0);
    expect(draw(1).sub(draw(2)).abs().amax().item()).toBeGreaterThan(0);
    expect(() => seededLatents({ size: 4 }, { count: 3, seed: 1, label: 0 })).toThrow(
      usage('without labels'),
    );
  });
});

test('they say how they were made, for the protocol of figures', () => {
  withGenerator(({ networks, sampler }) => {
    const base = { networks, sampler: latents(sampler), spec: SPEC, device: testDevice, count: 1, seed: 0 };
    const protocolOf = (options: { weights: 'ema' | 'live'; truncation?: number }) => {
      const images = generatedImages({ ...base, ...options });
      images.dispose();
      return images.protocol;
    };
    const common = { batchNorm: 'running statistics', precision: 'fp32' };
    expect(protocolOf({ weights: 'ema' })).toEqual({ ...common, weights: 'ema', truncation: 'none' });
    expect(protocolOf({ weights: 'live', truncation: 0.5 })).toEqual({
      ...common,
      weights: 'live',
      truncation: '±0.5',
    });
  });
});

import * as models from '../../src/models';
import { fade } from '../../src/models/growing';
import { arange, randn, tensor } from '../../src/tensor/create';
import { interpolate } from '../../src/tensor/functional';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { failure, usage } from '../support/failure';
import { testModels } from '../support/model-cases';

const images = { channels: 1, height: 16, width: 16 };
const SMALL = { images, width: 2, maxWidth: 4 };

function withNetworks(
  body: (generator: models.ProgressiveGenerator, discriminator: models.ProgressiveDiscriminator) => void,
): void {
  manualSeed(3);
  const generator = models.progressiveGenerator({ ...SMALL, latentSize: 6 });
  const discriminator = models.progressiveDiscriminator(SMALL);
  scope(() => body(generator, discriminator));
  for (const network of [generator, discriminator]) network.dispose();
}

describe('refuse', () => {
  test('sizes that are not positive integers, and images that are no power of two from 8 to 256', () => {
    expect(() => models.progressiveGenerator({ images, width: 0 })).toThrow(
      usage('progressive networks expects width to be a positive integer but received 0 (number)'),
    );
    expect(() => models.progressiveGenerator({ images, latentSize: 1.5 })).toThrow(
      usage('progressive networks expects latentSize to be a positive integer but received 1.5 (number)'),
    );
    const square = (side: number) => models.progressiveAccepts({ height: side, width: side });
    expect([4, 8, 28, 32, 256, 512].filter(square)).toEqual([8, 32, 256]);
    expect(models.progressiveAccepts({ height: 32, width: 64 })).toBe(false);
  });

  test('a level that is not built, or an alpha that is none', () =>
    withNetworks((generator) => {
      expect(() => generator.growTo(3)).toThrow(
        usage('growTo expected a level from 0 to 2 (16×16) but received 3'),
      );
      for (const [level, alpha] of [
        [1, 1.5],
        [1, Number.NaN],
        [0, 0.5],
      ])
        expect(() => generator.growTo(level, alpha)).toThrow(
          usage(
            `growTo expected alpha from 0 to 1, and 1 at level 0, but received ${alpha} at level ${level}`,
          ),
        );
    }));

  test('a state of a level that is not built', () =>
    withNetworks((generator) => {
      const state = { ...generator.stateDict(), alpha: tensor(0.5), level: tensor(3) };
      expect(() => generator.loadStateDict(state)).toThrow(
        failure('ERR_STATE_DICT', 'ProgressiveGenerator: expected a level from 0 to 2 but it is 3'),
      );
      expect([generator.level, generator.alpha.item()]).toEqual([2, 1]);
    }));
});

test('start as fully grown, and make and judge images of the level they are at', () =>
  withNetworks((generator, discriminator) => {
    expect([generator.level, generator.fading]).toEqual([2, false]);
    for (const [level, alpha] of [
      [0, 1],
      [1, 0.25],
      [1, 1],
      [2, 0.5],
      [2, 1],
    ]) {
      for (const network of [generator, discriminator]) network.growTo(level, alpha);
      const made = generator.forward(randn([4, 6]));
      expect(made.shape).toEqual([4, 1, 4 * 2 ** level, 4 * 2 ** level]);
      expect(discriminator.forward(made).shape).toEqual([4, 1]);
    }
  }));

test('a level that begins changes nothing but the size: images are those of the level below, each pixel four times', () =>
  withNetworks((generator, discriminator) => {
    const latents = randn([4, 6]);
    const both = [generator, discriminator];
    for (const network of both) network.growTo(1);
    const below = generator.forward(latents);
    const judged = discriminator.forward(below);
    for (const network of both) network.growTo(2, 0);
    const beginning = generator.forward(latents);
    expect(beginning.equal(interpolate(below, { scaleFactor: 2 }))).toBe(true);
    // Means of four equal pixels.
    expect(discriminator.forward(beginning).sub(judged).abs().max().item()).toBeLessThan(1e-5);
  }));

test('a state tells level and alpha, and so does a copy', () =>
  withNetworks((generator) => {
    generator.growTo(1, 0.25);
    const state = generator.stateDict();
    expect([state.level.item(), state.alpha.item()]).toEqual([1, 0.25]);
    const copy = generator.clone();
    expect([copy.level, copy.fading]).toEqual([1, true]);
    const other = models.progressiveGenerator({ ...SMALL, latentSize: 6 });
    other.loadStateDict(state);
    expect([other.level, other.fading]).toEqual([1, true]);
    const latents = randn([2, 6]);
    for (const network of [copy, other])
      expect(network.forward(latents).equal(generator.forward(latents))).toBe(true);
    // The copy has a place of its own.
    copy.growTo(2);
    expect([generator.level, generator.alpha.item()]).toEqual([1, 0.25]);
    for (const network of [copy, other]) network.dispose();
  }));

test('weights of a network of more levels may be taken where they fit', () =>
  withNetworks((generator) => {
    const more = models.progressiveGenerator({
      ...{ images: { channels: 1, height: 32, width: 32 }, latentSize: 6, width: 1, maxWidth: 4 },
    });
    const fitting = Object.entries(more.stateDict()).filter(([name]) => name.startsWith('first'));
    generator.loadStateDict({ ...Object.fromEntries(fitting), level: tensor(3) }, { strict: false });
    expect([generator.level, generator.fading]).toEqual([2, false]);
    const [own, given] = [generator, more].map(({ first }) => first.stateDict()['1.weight']);
    expect(own.equal(given)).toBe(true);
    more.dispose();
  }));

test('the discriminator sees real images as means of areas, and fades them as the generator’s', () =>
  withNetworks((_, discriminator) => {
    const real = arange({ end: 256 }, { dtype: 'float32' }).reshape([1, 1, 16, 16]).div(128).sub(1);
    const mean = (side: number) => real.reshape([1, 1, side, 16 / side, side, 16 / side]).mean([3, 5]);
    discriminator.growTo(0);
    expect(difference(discriminator.seen(real), mean(4))).toBeLessThan(1e-6);
    discriminator.growTo(1, 0.25);
    const coarse = interpolate(mean(4), { scaleFactor: 2 });
    const expected = coarse.mul(0.75).add(mean(8).mul(0.25));
    expect(difference(discriminator.seen(real), expected)).toBeLessThan(1e-6);
    expect(difference(expected, mean(8))).toBeGreaterThan(0.01);
    discriminator.growTo(2);
    expect(discriminator.seen(real).equal(real)).toBe(true);
  }));

function difference(a: ReturnType<typeof randn>, b: ReturnType<typeof randn>): number {
  return a.sub(b).abs().max().item();
}

test('fade is low + alpha · (high − low), and takes what autocast made', () =>
  scope(() => {
    const [low, high, alpha] = [tensor([1, 2]), tensor([3, 6]), tensor(0.25)];
    expect(fade(low, high, alpha).toArray()).toEqual([1.5, 3]);
    const mixed = fade(low, high.to({ dtype: 'bfloat16' }), alpha);
    expect(mixed.float().toArray()).toEqual([1.5, 3]);
  }));

test('equalised rates: weights are standard normal in all layers, and scaled when they are used', () =>
  withNetworks((generator, discriminator) => {
    manualSeed(3);
    for (const network of [generator, discriminator]) {
      const weights = network.namedParameters().filter(([name]) => name.endsWith('weight'));
      const all = weights.flatMap(([, weight]) => Array.from(weight.toTypedArray(), Number));
      const square = all.reduce((sum, value) => sum + value * value, 0) / all.length;
      expect(square).toBeGreaterThan(0.8);
      expect(square).toBeLessThan(1.2);
    }
    generator.growTo(0);
    const latents = randn([2, 6]);
    const before = generator.forward(latents);
    const toRgb = generator.namedParameters().find(([name]) => name === 'to_rgb.0.weight');
    // 4 channels without a gain: 1 / √4 of what the weight says.
    const maps = generator.first.forward(latents);
    const weight = toRgb?.[1].detach().reshape([1, 4, 1, 1]);
    if (!weight) throw new Error('no to_rgb.0.weight');
    expect(difference(before, maps.mul(weight).sum([1]).unsqueeze(1).mul(0.5))).toBeLessThan(1e-5);
  }));

describe('progressiveGenerator and progressiveDiscriminator', () => testModels('models/progressive', models));

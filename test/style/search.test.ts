import { StyleSearch, type StyleSearchOptions } from '../../src/style/search';
import { noiseOfStep, rateOfStep } from '../../src/style/search-schedule';
import { styleStatistics } from '../../src/style/statistics';
import { full, randn, zeros } from '../../src/tensor/create';
import { Generator, getRngState, manualSeed } from '../../src/tensor/random';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { withStyleNetwork } from '../support/style-network';
import { StyleGenerator } from '../support/style-recipe';

const device = testDevice;

/** Latents by a seed. */
function latents(count: number, seed: number): Tensor {
  const generator = new Generator({ device: 'cpu', seed });
  try {
    return randn([count, 8], { generator, device: 'cpu' }).to(device);
  } finally {
    generator.dispose();
  }
}

type Chosen = Partial<Omit<StyleSearchOptions, 'network' | 'statistics'>>;

/** What a search finds once its steps are done. */
function search(network: StyleGenerator, options: Chosen & { readonly images: Tensor }) {
  const statistics = styleStatistics(network, latents(500, 0));
  const steps = options.steps ?? 60;
  const all = { space: 'w', responses: null, seed: 1, ...options, network, statistics, steps } as const;
  const searching = new StyleSearch(all);
  try {
    for (let i = 0; i < steps; i++) searching.step();
    expect(() => searching.step()).toThrow(usage(`this search has ${steps} steps, and they are done`));
    return keep(scope(() => searching.found()));
  } finally {
    searching.dispose();
  }
}

function release({ styles, noise, images }: ReturnType<typeof search>): void {
  for (const tensor of [styles, ...noise, images]) tensor.dispose();
}

test.each<[string, object, RegExp]>([
  ['another space', { space: 'z' }, /space to be one of 'w', 'w\+' but received 'z'/],
  ['no number of steps', { steps: Number.NaN }, /steps to be a positive integer but received NaN/],
  ['a rate below 0', { rate: -1 }, /rate to be a number of at least 0 but received -1/],
  ['a seed below 0', { seed: -1 }, /seed to be a whole number of at least 0/],
  ['no images', { images: [] }, /images to be floating-point numbers \[N, C, H, W\]/],
  ['bytes', { images: zeros([1, 1, 16, 16], { dtype: 'uint8' }) }, /images to be floating-point numbers/],
  ['none of them', { images: zeros([0, 1, 16, 16]) }, /images to be floating-point numbers/],
  ['NaN', { images: full([1, 1, 16, 16], Number.NaN) }, /finite numbers but received NaN or infinity/],
])('refuses %s', (_, wrong, message) =>
  withStyleNetwork((network) => {
    const images = zeros([1, 1, 16, 16], { device });
    expect(() => search(network, { images, ...wrong })).toThrow(message);
    expect(network.frozen).toBe(false);
  }),
);

test('the learning rate rises over 5 % of the steps, and falls over the last quarter; noise ends after three', () => {
  const rate = rateOfStep(1000);
  expect([rate(0), rate(24), rate(49), rate(50), rate(750)]).toEqual([1 / 50, 0.5, 1, 1, 1]);
  expect(rate(875)).toBeCloseTo(0.5, 12);
  expect(rate(999)).toBeLessThan(1e-4);
  expect(noiseOfStep(0, 1000)).toBe(0.05);
  expect(noiseOfStep(375, 1000)).toBeCloseTo(0.05 / 4, 12);
  expect([noiseOfStep(750, 1000), noiseOfStep(999, 1000)]).toEqual([0, 0]);
});

test('refuses images of another size than the network makes', () =>
  withStyleNetwork((network) => {
    for (const shape of [
      [1, 3, 16, 16],
      [1, 1, 16, 8],
      [1, 16, 16],
    ])
      expect(() => search(network, { images: randn(shape, { device }) })).toThrow(
        usage(
          `StyleSearch expected images [N, 1, 16, 16], as the network makes them, but received [${shape.join(', ')}]`,
        ),
      );
    expect(network.frozen).toBe(false);
  }));

test.each(['w', 'w+'] as const)('images of the generator are found again in %s', (space) =>
  withStyleNetwork((network) => {
    const images = network.forward(latents(3, 7)).detach();
    const found = search(network, { images, space, steps: 300 });
    expect(found.styles.shape).toEqual(space === 'w' ? [3, 6] : [3, 3, 6]);
    expect(found.noise.map(({ shape }) => shape)).toEqual([
      [3, 1, 4, 4],
      [3, 1, 8, 8],
      [3, 1, 16, 16],
    ]);
    expect(found.features).toBeNull();
    const most = Math.max(...found.pixels);
    expect(most).toBeLessThan(space === 'w' ? 0.1 : 0.05);
    // What is told is what the styles and the noise make.
    const wide = found.styles.reshape([3, -1, 6]).expand([3, 3, 6]);
    const again = network.synthesise(wide, { noise: found.noise });
    expect(again.sub(found.images).abs().amax().item()).toBeLessThan(1e-5);
    expect(again.clamp({ min: -1, max: 1 }).sub(images).abs().mean([1, 2, 3]).amax().item()).toBeCloseTo(
      most,
      5,
    );
    release(found);
  }),
);

test('images that were clipped are found, though what makes them goes beyond black and white', () => {
  class Bold extends StyleGenerator {
    override synthesise(styles: Tensor, options?: { readonly noise?: readonly Tensor[] }): Tensor {
      return super.synthesise(styles, options).mul(4);
    }
  }
  manualSeed(5);
  const network = new Bold({ channels: 1, resolution: 16, latentSize: 8, styleSize: 6, width: 8 });
  network.to({ device }).eval();
  scope(() => {
    const made = network.forward(latents(3, 7)).detach();
    const images = made.clamp({ min: -1, max: 1 });
    expect(made.sub(images).abs().mean().item()).toBeGreaterThan(0.1);
    const found = search(network, { images, steps: 300 });
    expect(Math.max(...found.pixels)).toBeLessThan(0.05);
    release(found);
  });
  network.dispose();
});

test('an image is found the same, whatever comes with it', () =>
  withStyleNetwork((network) => {
    const images = network.forward(latents(3, 7)).detach();
    const together = search(network, { images, space: 'w+', steps: 12 });
    const alone = search(network, {
      images: images.narrow(0, { start: 1, length: 1 }),
      space: 'w+',
      steps: 12,
      seed: 2,
    });
    const same = together.styles.narrow(0, { start: 1, length: 1 });
    expect(alone.styles.sub(same).abs().amax().item()).toBeLessThan(1e-4);
    release(together);
    release(alone);
  }));

test('features are compared where there are some', () =>
  withStyleNetwork((network) => {
    const images = network.forward(latents(2, 7)).detach();
    const responses = (seen: Tensor) => [seen.mul(2), seen.square()];
    const found = search(network, { images, responses, steps: 40 });
    expect(found.features).toHaveLength(2);
    const [first] = found.features ?? [];
    expect(first).toBeGreaterThan(0);
    release(found);
  }));

test('the network and random generators are afterwards as they were, and it learns again', () =>
  withStyleNetwork((network) => {
    const images = network.forward(latents(1, 7)).detach();
    const state = () => network.namedBuffers().map(([, buffer]) => buffer.toArray());
    const before = [state(), getRngState('cpu'), network.parameters().map((each) => each.toArray())];
    release(search(network, { images, steps: 5 }));
    expect([state(), getRngState('cpu'), network.parameters().map((each) => each.toArray())]).toEqual(before);
    expect(network.frozen).toBe(false);
    expect(network.parameters().every(({ requiresGrad, grad }) => requiresGrad && grad === null)).toBe(true);
  }));

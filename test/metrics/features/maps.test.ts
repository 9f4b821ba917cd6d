import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageDataset } from '../../../src/data/dataset';
import { perceptualDistance } from '../../../src/losses/perceptual';
import type { FeatureExtractor } from '../../../src/metrics/extractor';
import { classifierExtractor } from '../../../src/metrics/features/classifier';
import { CLASSIFIER_RECIPE } from '../../../src/metrics/features/classifier-recipe';
import { forChannels, nearestChannels } from '../../../src/metrics/features/in-channels';
import { openFeatures, usualFeatures } from '../../../src/metrics/features/open';
import { scriptExtractor } from '../../../src/metrics/features/script';
import { classifier } from '../../../src/models/classifier';
import { Inception } from '../../../src/models/inception';
import { leakyRelu } from '../../../src/tensor/activations';
import { autocast, grad } from '../../../src/tensor/autograd';
import { arange, randn, zeros } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import type { Tensor } from '../../../src/tensor/tensor';
import { environment, temporaryFolder } from '../../data/files';
import { expectClose } from '../../support/close';
import { failure, usage } from '../../support/failure';
import { readFixture, testDevice } from '../../support/fixtures';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path() }));
const script = (name: string) => join(__dirname, '..', '..', 'fixtures', 'io', 'script', `${name}.pt`);
const fixture = readFixture('io/script');

/** Images without a meaning, of as many classes as are named. */
function dataset({ channels = 1, count = 24, classes = 2 } = {}): ImageDataset {
  const pixels = Uint8Array.from({ length: count * channels * 32 * 32 }, (_, i) => (i * 7919) % 251);
  const labels = classes > 0 ? Array.from({ length: count }, (_, i) => i % classes) : null;
  return new ImageDataset({ name: 'noise', channels, height: 32, width: 32, pixels, labels });
}

describe('images of other channels than a network takes', () => {
  test('are brought to those that keep most of them', () => {
    expect(nearestChannels([1, 3], 4)).toBe(3);
    expect(nearestChannels([1, 3], 2)).toBe(1);
    expect(nearestChannels([1], 3)).toBe(1);
    expect(nearestChannels([4], 1)).toBe(4);
    expect(nearestChannels([3, 1], 1)).toBe(1);
  });

  /** Tells the channels that came, as features and as a map. */
  const teller = (channels?: readonly number[]): FeatureExtractor => ({
    name: 'teller',
    sha256: 'ef'.repeat(32),
    dimensions: 1,
    classes: 0,
    ...(channels && { channels }),
    resize: 'none: images as they come',
    extract: (images: Tensor) => ({ features: images.mean([1, 2, 3]).unsqueeze(1), logits: null }),
    maps: (images: Tensor) => [images],
    dispose() {},
  });

  test('are converted before features and maps are taken, and the protocol says how', () => {
    const rgba = forChannels(teller([1, 3]), 4);
    expect(rgba.resize).toBe('transparency on white; none: images as they come');
    scope(() => {
      // Nothing but transparency: white, whatever is below it.
      const images = randn([2, 4, 5, 5], { device: testDevice });
      images.narrow(1, { start: 3, length: 1 }).fill_(-1);
      expect(rgba.extract(images).features.toTypedArray()).toEqual(Float32Array.of(1, 1));
      expect(rgba.maps?.(images)[0].shape).toEqual([2, 3, 5, 5]);
    });
  });

  test('stay as they are where the network takes them, or does not say', () => {
    const [known, silent] = [teller([1, 3]), teller()];
    expect(forChannels(known, 3)).toBe(known);
    expect(forChannels(silent, 4)).toBe(silent);
  });
});

describe('feature maps of a classifier', () => {
  test('are those of its three convolutions, the last of which the features come of', () => {
    const network = classifier({ channels: 1, classes: 3, width: 4, dimensions: 5 }).to({
      device: testDevice,
    });
    network.eval();
    scope(() => {
      const images = randn([2, 1, 32, 32], { device: testDevice });
      const maps = network.maps(images);
      expect(maps.map(({ shape }) => shape)).toEqual([
        [2, 4, 16, 16],
        [2, 8, 8, 8],
        [2, 16, 4, 4],
      ]);
      const rest = network.trunk.layers.slice(9);
      const features = rest.reduce((output, layer) => layer.forward(output), maps[2]);
      expectClose(features, network.judge(images).features);
    });
    network.dispose();
  });

  test('are of images of any size, in float32 inside autocast too, and nothing is recorded', async () => {
    const recipe = { ...CLASSIFIER_RECIPE, width: 4, dimensions: 8, batch: 8, leastImages: 8, mostImages: 8 };
    const extractor = await classifierExtractor(dataset(), { recipe, device: testDevice });
    scope(() => {
      const images = randn([2, 1, 48, 40], { device: testDevice });
      const maps = extractor.maps?.(images) ?? [];
      expect(maps.map(({ shape, requiresGrad }) => [shape[1], requiresGrad])).toEqual([
        [4, false],
        [8, false],
        [16, false],
      ]);
      const inside = autocast({ device: testDevice }, () => extractor.maps?.(images) ?? []);
      for (const [i, map] of inside.entries()) expectClose(map, maps[i], { relative: 0 });
      expect(() => extractor.maps?.(randn([1, 3, 32, 32]))).toThrow(usage('float32 [N, 1, H, W]'));
    });
    extractor.dispose();
  });

  test('are of images at their own size, so that detail counts which 32×32 pixels do not hold; smaller ones are enlarged', async () => {
    const recipe = { ...CLASSIFIER_RECIPE, width: 4, dimensions: 8, batch: 8, leastImages: 8, mostImages: 8 };
    const extractor = await classifierExtractor(dataset(), { recipe, device: testDevice });
    expect(extractor.mapsResize).toBe('none from 32×32 on, smaller ones bilinear, antialiased, to 32×32');
    scope(() => {
      const sizes = (size: number) =>
        extractor.maps?.(zeros([1, 1, size, size], { device: testDevice })).map(({ shape }) => shape[3]);
      expect(sizes(64)).toEqual([32, 16, 8]);
      for (const size of [32, 12]) expect(sizes(size)).toEqual([16, 8, 4]);
      // Columns of 1 and −1 in turn, which are grey at half the size.
      const places = arange({ end: 64 }, { device: testDevice }).float();
      const stripes = places.remainder(2).mul(2).sub(1).expand([1, 1, 64, 64]);
      const [striped, grey] = [stripes, stripes.mul(0)].map((images) => extractor.maps?.(images) ?? []);
      expect(Number(striped[0].sub(grey[0]).abs().max().item())).toBeGreaterThan(0.1);
    });
    extractor.dispose();
  });
});

test('feature maps of Inception are the last of each size, and its features the mean of the smallest', () => {
  const network = new Inception().to({ device: testDevice }).eval();
  scope(() => {
    const images = randn([1, 3, 299, 299], { device: testDevice });
    const maps = network.maps(images);
    expect(maps.map(({ shape }) => shape)).toEqual([
      [1, 64, 147, 147],
      [1, 192, 71, 71],
      [1, 288, 35, 35],
      [1, 768, 17, 17],
      [1, 2048, 8, 8],
    ]);
    expectClose(network.forward(images), maps[4].mean([2, 3]));
  });
  network.dispose();
});

describe('feature maps of a script', () => {
  test('are those of its dictionary, by their numbers', async () => {
    const extractor = await scriptExtractor(script('maps'), { device: testDevice });
    scope(() => {
      const maps = extractor.maps?.(fixture.tensor('images')) ?? [];
      expect(maps).toHaveLength(2);
      expectClose(maps[0], fixture.tensor('maps.map2'));
      expectClose(maps[1], fixture.tensor('maps.map10'));
      expectClose(extractor.extract(fixture.tensor('images')).features, fixture.tensor('maps.features'));
    });
    extractor.dispose();
  });

  test('are none where it returns none', async () => {
    for (const name of ['plain', 'named', 'detector']) {
      const extractor = await scriptExtractor(script(name), { device: testDevice });
      expect([name, extractor.maps]).toEqual([name, undefined]);
      extractor.dispose();
    }
  });
});

describe('responses, for perceptual losses', () => {
  test('of a classifier are what its leaky ReLUs take, of images at their own size', () => {
    const network = classifier({ channels: 1, classes: 3, width: 4, dimensions: 5 }).to({
      device: testDevice,
    });
    network.eval();
    scope(() => {
      const images = randn([2, 1, 32, 32], { device: testDevice });
      const responses = network.responses(images);
      for (const [i, map] of network.maps(images).entries()) expectClose(leakyRelu(responses[i], 0.1), map);
      const larger = network.responses(randn([1, 1, 48, 40], { device: testDevice }));
      expect(larger.map(({ shape }) => shape.slice(2))).toEqual([
        [24, 20],
        [12, 10],
        [6, 5],
      ]);
    });
    network.dispose();
  });

  test.each([1, 3])('give images of %d channels a gradient, and weights none', async (channels) => {
    const recipe = { ...CLASSIFIER_RECIPE, width: 4, dimensions: 8, batch: 8, leastImages: 8, mostImages: 8 };
    const own = await classifierExtractor(dataset(), { recipe, device: testDevice });
    const extractor = forChannels(own, channels);
    scope(() => {
      const images = randn([2, channels, 24, 16], { device: testDevice });
      images.requiresGrad = true;
      const responses = autocast({ device: testDevice }, () => extractor.responses?.(images) ?? []);
      expect(responses.map(({ dtype, shape }) => [dtype, shape[1]])).toEqual([
        ['float32', 4],
        ['float32', 8],
        ['float32', 16],
      ]);
      const others = extractor.responses?.(randn(images.shape, { device: testDevice })) ?? [];
      const [gradient] = grad([perceptualDistance(responses, others)], [images]);
      expect(gradient.abs().mean([0, 2, 3]).toArray()).toEqual(
        Array.from({ length: channels }, () => expect.any(Number)),
      );
      expect(gradient.abs().min().item()).toBeGreaterThanOrEqual(0);
      expect(gradient.abs().max().item()).toBeGreaterThan(0);
    });
    extractor.dispose();
  });

  test('of a script are its maps, through which images get a gradient', async () => {
    const extractor = await scriptExtractor(script('maps'), { device: testDevice });
    scope(() => {
      const images = fixture.tensor('images').detach();
      images.requiresGrad = true;
      const responses = extractor.responses?.(images) ?? [];
      expectClose(responses[0], fixture.tensor('maps.map2'));
      const [gradient] = grad([responses[0].square().sum()], [images]);
      expect(gradient.abs().max().item()).toBeGreaterThan(0);
    });
    extractor.dispose();
  });

  test('are none of networks without maps, nor of images with transparency', async () => {
    const plain = await scriptExtractor(script('plain'), { device: testDevice });
    expect(plain.responses).toBeUndefined();
    plain.dispose();
    const recipe = { ...CLASSIFIER_RECIPE, width: 4, dimensions: 8, batch: 8, leastImages: 8, mostImages: 8 };
    const own = await classifierExtractor(dataset(), { recipe, device: testDevice });
    expect(forChannels(own, 4).responses).toBeUndefined();
    own.dispose();
  });
});

describe('what --features names', () => {
  test('is for images without labels the classifier of the built-in digits, unless somebody says otherwise', () => {
    expect(usualFeatures(dataset())).toBe('classifier');
    for (const unlike of [dataset({ classes: 0 }), dataset({ classes: 1 }), dataset({ count: 19 })])
      expect(usualFeatures(unlike)).toBe('classifier:digits');
  });

  test('may be the classifier of another set, which must be known', async () => {
    await expect(openFeatures('classifier:digitz', { dataset: dataset() })).rejects.toThrow(
      usage('there is no data set "digitz": did you mean digits?'),
    );
    await expect(openFeatures('classifier', { dataset: dataset({ classes: 0 }) })).rejects.toThrow(
      usage('or the classifier of another set with --features classifier:digits'),
    );
  });

  test('is fitted to the channels of the images', async () => {
    const file = folder.path('net.pt');
    copyFileSync(script('plain'), file);
    const extractor = await openFeatures(file, { dataset: dataset({ channels: 4 }), device: testDevice });
    expect(extractor.resize).toBe('transparency on white; none: images as they come');
    scope(() => {
      expect(extractor.extract(randn([2, 4, 9, 9], { device: testDevice })).features.shape).toEqual([2, 4]);
    });
    extractor.dispose();
    await expect(openFeatures(folder.path('none.pt'), { dataset: dataset() })).rejects.toThrow(
      failure('ERR_CANNOT_READ', 'none.pt'),
    );
  });
});

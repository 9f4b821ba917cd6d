import { ImageDataset } from '../../src/data/dataset';
import { type EvaluatePairsOptions, evaluatePairs, requireMaps } from '../../src/metrics/evaluate-pairs';
import type { FeatureExtractor } from '../../src/metrics/extractor';
import { tensorImages } from '../../src/metrics/image-source';
import type { PairMetric } from '../../src/metrics/names';
import { fromBytes, full } from '../../src/tensor/create';
import { keep } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { tinyExtractor } from '../support/extractor';
import { failure, usage } from '../support/failure';
import { expectNear } from '../support/feature-sets';
import { readCases, testDevice } from '../support/fixtures';

const ALL: readonly PairMetric[] = ['l1', 'psnr', 'ssim', 'lpips'];

/** Images of one grey each, by bytes. */
function targetsOf(greys: readonly number[], { channels = 1, side = 12 } = {}): ImageDataset {
  const pixels = Uint8Array.from(
    { length: greys.length * channels * side * side },
    (_, i) => greys[Math.floor(i / (channels * side * side))],
  );
  return new ImageDataset({ name: 'targets', channels, height: side, width: side, pixels });
}

async function judge(
  values: readonly number[],
  options: Omit<EvaluatePairsOptions, 'images'>,
): Promise<Awaited<ReturnType<typeof evaluatePairs>>> {
  const { channels, height, width } = options.targets.spec;
  const size = channels * height * width;
  const numbers = Float32Array.from({ length: values.length * size }, (_, i) => values[Math.floor(i / size)]);
  const shape = [values.length, channels, height, width];
  const images = fromBytes(numbers, { dtype: 'float32', shape, device: testDevice });
  try {
    return await evaluatePairs({ images: tensorImages(images), device: testDevice, ...options });
  } finally {
    images.dispose();
  }
}

describe('bad input is refused', () => {
  const targets = targetsOf([0, 127, 255]);

  test('images of another form than their targets', async () => {
    const images = full([2, 3, 12, 12], 0);
    await expect(evaluatePairs({ images: tensorImages(images), targets, metrics: ['l1'] })).rejects.toThrow(
      usage('expected images of the form of their targets, 1×12×12, but they are 3×12×12'),
    );
    images.dispose();
  });

  test('metrics that are none, or of sets of images', async () => {
    const metrics = ['fid'] as never;
    await expect(judge([0, 0], { targets, metrics })).rejects.toThrow(
      usage('"fid" is no metric of evaluatePairs; there are l1, psnr, ssim, lpips'),
    );
  });

  test('more images than targets, and a single one', async () => {
    const expected = usage('expected from 2 to 3 images, a target for each, but there are');
    await expect(judge([0, 0, 0, 0], { targets, metrics: ['l1'] })).rejects.toThrow(expected);
    await expect(judge([0], { targets, metrics: ['l1'] })).rejects.toThrow(expected);
  });

  test('lpips without a network, and by one without feature maps', async () => {
    const extractor = tinyExtractor();
    await expect(judge([0, 0], { targets, metrics: ['lpips'] })).rejects.toThrow(
      usage('lpips needs a feature network with feature maps but none was given: leave lpips out'),
    );
    await expect(judge([0, 0], { targets, metrics: ['lpips'], extractor })).rejects.toThrow(
      usage('lpips needs a feature network with feature maps but tiny has none: leave lpips out'),
    );
    extractor.dispose();
  });

  test('an image that is not a number is named', async () => {
    await expect(judge([0, Number.NaN], { targets, metrics: ['ssim'] })).rejects.toThrow(
      failure('ERR_BAD_FEATURES', 'image 1 holds NaN or infinity: look at the network that made it'),
    );
  });
});

test('figures are means over images with their standard errors, of images rounded to 256 levels', async () => {
  // 0.1 of a level from their targets, which rounding takes away, and 51 of 255 levels: 0.4 of [-1, 1].
  const level = 2 / 255;
  const targets = targetsOf([0, 51]);
  const { metrics, errors, protocol } = await judge([-1 + 0.1 * level, -1 + 102 * level], {
    targets,
    metrics: ['l1', 'psnr'],
    protocol: { split: 'test' },
  });
  expectNear(metrics.l1, 0.2, 1e-6);
  expectNear(errors.l1, 0.2, 1e-6);
  // The first is met exactly and counts as 100 dB; the other has 10 log10(4 / 0.16).
  expectNear(metrics.psnr, (100 + 10 * Math.log10(25)) / 2, 1e-5);
  expectNear(errors.psnr, (100 - 10 * Math.log10(25)) / 2, 1e-5);
  expect(protocol).toEqual({
    of: 'images beside their targets',
    real: 'targets',
    realSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    count: 2,
    resolution: 12,
    colours: 'grey',
    dataRange: '−1 to 1',
    levels: 256,
    border: 0,
    psnr: 'of each image, at most 100 dB',
    split: 'test',
    version: expect.any(String),
  });
});

test('an order says which target an image has', async () => {
  const targets = targetsOf([0, 255, 0]);
  const { metrics } = await judge([1, -1], { targets, order: Int32Array.of(1, 2), metrics: ['l1'] });
  expect(metrics.l1).toBe(0);
});

test('images that are not compared at once are judged as those that are', async () => {
  // Two pieces: a piece is 2^20 pixels.
  const targets = targetsOf([0, 255, 51], { side: 700 });
  const { metrics } = await judge([-1, 1, 1], { targets, metrics: ['l1'] });
  expectNear(metrics.l1, 1.6 / 3, 1e-6);
});

/** The network of the fixture: means over blocks of 1 and 2 pixels, mixed by matrices, without their negative part. */
function fixtureNetwork(mixing: readonly Tensor[]): FeatureExtractor {
  const maps = (images: Tensor) =>
    mixing.map((matrix, layer) => {
      const [count, channels, height, width] = images.shape;
      const k = layer + 1;
      const [rows, columns] = [height / k, width / k];
      const pooled = images.reshape([count, channels, rows, k, columns, k]).mean([3, 5]);
      const mixed = matrix.matmul(pooled.reshape([count, channels, rows * columns]));
      return mixed.relu().reshape([count, matrix.shape[0], rows, columns]);
    });
  return { ...tinyExtractorFacts, maps, dispose() {} };
}

const tinyExtractorFacts = {
  name: 'blocks',
  sha256: 'cd'.repeat(32),
  dimensions: 1,
  classes: 0,
  resize: 'none: images as they come',
  extract: (images: Tensor) => ({ features: images.mean([1, 2, 3]).unsqueeze(1), logits: null }),
};

interface EvaluationCase {
  readonly kind: string;
  readonly expected: Readonly<Record<string, readonly [number, number]>>;
}

describe('equals NumPy', () => {
  const cases = readCases<EvaluationCase>('metrics/paired').filter(({ kind }) => kind === 'evaluation');

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_, { tensors, expected }) => {
    const [images, bytes, ...mixing] = ['images', 'targets', 'mixing0', 'mixing1'].map((name) =>
      keep(tensors.tensor(name)),
    );
    const [, channels, height, width] = images.shape;
    const targets = new ImageDataset({ name: 'targets', channels, height, width, pixels: bytes.toBytes() });
    const extractor = fixtureNetwork(mixing);
    const { metrics, errors, protocol } = await evaluatePairs({
      images: tensorImages(images),
      targets,
      metrics: ALL,
      extractor,
      device: testDevice,
    });
    for (const metric of ALL) {
      const [mean, error] = expected[metric];
      expectNear(metrics[metric], mean, 1e-5);
      expectNear(errors[metric], error, 1e-5);
    }
    expect(protocol).toMatchObject({
      colours: 'RGB',
      resolution: '14×12',
      ssim: 'Gaussian window of 11×11, σ 1.5',
      lpips: 'feature maps of norm 1, all weights 1',
      features: 'blocks',
      featuresSha256: 'cd'.repeat(32),
    });
    for (const tensor of [images, bytes, ...mixing]) tensor.dispose();
  });
});

test('equal images have the best figures', async () => {
  const mixing = keep(
    fromBytes(Float32Array.of(1, -2, 0.5), { dtype: 'float32', shape: [3, 1], device: testDevice }),
  );
  const extractor = fixtureNetwork([mixing]);
  const targets = targetsOf([0, 100, 200]);
  const images = [0, 100, 200].map((byte) => byte / 127.5 - 1);
  const { metrics, errors } = await judge(images, { targets, metrics: ALL, extractor });
  expect(metrics).toEqual({ l1: 0, psnr: 100, ssim: 1, lpips: 0 });
  expect(errors).toEqual({ l1: 0, psnr: 0, ssim: 0, lpips: 0 });
  expect(requireMaps(extractor)).toBeInstanceOf(Function);
  mixing.dispose();
});

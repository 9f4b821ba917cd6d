import type { Autoencoder } from '../../src/metrics/autoencoder';
import { type EvaluateDataOptions, evaluateData } from '../../src/metrics/evaluate-data';
import { randn } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

const real = tinyDataset({ count: 300, resolution: 16 });

/** ln w of an image is its mean brightness in every draw; images come back 0.5 brighter. */
const known: Autoencoder = {
  networks: [],
  reconstruct: (images) => images.add(0.5),
  likelihood: {
    name: 'known',
    binWidth: 1,
    logWeights: (images, { draws }) => images.mean([1, 2, 3]).unsqueeze(1).expand([images.shape[0], draws]),
  },
};

function evaluate(options: Partial<EvaluateDataOptions> = {}) {
  const all = { autoencoder: known, real, device: testDevice, metrics: ['elbo', 'iwae', 'reconstruction'] };
  return evaluateData({ ...all, ...options } as EvaluateDataOptions);
}

async function brightnesses(count: number): Promise<number[]> {
  const bytes = await real.images(Array.from({ length: count }, (_, i) => i));
  const size = bytes.length / count;
  return Array.from({ length: count }, (_, i) => {
    const image = bytes.subarray(i * size, (i + 1) * size);
    return image.reduce((sum, byte) => sum + byte / 127.5 - 1, 0) / size;
  });
}

test('metrics are those of autoencoders', () =>
  expect(evaluate({ metrics: ['elb' as never] })).rejects.toEqual(
    usage('"elb" is no metric of evaluateData: did you mean elbo?'),
  ));

test('a bound needs a likelihood, draws and counts must be possible', async () => {
  const { likelihood: _none, ...blind } = known;
  await expect(evaluate({ autoencoder: blind })).rejects.toEqual(
    usage('elbo needs a model with a likelihood of pixels but this one has none'),
  );
  await expect(evaluate({ draws: 0 })).rejects.toEqual(usage('draws to be a positive integer'));
  await expect(evaluate({ count: 301 })).rejects.toEqual(usage('from 2 to the 300 that "tiny" has'));
});

test('numbers are means over the images with their standard errors', async () => {
  const { metrics, errors } = await evaluate({ draws: 3 });
  const each = await brightnesses(300);
  const mean = each.reduce((sum, value) => sum + value, 0) / 300;
  const variance = each.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 299;
  expect(metrics.elbo).toBeCloseTo(mean, 6);
  expect(metrics.iwae).toBeCloseTo(mean, 6);
  expect(errors.elbo).toBeCloseTo(Math.sqrt(variance / 300), 6);
  expect(metrics.bitsPerDimension).toBeCloseTo(-mean / 256 / Math.LN2, 8);
  expect(metrics.mse).toBeCloseTo(0.25, 6);
  expect(metrics.mae).toBeCloseTo(0.5, 6);
  expect(metrics.psnr).toBeCloseTo(10 * Math.log10(4 / 0.25), 4);
  expect(Object.keys(metrics)).toEqual(['elbo', 'bitsPerDimension', 'iwae', 'mse', 'mae', 'psnr']);
});

test('of a model of black and white pixels they are of what it sees, and bits say nothing', async () => {
  const seen: number[] = [];
  const autoencoder: Autoencoder = {
    ...known,
    view: { name: 'black', of: (images) => images.mul(0).sub(1) },
    reconstruct(images) {
      seen.push(images.amax().item());
      return images;
    },
    likelihood: { name: 'known', logWeights: (images) => images.mean([1, 2, 3]).unsqueeze(1) },
  };
  const { metrics, protocol } = await evaluate({ autoencoder });
  expect(metrics).toEqual({ elbo: -1, iwae: -1, mse: 0, mae: 0, psnr: 100 });
  expect(new Set(seen)).toEqual(new Set([-1]));
  expect(protocol).toMatchObject({ pixels: 'black', psnr: 'of each image, at most 100 dB' });
});

test('the protocol has what the numbers depend on, and nothing else', async () => {
  const { protocol } = await evaluate({ count: 40, seed: 7, protocol: { split: 'test', weights: 'live' } });
  expect(protocol).toMatchObject({
    of: 'real images in an autoencoder',
    real: 'tiny',
    realCount: 40,
    resolution: 16,
    pixels: 'as they are',
    likelihood: 'known',
    draws: 100,
    seed: 7,
    split: 'test',
    weights: 'live',
  });
  const { protocol: plain } = await evaluate({ metrics: ['reconstruction'] });
  expect(Object.keys(plain)).not.toEqual(expect.arrayContaining(['draws']));
});

test('latents are of a generator of its own: equal seeds give equal numbers, and the default one stays', async () => {
  const autoencoder: Autoencoder = {
    ...known,
    likelihood: {
      name: 'noise',
      logWeights: (images, { draws, random }) =>
        randn([images.shape[0], draws], { generator: random, device: random.device }),
    },
  };
  const before = getRngState(testDevice);
  const numbers = async (seed: number) => (await evaluate({ autoencoder, seed, metrics: ['elbo'] })).metrics;
  const first = await numbers(1);
  expect(await numbers(1)).toEqual(first);
  expect(await numbers(2)).not.toEqual(first);
  expect(getRngState(testDevice)).toEqual(before);
});

import { join } from 'node:path';
import { writeTinyMnist } from './tiny-data';
import { writeClasses, writePairs } from './tiny-domains';
import { TranslationRuns } from './translation-runs';

const SCRIPT = join(__dirname, '..', 'fixtures', 'io', 'script', 'plain.pt');
const runs = new TranslationRuns();
beforeAll(async () => {
  runs.begin();
  await runs.trainPairs();
  await runs.trainDomains();
  await writePairs(runs.at('learned'), { train: 4, test: 0 });
  await writeClasses(runs.at('else'), { train: 22, test: 8, classes: ['dog', 'eel'] });
});
afterAll(() => runs.end());

describe('a wrong call says why in one line, and leaves no row', () => {
  const paired = () => ['--checkpoint', runs.at('paired')];
  const unpaired = () => ['--checkpoint', runs.at('unpaired')];

  test.each<[string, () => string[], RegExp]>([
    [
      'ppl',
      () => [...paired(), '--metrics', 'ppl'],
      /ppl walks between latents, but .*step-000002 is of a model that takes images in: leave it out/,
    ],
    [
      '--truncation',
      () => [...paired(), '--truncation', '0.7'],
      /--truncation is of latents, but .* takes images in/,
    ],
    [
      '--standing-statistics',
      () => [...unpaired(), '--standing-statistics', '2'],
      /standing statistics are of images made of latents, but this model takes images in/,
    ],
    [
      '--resize',
      () => [...paired(), '--resize', 'bicubic'],
      /--resize is of images that are not of the size of the real ones, but/,
    ],
    [
      'elbo',
      () => [...paired(), '--metrics', 'elbo'],
      /elbo needs a model with an encoder but this one has none/,
    ],
    [
      'purity',
      () => [...unpaired(), '--metrics', 'purity'],
      /purity needs a categorical code that is no label/,
    ],
    [
      'a direction that the model lacks',
      () => [...paired(), '--direction', 'ba'],
      /this model has no direction ba: it has ab/,
    ],
    [
      'psnr without pairs',
      () => [...unpaired(), '--metrics', 'fid,psnr'],
      /psnr compares images with what they should be, but unpaired:.* has no pairs: try --metrics fid, or --dataset pairs:PATH/,
    ],
    [
      'more images than there are',
      () => [...paired(), '--count', '7'],
      /--count 7, but the test split of pairs:.* has 6 images to show to the model: ask for fewer/,
    ],
    [
      'images alone',
      () => [...paired(), '--dataset', 'digits'],
      /--dataset digits gives images alone, but this model makes b of a: try --dataset pairs:PATH/,
    ],
    [
      'other channels',
      () => [...paired(), '--dataset', 'unpaired:digits+digits', '--metrics', 'fid'],
      /this model has learned images a of 3 channels, but those of unpaired:digits\+digits have 1/,
    ],
    [
      'accuracy without labels',
      () => [...paired(), '--metrics', 'accuracy'],
      /accuracy needs domains with the same classes, but pairs:.* \(a\) has none and .* \(b\) has none: leave accuracy out/,
    ],
    [
      'accuracy by other classes',
      () => [
        ...unpaired(),
        '--metrics',
        'accuracy',
        '--dataset',
        `unpaired:folder:${runs.at('here')}+folder:${runs.at('else')}`,
      ],
      /same classes, but .*here has bird, cat and .*else has dog, eel/,
    ],
    [
      'no test split',
      () => [...paired(), '--dataset', `pairs:${runs.at('learned')}`],
      /judged by images that it has not learned, but pairs:.* has no test split: try --split train/,
    ],
    [
      '--real-count of pairs',
      () => [...paired(), '--metrics', 'ssim', '--real-count', '4'],
      /--real-count is of images to compare with, but ssim has one for each: try --count 4/,
    ],
    [
      'lpips by a network without maps',
      () => [...paired(), '--metrics', 'lpips', '--features', SCRIPT],
      /lpips needs a feature network with feature maps but torchscript:plain.pt has none/,
    ],
  ])('%s', async (_, argv, message) => {
    const before = [...runs.rows('paired'), ...runs.rows('unpaired')].length;
    const { code, stdout, stderr } = await runs.evaluate(...argv(), '--quiet');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n').filter((line) => line.startsWith('error:'))).toEqual([
      expect.stringMatching(message),
    ]);
    expect([...runs.rows('paired'), ...runs.rows('unpaired')]).toHaveLength(before);
  });

  test.each<[string[], RegExp]>([
    [
      ['--images', 'test', '--dataset', 'mnist', '--metrics', 'psnr'],
      /psnr judges a model, not images: give --checkpoint/,
    ],
    [
      ['--images', 'test', '--dataset', 'mnist', '--direction', 'ab'],
      /--direction is of a model, but --images has none/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stderr } = await runs.evaluate(...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('a model of latents', () => {
  beforeAll(async () => {
    writeTinyMnist(runs.at(''));
    const model = ['--resolution', '16', '--set', 'width=2', '--set', 'latentSize=4'];
    const data = ['--dataset', 'mnist', '--data-dir', runs.at('')];
    await runs.train('dcgan', ...model, ...data, '--out', runs.at('latents'));
  });

  test.each<[string[], RegExp]>([
    [
      ['--metrics', 'psnr'],
      /psnr compares images with what they should be, but .* makes images of latents: try --metrics fid,kid,prdc/,
    ],
    [
      ['--direction', 'ab'],
      /--direction is of models that take images in, but .* makes images of latents: leave it out/,
    ],
  ])('has no %j', async (argv, message) => {
    const { code, stderr } = await runs.evaluate('--checkpoint', runs.at('latents'), ...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('and is not trained by metrics of pairs', async () => {
    await expect(
      runs.train('dcgan', '--dataset', 'mnist', '--eval-every', '2', '--eval-metrics', 'ssim'),
    ).rejects.toThrow('--eval-metrics ssim compares images with what they should be, but mnist has no pairs');
  });
});

test('a model of pairs is not trained by both kinds of metrics', async () => {
  const data = ['--dataset', `pairs:${runs.at('pairs')}`, '--out', runs.at('none')];
  await expect(
    runs.train('pix2pix', ...data, '--eval-every', '2', '--eval-metrics', 'fid,l1'),
  ).rejects.toThrow(
    'fid and l1 are measured by protocols of their own, and a training is judged by one: choose fid or l1',
  );
});

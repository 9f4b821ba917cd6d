import { conv2d } from '../../src/nn/conv';
import { sequential } from '../../src/nn/sequential';
import { alone } from '../../src/parallel/group';
import { noGrad } from '../../src/tensor/autograd';
import { RunEvaluator } from '../../src/training/evaluation';
import type { EvaluationOptions } from '../../src/training/evaluation-options';
import { imageSampler } from '../../src/training/image-sampler';
import { tinyExtractor } from '../support/extractor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

const sampler = imageSampler({
  directions: { ab: { by: 'ab', from: 'a', to: 'b' } },
  reach: { stride: 1, least: 1, receptiveField: 2 },
});
const inputs = tinyDataset({ count: 6, labelled: false });

const begin = (options: EvaluationOptions) =>
  RunEvaluator.begin(options, { device: testDevice, sampler, group: alone });

describe('options that do not fit together are refused', () => {
  const real = tinyDataset({ count: 6, labelled: false });

  test.each<[string, EvaluationOptions, string]>([
    ['no inputs', { real, metrics: ['l1'] }, 'expected the images to judge it by but received no `inputs`'],
    [
      'another number of targets',
      { real: tinyDataset({ count: 7 }), inputs, metrics: ['psnr'] },
      'psnr compares images with what they should be and expected a target for each input but received 7 for 6',
    ],
    ['no feature network', { real, inputs }, 'fid expected a feature network but received no `features`'],
    [
      'lpips without one',
      { real, inputs, metrics: ['lpips'] },
      'lpips needs a feature network with feature maps but none',
    ],
    ['metrics of both kinds', { real, inputs, metrics: ['fid', 'l1'] }, 'choose fid or l1'],
    [
      'labels that are not there',
      { real, inputs, metrics: ['accuracy'] },
      'accuracy needs images made with labels',
    ],
  ])('%s', async (name, options, message) => {
    const features = name === 'labels that are not there' ? tinyExtractor() : undefined;
    await expect(begin({ ...options, features })).rejects.toThrow(usage(message));
    features?.dispose();
  });
});

/** A network that gives images back, so many times as bright. */
function scaling(weight: number) {
  const ab = sequential(conv2d(1, 1, { kernelSize: 1, bias: false })).to({ device: testDevice });
  noGrad(() => ab.parameters()[0].fill_(weight));
  return ab;
}

test('a training is judged by targets without a feature network, and the best weights are the nearest to them', async () => {
  const evaluator = await begin({
    real: inputs,
    inputs,
    metrics: ['l1', 'psnr'],
    count: 4,
    protocol: { split: 'test' },
  });
  expect(evaluator.bestBy).toBe('l1');
  const rows = [];
  for (const [step, weight] of [0.5, 1].entries()) {
    const ab = scaling(weight);
    const state = { step, averages: {}, averaged: { ab }, device: testDevice };
    rows.push(await evaluator.evaluate(state, {}));
    ab.dispose();
  }
  expect(rows.map((judged) => judged?.isBest)).toEqual([true, true]);
  expect(rows[1]?.row).toMatchObject({
    source: 'training',
    metrics: { l1: 0, psnr: 100 },
    protocol: {
      of: 'images beside their targets',
      images: 'outputs of the model',
      split: 'test',
      count: 4,
      seed: 0,
    },
  });
  expect(rows[0]?.row.metrics.l1).toBeGreaterThan(0.1);
  evaluator.dispose();
});

import {
  decidingNumber,
  imageMetricNames,
  metricParts,
  pairMetricNames,
  parseMetrics,
  parseTrainingMetrics,
  requireMetrics,
  trainingParts,
} from '../../src/metrics/names';
import { usage } from '../support/failure';

describe('a list of metrics', () => {
  test('is read in the order of the report, each once', () => {
    expect(parseMetrics(' prdc, fid,fid')).toEqual(['fid', 'prdc']);
  });

  test('with an unknown name tells the nearest', () => {
    expect(() => parseMetrics('fid,kyd')).toThrow(
      usage('"kyd" is no metric: did you mean kid? There are fid, kid, is, prdc, diversity, accuracy'),
    );
    expect(() => parseMetrics('toString')).toThrow(usage('is no metric'));
  });

  test('that is empty tells what there is', () => {
    expect(() => parseMetrics(' , ')).toThrow(usage('expected metrics such as fid,kid but got none'));
  });
});

describe('metrics', () => {
  test('are of images, of images beside their targets, of paths, or of real images in an autoencoder', () => {
    expect(metricParts(parseMetrics('elbo,auroc,fid,ppl,lpips,reconstruction,accuracy,l1'))).toEqual({
      images: ['fid', 'accuracy'],
      pairs: ['l1', 'lpips'],
      paths: true,
      data: ['elbo', 'reconstruction'],
      scores: true,
    });
    expect(metricParts(['kid'])).toEqual({
      images: ['kid'],
      pairs: [],
      paths: false,
      data: [],
      scores: false,
    });
  });

  test('of images, or of pairs, are measured on the way', () => {
    expect(parseTrainingMetrics('purity,kid')).toEqual(['kid', 'purity']);
    expect(parseTrainingMetrics('ssim,l1')).toEqual(['l1', 'ssim']);
    expect(() => parseTrainingMetrics('fid,elbo')).toThrow(
      usage(
        'elbo is not measured on the way: expected some of fid, kid, is, prdc, diversity, accuracy, purity, intra-fid, authenticity, l1, psnr, ssim, lpips; evaluate --metrics elbo',
      ),
    );
  });

  test('of images and of pairs are not in one row', () => {
    expect(trainingParts(['l1', 'lpips'])).toEqual({ images: [], pairs: ['l1', 'lpips'] });
    expect(trainingParts(['fid'])).toEqual({ images: ['fid'], pairs: [] });
    expect(() => trainingParts(['fid', 'kid', 'l1'])).toThrow(
      usage(
        'fid and l1 are measured by protocols of their own, and a training is judged by one: choose fid,kid or l1',
      ),
    );
  });
});

describe('the number that decides which weights are best', () => {
  test('is the first that has a better and a worse', () => {
    expect(decidingNumber(['diversity', 'prdc'])).toBe('precision');
    expect(decidingNumber(['fid', 'kid'])).toBe('fid');
  });

  test('is the one named, where it is measured', () => {
    expect(decidingNumber(['fid', 'prdc'], 'recall')).toBe('recall');
    expect(() => decidingNumber(['fid'], 'kid')).toThrow(usage('expected one of fid, but got kid'));
  });

  test('is not one of which neither more nor less is better', () => {
    expect(() => decidingNumber(['diversity'])).toThrow(
      usage('expected one of the metrics that have a better and a worse, but got diversity'),
    );
  });
});

test('metrics of a script are those that what measures them has, or told with the nearest', () => {
  expect(() => requireMetrics('evaluate', ['fid', 'kid'], imageMetricNames)).not.toThrow();
  expect(() => requireMetrics('evaluate', ['kid', 'fdi'], imageMetricNames)).toThrow(
    usage('"fdi" is no metric of evaluate: did you mean fid? There are fid, kid, is, prdc'),
  );
  expect(() => requireMetrics('evaluatePairs', ['toString'], pairMetricNames)).toThrow(
    usage('"toString" is no metric of evaluatePairs; there are l1, psnr, ssim, lpips'),
  );
  expect(() => requireMetrics('evaluate', [undefined as never], imageMetricNames)).toThrow(
    usage('"undefined" is no metric of evaluate'),
  );
  expect(() => requireMetrics('evaluate', 'fid' as never, imageMetricNames)).toThrow(
    usage("evaluate expects metrics as a list, e.g. ['fid'], but received 'fid' (string)"),
  );
  expect(() => trainingParts(['fdi' as never])).toThrow(usage('"fdi" is no metric of a training'));
});

import { asBaseLine } from '../../src/metrics/base-line';
import { metricFacts } from '../../src/report/evaluations';

const evaluation = {
  metrics: { accuracy: 0.5, psnr: 20 },
  errors: { psnr: 0.1 },
  details: { accuracyOfClass: [1, null, 0] },
  protocol: { images: 'copy of the input' },
  seconds: { features: 1, metrics: 2 },
};

test('the figures of a base line have names of their own, and its protocol stays', () => {
  expect(asBaseLine(evaluation)).toEqual({
    metrics: { accuracyOfCopy: 0.5, psnrOfCopy: 20 },
    errors: { psnrOfCopy: 0.1 },
    details: { accuracyOfClassOfCopy: [1, null, 0] },
    protocol: { images: 'copy of the input' },
    seconds: { features: 1, metrics: 2 },
  });
  const { details: _, ...plain } = evaluation;
  expect(asBaseLine(plain)).not.toHaveProperty('details');
});

test('what is known of a number is known of that of its base line', () => {
  expect(metricFacts('psnrOfCopy')).toEqual({
    ...metricFacts('psnr'),
    label: 'PSNR (dB) of the copy of the input',
  });
  expect(metricFacts('oddOfCopy')).toEqual({
    label: 'odd of the copy of the input',
    better: 'none',
    range: [null, null],
  });
});

test.each([
  ['l1', 'L1', 'lower'],
  ['psnr', 'PSNR (dB)', 'higher'],
  ['ssim', 'SSIM', 'higher'],
  ['lpips', 'LPIPS', 'lower'],
])('%s is told as %s, of which %s is better', (name, label, better) => {
  expect(metricFacts(name)).toMatchObject({ label, better });
});

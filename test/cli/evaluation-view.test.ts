import { evaluationLines } from '../../src/cli/evaluation-view';
import { row } from '../report/rows';

const PROTOCOL = {
  features: 'classifier-mnist',
  featuresSha256: 'ab'.repeat(32),
  realCount: 60_000,
  fakeCount: 10_000,
  seed: 0,
};
const evaluation = {
  metrics: { fid: 12.3456, precision: 0.7, diversity: 0.5 },
  errors: { fid: 0.123 },
  protocol: PROTOCOL,
  seconds: { features: 1, metrics: 1 },
};

test('each number has its error and says which way is better, and the protocol is short', () => {
  expect(evaluationLines(evaluation, { earlier: [] })).toEqual([
    'FID ↓        12.35 ± 0.12',
    'Precision ↑  0.700',
    'Diversity    0.500',
    '',
    'protocol  features classifier-mnist, featuresSha256 abababababab, realCount 60,000, fakeCount 10,000, seed 0',
  ]);
});

test('rows that may be compared are shown, the others counted with what sets them apart', () => {
  const earlier = [
    row(100, { metrics: { fid: 30 }, protocol: PROTOCOL }),
    row(100, { metrics: { fid: 20 }, errors: { fid: 0.5 }, protocol: { ...PROTOCOL, seed: 4 } }),
    row(200, { metrics: { fid: 1 }, protocol: { ...PROTOCOL, fakeCount: 5_000 } }),
    row(300, { metrics: { fid: 2 }, protocol: { ...PROTOCOL, weights: 'live' } }),
  ];
  expect(evaluationLines(evaluation, { earlier }).slice(5)).toEqual([
    'earlier   step 100: FID 20.00 ± 0.50',
    '          2 earlier rows of this run are not comparable: they differ in fakeCount, weights',
  ]);
});

test('lists follow the numbers, and rows about something else are not counted', () => {
  const own = {
    ...evaluation,
    metrics: { accuracy: 0.75 },
    errors: {},
    details: { accuracyOfClass: [1, null, 0.5] },
    protocol: { epsilon: 0.0001 },
  };
  const earlier = [row(100, { protocol: { of: 'paths between latents' } })];
  expect(evaluationLines(own, { earlier })).toEqual([
    'Label accuracy ↑  0.750',
    'accuracyOfClass  1 – 0.500',
    '',
    'protocol  epsilon 0.0001',
  ]);
});

test('each number is followed by that of the base line, whose protocol tells in what it differs', () => {
  const own = {
    ...evaluation,
    metrics: { l1: 0.25, accuracy: 0.75 },
    errors: { l1: 0.01 },
    details: { accuracyOfClass: [1, 0.5] },
    protocol: { real: 'cats', images: 'outputs of the model', weights: 'ema' },
  };
  const baseLine = {
    ...evaluation,
    metrics: { l1OfCopy: 0.5, accuracyOfCopy: 0.125 },
    errors: { l1OfCopy: 0.02 },
    details: { accuracyOfClassOfCopy: [0, 0.25] },
    protocol: { real: 'cats', images: 'copy of the input', weights: 'none' },
  };
  // Earlier rows of the base line are no rows that the model was to be compared with.
  const earlier = [row(100, { metrics: { l1OfCopy: 0.5 }, protocol: baseLine.protocol })];
  expect(evaluationLines(own, { earlier, baseLine })).toEqual([
    'L1 ↓                                       0.250 ± 0.010',
    'L1 of the copy of the input ↓              0.500 ± 0.020',
    'Label accuracy ↑                           0.750',
    'Label accuracy of the copy of the input ↑  0.125',
    'accuracyOfClass  1 0.500',
    'accuracyOfClassOfCopy  0 0.250',
    '',
    'protocol  real cats, images outputs of the model, weights ema',
    'base line images copy of the input, weights none',
  ]);
});

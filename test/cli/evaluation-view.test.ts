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

import {
  collapseNote,
  formatCount,
  formatMeasured,
  formatValue,
  summarizeMetric,
  summaryLines,
} from '../../src/report/summary';
import { row, rows } from './rows';

describe('summarizeMetric', () => {
  test('finds the last value and the earliest of the best', () => {
    const summary = summarizeMetric(rows('fid', { 100: 30, 200: 9, 300: 9, 400: 12 }), 'fid');
    expect([summary?.best?.step, summary?.last.step]).toEqual([200, 400]);
  });

  test('of a metric where higher is better the best is the highest', () => {
    expect(summarizeMetric(rows('recall', { 100: 0.3, 200: 0.6, 300: 0.5 }), 'recall')?.best?.value).toBe(
      0.6,
    );
  });

  test('what is no better either way has no best', () => {
    expect(summarizeMetric(rows('diversity', { 100: 3, 200: 2 }), 'diversity')?.best).toBeUndefined();
  });

  test('values of another protocol are never compared', () => {
    const other = { features: 'inception', fakeCount: 50_000 };
    const foreign = [row(500, { metrics: { fid: 1 }, protocol: other })];
    const summary = summarizeMetric([...rows('fid', { 100: 30, 200: 20 }), ...foreign], 'fid');
    expect([summary?.best?.value, summary?.last.step]).toEqual([20, 200]);
  });

  test('a step that was judged again counts with its newest row', () => {
    const again = [...rows('fid', { 100: 5, 200: 9 }), ...rows('fid', { 100: 11 })];
    expect(summarizeMetric(again, 'fid')?.values.map(({ value }) => value)).toEqual([11, 9]);
  });

  test('values that are not finite are left out, and without others there is nothing', () => {
    const bad = rows('fid', { 100: Number.NaN, 200: Number.POSITIVE_INFINITY });
    expect(summarizeMetric(bad, 'fid')).toBeUndefined();
    expect(summarizeMetric([...bad, ...rows('fid', { 50: 4 })], 'fid')?.last.value).toBe(4);
  });
});

describe('collapseNote', () => {
  test.each([
    ['1.5 times the best is none', 'fid', { 100: 10, 200: 15 }, undefined],
    ['more than 1.5 times is', 'fid', { 100: 10, 200: 15.2 }, 'FID is now 1.5 × its best, at step 100'],
    ['far more', 'fid', { 4000: 10, 9000: 32 }, 'FID is now 3.2 × its best, at step 4,000'],
    ['a training that has come back is none', 'fid', { 100: 10, 200: 90, 300: 11 }, undefined],
    ['what errors explain is none', 'fid', { 100: [10, 4], 200: [20, 4] }, undefined],
    ['what they do not is', 'fid', { 100: [10, 3], 200: [20, 3] }, 'FID is now 2.0 × its best, at step 100'],
    ['higher is better', 'recall', { 100: 0.6, 200: 0.2 }, 'Recall is now 33 % of its best, at step 100'],
    ['less than 1.5 times lower', 'recall', { 100: 0.6, 200: 0.41 }, undefined],
    ['nats have no floor to be a share of', 'elbo', { 100: -80, 200: -200 }, undefined],
    ['nothing left', 'recall', { 100: 0.6, 200: 0 }, 'Recall is now 0 % of its best, at step 100'],
    ['a best below 0 without errors cannot be judged', 'kid', { 100: -0.0001, 200: 0.2 }, undefined],
    [
      'a best below 0 with errors',
      'kid',
      { 100: [-0.0001, 0.001], 200: [0.2, 0.01] },
      'KID is now 0.200 ± 0.010; its best was −0.0001 ± 0.0010, at step 100',
    ],
    ['one value', 'fid', { 100: 10 }, undefined],
    ['no direction', 'diversity', { 100: 10, 200: 1 }, undefined],
  ] as const)('%s', (_, metric, values, note) => {
    expect(collapseNote(rows(metric, structuredClone(values) as never), metric)).toBe(note);
  });
});

describe('summaryLines', () => {
  test('tells every metric, then what has collapsed', () => {
    const parts = [
      row(1_000, { metrics: { fid: 10, recall: 0.5, diversity: 4 }, errors: { fid: 0.1 } }),
      row(2_000, { metrics: { fid: 30, recall: 0.6, diversity: 5 }, errors: { fid: 0.25 } }),
    ];
    expect(summaryLines(parts)).toEqual([
      'FID        30.00 ± 0.25, best 10.00 ± 0.10 at step 1,000',
      'Recall     0.600, its best',
      'Diversity  5.00',
      'FID is now 3.0 × its best, at step 1,000',
    ]);
  });

  test('of no rows there are no lines', () => {
    expect(summaryLines([])).toEqual([]);
  });
});

test.each([
  [0, '0'],
  [12.345, '12.3'],
  [0.0041234, '0.00412'],
  [-0.5, '−0.500'],
  [999.6, '1,000'],
  [48_210.7, '48,211'],
  [123_456_789, '1.23e+8'],
  [0.0000012, '1.20e-6'],
])('%d is written %s', (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test.each([
  [{ value: 12.3456, error: 0.104 }, '12.35 ± 0.10'],
  [{ value: 0.00412, error: 0.00021 }, '0.00412 ± 0.00021'],
  [{ value: 1234.5, error: 23 }, '1235 ± 23'],
  [{ value: 5.5, error: 0 }, '5.50'],
])('%j is written %s', (measured, text) => {
  expect(formatMeasured(measured)).toBe(text);
});

test('counts have commas', () => {
  expect([formatCount(999), formatCount(18_740)]).toEqual(['999', '18,740']);
});

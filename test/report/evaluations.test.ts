import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupByProtocol, metricFacts, readEvaluations, sameProtocol } from '../../src/report/evaluations';
import { row } from './rows';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'evaluations-'));
  file = join(folder, 'evaluations.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readEvaluations', () => {
  test('a row comes back as it was written', () => {
    const written = row(4_685, {
      source: 'evaluate',
      checkpoint: 'checkpoints/step-004685',
      metrics: { fid: 12.3, kid: -0.0004 },
      errors: { fid: 0.1 },
      seconds: { features: 2.5 },
    });
    writeFileSync(file, `${JSON.stringify(written)}\n`);
    expect(readEvaluations(file)).toEqual([written]);
  });

  test('lists come back, and what is none is left out', () => {
    const details = { accuracyOfClass: [1, null, 0.5] };
    const line = row(2, { metrics: { accuracy: 0.75 }, details });
    writeFileSync(file, JSON.stringify({ ...line, details: { ...details, other: ['a'], more: 3 } }));
    expect(readEvaluations(file)).toEqual([line]);
  });

  test('half a line, lines without step or metrics, and numbers that are none are left out', () => {
    const lines = [
      '{"step":1,"metrics":{"fid":null,"kid":0.1,"is":"8"},"errors":[1],"protocol":{"truncation":null}}',
      '{"metrics":{"fid":1}}',
      '{"step":2,"metrics":[1]}',
      '{"step":"3","metrics":{}}',
      '{"step":4,"metr',
    ];
    writeFileSync(file, lines.join('\n'));
    expect(readEvaluations(file)).toEqual([
      row(1, { time: '', metrics: { kid: 0.1 }, protocol: { truncation: 'null' } }),
    ]);
  });

  test('without the file there are no rows', () => {
    expect(readEvaluations(file)).toEqual([]);
  });
});

describe('protocols', () => {
  const protocol = { features: 'inception', count: 10_000, seed: 1 };

  test('are the same in whatever order, and with another seed', () => {
    expect(sameProtocol(protocol, { seed: 2, count: 10_000, features: 'inception' })).toBe(true);
  });

  test('are the same of data that was moved, and not of other data in its place', () => {
    const of = (real: string, realSha256: string) => ({ ...protocol, real, realSha256 });
    expect(sameProtocol(of('folder:a', '12'), of('folder:b', '12'))).toBe(true);
    expect(sameProtocol(of('folder:a', '12'), of('folder:a', '34'))).toBe(false);
    expect(sameProtocol({ ...protocol, real: 'a' }, { ...protocol, real: 'b' })).toBe(false);
  });

  test.each([
    { ...protocol, count: 5_000 },
    { ...protocol, count: '10000' },
    { ...protocol, truncation: 0.7 },
    { features: 'inception', seed: 1 },
  ])('are not the same as %j', (other) => {
    expect(sameProtocol(protocol, other)).toBe(false);
    expect(sameProtocol(other, protocol)).toBe(false);
  });

  test('keep rows apart, and within one put them in order of their steps', () => {
    const other = { ...protocol, count: 50_000 };
    const parts = [
      row(300, { protocol }),
      row(300, { protocol: other }),
      row(100, { protocol: { ...protocol, seed: 9 } }),
    ];
    expect(groupByProtocol(parts)).toEqual([
      { protocol, rows: [parts[2], parts[0]] },
      { protocol: other, rows: [parts[1]] },
    ]);
  });
});

test('every metric has its direction, and an unknown one has none', () => {
  const names = ['fid', 'kid', 'is', 'precision', 'recall', 'density', 'coverage', 'diversity', 'toString'];
  expect(names.map((name) => metricFacts(name).better)).toEqual([
    ...['lower', 'lower'],
    ...['higher', 'higher', 'higher', 'higher', 'higher'],
    ...['none', 'none'],
  ]);
  expect(metricFacts('mine').label).toBe('mine');
});

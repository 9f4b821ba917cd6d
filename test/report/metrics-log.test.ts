import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsLog } from '../../src/report/metrics-log';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
  file = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

function content(): string {
  return readFileSync(file, 'utf8');
}

test('a folder that does not exist is an error that names the file', () => {
  expect(() => new MetricsLog(join(folder, 'none/metrics.jsonl'))).toThrow(
    expect.objectContaining({
      code: 'ERR_CANNOT_WRITE',
      message: expect.stringContaining('none/metrics.jsonl'),
    }),
  );
});

test('a line after the log was closed is an error', () => {
  const log = new MetricsLog(file);
  log.close();
  log.close();
  expect(() => log.append({ step: 1 })).toThrow(expect.objectContaining({ code: 'ERR_CANNOT_WRITE' }));
});

test('every line is in the file at once', () => {
  const log = new MetricsLog(file);
  log.append({ step: 1, imagesPerSecond: 512.5, D: 0.25, 'D(real)': -1 });
  expect(content()).toBe('{"step":1,"imagesPerSecond":512.5,"D":0.25,"D(real)":-1}\n');
  log.append({ step: 2, D: 0.5 });
  log.close();
  expect(content().split('\n')).toHaveLength(3);
});

test('what JSON cannot say becomes null', () => {
  const log = new MetricsLog(file);
  log.append({ step: 1, D: Number.NaN, G: Number.POSITIVE_INFINITY, R: Number.NEGATIVE_INFINITY });
  log.close();
  expect(content()).toBe('{"step":1,"D":null,"G":null,"R":null}\n');
});

describe('a log opened again', () => {
  const lines = [10, 20, 30, 40].map((step) => `{"step":${step},"D":0.5}\n`);

  test.each<[string, string, number, string]>([
    ['drops the lines after the step', lines.join(''), 20, lines.slice(0, 2).join('')],
    ['keeps the lines before a step between two', lines.join(''), 35, lines.slice(0, 3).join('')],
    ['keeps everything up to the last step', lines.join(''), 40, lines.join('')],
    ['drops a line that a crash cut off', `${lines.join('')}{"step":50,"D"`, 100, lines.join('')],
    ['drops a whole line without its end', `${lines.join('')}{"step":50}`, 100, lines.join('')],
    ['drops a step that comes again', lines.join('') + lines[1], 100, lines.join('')],
    ['drops everything at step 0', lines.join(''), 0, ''],
    ['starts an empty file', '', 10, ''],
    ['leaves out what is no line of a log', 'hello\n{"step":1}\n', 10, '{"step":1}\n'],
    [
      'leaves out a damaged line and keeps those after it',
      [lines[0], '{"stap":20}\n', lines[2]].join(''),
      40,
      lines[0] + lines[2],
    ],
  ])('%s', (_, before, after, kept) => {
    writeFileSync(file, before);
    const log = new MetricsLog(file, { after });
    expect(content()).toBe(kept);
    log.append({ step: 1000 });
    log.close();
    expect(content()).toBe(`${kept}{"step":1000}\n`);
  });
});

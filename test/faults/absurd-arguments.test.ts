// Values that no flag can mean: each ends in one line that names the flag, with exit code 2, and leaves nothing.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as directions } from '../../src/cli/directions';
import { main as evaluate } from '../../src/cli/evaluate';
import type { Host } from '../../src/cli/host';
import { main as invert } from '../../src/cli/invert';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { FakeHost } from '../cli/fakes';
import { expectOneLine } from './command';
import { countFaults } from './count';

const folder = mkdtempSync(join(tmpdir(), 'absurd-'));
const start = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

type Main = (argv: string[], host: Host) => Promise<number>;

async function refuses(main: Main, argv: string[], flag: string): Promise<void> {
  const host = new FakeHost();
  const code = await main(argv, host);
  expect({ code, stdout: host.stdout.text }).toEqual({ code: 2, stdout: '' });
  expectOneLine({ stderr: host.stderr.text }, flag);
  expect(host.stderr.text.match(/\n/g)).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
  countFaults('absurd cases');
}

const NO_COUNTS = [
  'NaN',
  '1e999',
  'Infinity',
  '-1',
  '1.5',
  '',
  ' ',
  '٣',
  '1_000',
  '9007199254740993',
  'true',
];

const TRAIN = [
  ...['batch', 'accumulate', 'steps', 'seed', 'resolution', 'channels', 'load-size'],
  ...['sample-every', 'checkpoint-every', 'log-every', 'keep', 'eval-every', 'eval-count', 'profile'],
];

describe.each(TRAIN)('train --%s', (flag) => {
  test.each(NO_COUNTS)('%j', (value) =>
    refuses(train, [`--${flag}=${value}`, '--out', join(folder, 'run')], `--${flag}`),
  );
});

const NO_NUMBERS = ['NaN', '1e999', '-Infinity', '', ' ', '٣', 'one', '1,5'];

describe.each(['lr', 'beta1', 'labelSmoothing'])('train --set %s', (key) => {
  test.each(NO_NUMBERS)('%j', (value) =>
    refuses(train, ['dcgan', '--set', `${key}=${value}`, '--out', join(folder, 'run')], `--set ${key}`),
  );
});

describe.each(['count', 'seed', 'columns', 'frames', 'standing-statistics'])('sample --%s', (flag) => {
  test.each(NO_COUNTS)('%j', (value) =>
    refuses(sample, ['--checkpoint', 'none', `--${flag}=${value}`], `--${flag}`),
  );
});

describe('sample --truncation', () => {
  test.each([...NO_NUMBERS, '-1', '0.001'])('%j', (value) =>
    refuses(sample, ['--checkpoint', 'none', `--truncation=${value}`], '--truncation'),
  );
});

describe.each(['mix', 'mix-layers'])('sample --%s', (flag) => {
  const usual = flag === 'mix' ? [] : ['--mix', '2:2'];
  test.each([...NO_COUNTS, '0:1', '1:', ':', '1-', '3-2:1', '1,:2', '1e2:2', '0-9999999:1', '-1:2'])(
    '%j',
    (value) => refuses(sample, ['--checkpoint', 'none', ...usual, `--${flag}=${value}`], `--${flag}`),
  );
});

describe.each(['steps', 'batch', 'seed', 'rate'])('invert --%s', (flag) => {
  const paths = ['--checkpoint', 'none', '--in', 'none', '--out', 'none'];
  test.each(flag === 'rate' ? NO_NUMBERS : NO_COUNTS)('%j', (value) =>
    refuses(invert, [...paths, `--${flag}=${value}`], `--${flag}`),
  );
});

describe.each(['count', 'columns', 'seed', 'layers'])('directions --%s', (flag) => {
  test.each(NO_COUNTS)('%j', (value) =>
    refuses(directions, ['--checkpoint', 'none', `--${flag}=${value}`], `--${flag}`),
  );
});

describe('evaluate --count', () => {
  test.each(NO_COUNTS)('%j', (value) =>
    refuses(evaluate, ['--checkpoint', 'none', `--count=${value}`], '--count'),
  );
});

describe('words', () => {
  test.each<[Main, string[], string]>([
    [train, ['\u{1f600}'], 'no recipe'],
    [train, ['dcgan\u0000'], 'no recipe'],
    [train, ['__proto__'], 'no recipe'],
    [train, ['constructor'], 'no recipe'],
    [train, ['--set', '__proto__=1'], '--set __proto__'],
    [train, ['--set', 'constructor=1'], '--set constructor'],
    [train, ['--set', '=1'], '--set'],
    [train, ['--dataset', ''], '--dataset'],
    [train, ['--dataset', 'folder:'], 'needs a path'],
    [train, ['--dataset', 'unpaired:a+'], 'unpaired'],
    [train, ['--device', 'cuda:-1'], '--device'],
    [train, ['--device', 'cuda:1e9'], '--device'],
    [train, ['--precision', ''], '--precision'],
    [train, ['--resolution', '64x'], '--resolution'],
    [train, ['--resolution', '99999x99999'], '--resolution'],
    [train, ['--fit', 'CROP '], '--fit'],
    [train, ['--resume', ''], '--resume'],
    [train, ['--config', ''], '--config'],
    [sample, ['--checkpoint', ''], '--checkpoint'],
    [sample, ['--checkpoint', 'none', '--interpolate', '1:'], '--interpolate'],
    [sample, ['--checkpoint', 'none', '--interpolate', 'a:b'], '--interpolate'],
    [sample, ['--checkpoint', 'none', '--weights', 'best'], '--weights'],
    [evaluate, ['--checkpoint', 'none', '--metrics', ','], 'expected metrics'],
    [evaluate, ['--checkpoint', 'none', '--metrics', 'fid,__proto__'], 'is no metric'],
  ])('%p %j', (main, argv, text) => refuses(main, argv, text));
});

test('nothing is left', () => expect(existsSync(join(folder, 'run'))).toBe(false));

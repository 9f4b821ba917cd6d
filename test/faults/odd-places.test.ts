// Runs in places with odd names, folders in the place of files, links and devices: each is taken, or refused in one line, and what was
// there stays.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { readRun } from '../../src/report/page/read-run';
import { FakeHost } from '../cli/fakes';
import { tinyMnist, writeTinyMnist } from '../cli/tiny-data';
import { temporaryFolder } from '../data/files';
import { filesOf } from '../support/training';
import { expectNoStack, expectOneLine } from './command';
import { countFaults } from './count';

const folder = temporaryFolder();
const base = mkdtempSync(join(tmpdir(), 'odd-places-'));
const start = process.cwd();
beforeAll(async () => {
  writeTinyMnist(base);
  expect(await trains(join(base, 'run'))).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(base, { recursive: true }));
beforeEach(() => process.chdir(folder.path()));
afterEach(() => process.chdir(start));

/** Puts a run of two steps, with a checkpoint each, at `run`. */
function giveRun(): void {
  cpSync(join(base, 'run'), folder.path('run'), { recursive: true });
}

interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function call(main: typeof train, argv: readonly string[]): Promise<Called> {
  const host = new FakeHost();
  const code = await main([...argv], host);
  countFaults('odd cases');
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

function training(out: string, steps = 2): string[] {
  const data = tinyMnist(base);
  const model = [
    'dcgan',
    '--set',
    'width=4',
    '--set',
    'latentSize=8',
    '--device',
    'cpu',
    '--precision',
    'fp32',
    '--steps',
    String(steps),
  ];
  return [...model, ...data, '--checkpoint-every', '1', '--quiet', `--out=${out}`];
}

const trains = (out: string) => call(train, training(out));

function expectRefused({ code, stderr }: Called, text: string | RegExp = ''): void {
  expect([1, 2]).toContain(code);
  expectOneLine({ stderr }, text);
}

describe('the name of a run', () => {
  test.each([
    ['with spaces', ' a  b '],
    ['in another script', 'прогон-ラン-🏃'],
    ['of a letter and its accent', 'e\u0301'],
    ['with a line end', 'one\ntwo'],
    ['with an escape sequence', '\u001b[31mred'],
    ['with dots at its end', 'run...'],
    ['of dots', '...'],
    ['that begins with a dash', './--help'],
    ['with quotes', `it's "so"`],
    ['with what a shell would run', '$(touch pwned);`touch pwned`'],
    ['with a backslash', 'a\\b'],
    ['with what an address would mean', 'a%20b#c?d&e'],
    ['with markup', '<b>&lt;'],
    ['that looks like a pattern', '*[a-z]{1,2}'],
    ['that looks like a checkpoint', 'step-12'],
    ['that looks like the best', 'best'],
    ['of 255 bytes', 'x'.repeat(255)],
    ['below folders that are not there', 'a/b/c/d/e/run'],
    ['40 folders deep', Array.from({ length: 40 }, (_, i) => `folder-${i}`).join('/')],
    ['with a slash at its end', 'run/'],
    ['with detours', './a/../a/./run//'],
  ])('%s: trained, shown and sampled', async (_, name) => {
    const out = join(folder.path(), name);
    expect(await trains(out)).toMatchObject({ code: 0 });
    expect((await readRun(out)).notes).toEqual([]);
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    if (name.includes('<b>')) expect(html).not.toContain('<b>&lt;');
    const newest = join(out, 'checkpoints', 'step-000002');
    const drawn = await call(sample, [
      '--checkpoint',
      newest,
      '--count',
      '1',
      '--out',
      'grid.png',
      '--device',
      'cpu',
    ]);
    expect(drawn).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/error/) });
    expect(existsSync('grid.png')).toBe(true);
    expect(existsSync('pwned')).toBe(false);
    expectNoStack(drawn);
  });

  test.each([
    ['of 256 bytes', 'x'.repeat(256)],
    ['longer than a path may be', 'a/'.repeat(3000)],
    ['with a zero byte', 'a\0b'],
    ['below a file', 'file/run'],
    ['of a file', 'file'],
    ['below /proc', '/proc/run'],
    ['of a device', '/dev/null'],
    ['below a device', '/dev/null/run'],
    ['of a link to nowhere', 'dangling'],
    ['below a link to nowhere', 'dangling/run'],
    ['of a link to itself', 'loop'],
    ['below a link to itself', 'loop/run'],
  ])('%s: refused in one line, and nothing is left', async (_, name) => {
    writeFileSync('file', 'mine');
    symlinkSync('nowhere', 'dangling');
    symlinkSync('loop', 'loop');
    const before = readdirSync('.');
    expectRefused(await trains(name.startsWith('/') ? name : join(folder.path(), name)));
    expect(readdirSync('.')).toEqual(before);
    expect(readFileSync('file', 'utf8')).toBe('mine');
  });
});

describe('links', () => {
  test('to a folder elsewhere: the run is there, and the link stays', async () => {
    mkdirSync('elsewhere');
    symlinkSync('elsewhere', 'link');
    expect(await trains(folder.path('link'))).toMatchObject({ code: 0 });
    expect(lstatSync('link').isSymbolicLink()).toBe(true);
    expect(readdirSync('elsewhere')).toContain('config.json');
  });

  test.each(['config.json', 'metrics.jsonl', 'report.html', 'samples', 'checkpoints'])(
    '%s of a run that leads out of it: the run goes on, through it',
    async (name) => {
      giveRun();
      cpSync(join('run', name), folder.path('outside'), { recursive: true });
      rmSync(join('run', name), { recursive: true });
      symlinkSync(folder.path('outside'), join('run', name));
      expect(await call(train, ['--resume', folder.path('run'), '--steps', '3', '--quiet'])).toMatchObject({
        code: 0,
      });
      expect(readdirSync(join('run', 'checkpoints'))).toContain('step-000003');
      expect(readdirSync('run').filter((each) => /^\.|tmp$/.test(each))).toEqual([]);
    },
  );

  test('a newest checkpoint that is a link to nowhere is passed over', async () => {
    giveRun();
    symlinkSync('nowhere', join('run', 'checkpoints', 'step-000009'));
    const resumed = await call(train, ['--resume', folder.path('run'), '--steps', '3']);
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining('step-000009') });
    expectNoStack(resumed);
  });
});

describe('a run in which something is of another kind', () => {
  const FILES = [
    'config.json',
    'metrics.jsonl',
    'evaluations.jsonl',
    'report.html',
    'checkpoints/step-000002/manifest.json',
  ];
  const FOLDERS = ['samples', 'checkpoints/step-000002', 'checkpoints/step-000002/networks', 'best'];

  test.each([
    ...FILES.map((name) => [name, 'a folder'] as const),
    ...FILES.map((name) => [name, 'empty'] as const),
    ...FILES.map((name) => [name, 'a link to nowhere'] as const),
    ...FOLDERS.map((name) => [name, 'a file'] as const),
    ...FOLDERS.map((name) => [name, 'an empty folder'] as const),
  ])(
    '%s is %s: it goes on, or is refused in one line, and its first checkpoint stays',
    async (name, what) => {
      giveRun();
      const first = filesOf(join('run', 'checkpoints', 'step-000001'));
      const path = join('run', name);
      rmSync(path, { recursive: true, force: true });
      if (what.endsWith('folder')) mkdirSync(path);
      else if (what === 'a link to nowhere') symlinkSync('nowhere', path);
      else writeFileSync(path, what === 'empty' ? '' : 'a file');
      const resumed = await call(train, ['--resume', folder.path('run'), '--steps', '3', '--keep', '0']);
      expectNoStack(resumed);
      if (resumed.code !== 0) expectRefused(resumed, folder.path('run'));
      expect(filesOf(join('run', 'checkpoints', 'step-000001'))).toEqual(first);
      const drawn = await call(sample, [
        '--checkpoint',
        folder.path('run'),
        '--count',
        '1',
        '--device',
        'cpu',
      ]);
      expect(drawn.code).toBe(0);
      expectNoStack(drawn);
    },
  );

  test('checkpoints is a file: refused in one line, and it stays', async () => {
    giveRun();
    rmSync(join('run', 'checkpoints'), { recursive: true });
    writeFileSync(join('run', 'checkpoints'), 'a file');
    expectRefused(await call(train, ['--resume', folder.path('run')]), folder.path('run'));
    expectRefused(await call(sample, ['--checkpoint', folder.path('run')]), folder.path('run'));
    expect(readFileSync(join('run', 'checkpoints'), 'utf8')).toBe('a file');
  });
});

describe('sample --out', () => {
  test.each([
    ['/dev/null', 0],
    ['/dev/full', 1],
    ['/proc/grid.png', 1],
    ['file/grid.png', 1],
    ['dangling/', 1],
    ['x'.repeat(300), 1],
    ['a\0b', 2],
  ])('%j ends with %d', async (out, code) => {
    giveRun();
    writeFileSync('file', 'mine');
    symlinkSync('nowhere', 'dangling');
    const before = readdirSync('.');
    const drawn = await call(sample, [
      '--checkpoint',
      'run',
      '--count',
      '2',
      `--out=${out}`,
      '--device',
      'cpu',
    ]);
    expect(drawn.code).toBe(code);
    if (code !== 0) expectOneLine(drawn);
    expect(readdirSync('.')).toEqual(before);
    expect(readFileSync('file', 'utf8')).toBe('mine');
  });
});

const isRoot = process.getuid?.() === 0;
if (isRoot)
  process.stderr.write('odd places: root may write everywhere: places that are read-only are not tried\n');
(isRoot ? describe.skip : describe)('a folder that may not be written', () => {
  test('is refused in one line', async () => {
    mkdirSync('closed', { mode: 0o500 });
    expectRefused(await trains(folder.path('closed', 'run')), /permission denied/);
    expect(readdirSync('closed')).toEqual([]);
  });
});

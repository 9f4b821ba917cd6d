// What a process leaves behind that had no time to say goodbye; each training is a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesOf } from '../support/training';
import { RUNS_TYPESCRIPT } from '../support/typescript';
import { tinyMnist, writeTinyDomains, writeTinyMnist } from './tiny-data';

const root = join(__dirname, '..', '..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  writeTinyMnist(folder);
  writeTinyDomains(join(folder, 'domains'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The steps that a run's log has, in order; it must have no half line. */
function loggedSteps(run: string): number[] {
  const lines = readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line).step);
}

/** Sends a process a signal from within, at a moment that is counted. */
const SELF_SIGNAL = join(root, 'test', 'faults', 'self-signal.js');

const checkpoints = (run: string) => join(folder, run, 'checkpoints');

const begun: ChildProcess[] = [];

afterEach(() => {
  // Those that a failed expectation has left at work.
  for (const child of begun.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const script = join(root, 'scripts', 'train.ts');
  const child = spawn(process.execPath, [...RUNS_TYPESCRIPT, '-r', SELF_SIGNAL, script, ...args], {
    cwd: root,
    stdio: 'ignore',
    env: { ...process.env, OMP_NUM_THREADS: '1', XDG_CACHE_HOME: join(folder, 'cache'), ...env },
  });
  begun.push(child);
  return child;
}

const FAMILIES = {
  dcgan: (home: string) => [
    'dcgan',
    ...tinyMnist(home),
    ...['--set', 'width=4', '--set', 'latentSize=8', '--set', 'emaImages=50'],
  ],
  cyclegan: (home: string) => [
    ...['cyclegan', '--dataset', `unpaired:${join(home, 'domains')}`, '--resolution', '24', '--batch', '2'],
    ...['--load-size', '28', '--augment-flip', '--set', 'width=2', '--set', 'blocks=1', '--set', 'patch=16'],
    ...['--set', 'pool=3', '--set', 'emaImages=50'],
  ],
};

interface Beginning {
  readonly steps: number;
  readonly family?: keyof typeof FAMILIES;
  readonly env?: Readonly<Record<string, string>>;
}

function begin(run: string, { steps, family = 'dcgan', env }: Beginning): ChildProcess {
  const pace = [
    '--log-every',
    '5',
    '--checkpoint-every',
    '5',
    '--sample-every',
    '1000',
    '--steps',
    String(steps),
  ];
  return start([...FAMILIES[family](folder), '--device', 'cpu', ...pace, '--out', join(folder, run)], env);
}

function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
}

async function firstCheckpoint(run: string): Promise<void> {
  while (begun.some(({ exitCode }) => exitCode === null)) {
    try {
      if (readdirSync(checkpoints(run)).some((name) => name.startsWith('step-'))) return;
    } catch {
      // The run directory is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test.each(['dcgan', 'cyclegan'] as const)(
  'a training of %s killed in the middle goes on from its checkpoint to the same bytes',
  async (family) => {
    const [whole, parts] = ['whole', 'parts'].map((name) => `${family}-${name}`);
    expect(await ended(begin(whole, { steps: 60, family }))).toBe(0);
    // By itself, before its tenth checkpoint gets its name: however busy the machine is, it is in the middle.
    const env = {
      LIBTORCH_GAN_SIGNAL: 'SIGKILL:file:1',
      LIBTORCH_GAN_WATCHED: join(checkpoints(parts), 'step-000050'),
    };
    expect(await ended(begin(parts, { steps: 60, family, env }))).toBe('SIGKILL');
    expect(
      readdirSync(checkpoints(parts))
        .filter((name) => name.startsWith('step-'))
        .sort()
        .at(-1),
    ).toBe('step-000045');
    expect(await ended(start(['--resume', join(folder, parts)]))).toBe(0);
    const last = filesOf(join(checkpoints(whole), 'step-000060'));
    expect(Object.keys(last).some((name) => /^networks\/pool[AB]\.safetensors$/.test(name))).toBe(
      family === 'cyclegan',
    );
    expect(filesOf(join(checkpoints(parts), 'step-000060'))).toEqual(last);
    expect(loggedSteps(parts)).toEqual(loggedSteps(whole));
  },
  120_000,
);

test('a second training of the same run is refused and touches nothing, and the first one ends as if alone', async () => {
  const first = begin('shared', { steps: 100_000 });
  await firstCheckpoint('shared');
  expect(await ended(start(['--resume', join(folder, 'shared')]))).toBe(1);
  expect(readdirSync(join(folder, 'shared')).filter((name) => name.startsWith('.lock.'))).toHaveLength(1);
  first.kill('SIGINT');
  expect(await ended(first)).toBe(130);
  expect(readdirSync(join(folder, 'shared')).filter((name) => name.startsWith('.lock.'))).toEqual([]);
}, 120_000);

test('SIGINT leaves a checkpoint and ends with 130, SIGTERM with 143, SIGHUP with 129, also where it comes twice', async () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const child = begin(signal, { steps: 100_000 });
    await firstCheckpoint(signal);
    child.kill(signal);
    // A shell passes it on that the system has sent.
    if (signal === 'SIGHUP') child.kill(signal);
    expect(await ended(child)).toBe(code);
  }
}, 120_000);

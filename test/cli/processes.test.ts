// Training in several processes: what is refused, and what becomes of a run.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { keepClassifier } from '../support/kept-classifier';
import { testOnRanks } from '../support/ranks';
import { filesOf, temporaryFolder } from '../support/training';
import { FakeHost } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

const folder = temporaryFolder();
const { XDG_CACHE_HOME: cache } = process.env;
const ROOT = join(__dirname, '..', '..');

jest.setTimeout(300_000);

beforeEach(() => {
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
});
afterEach(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

async function refused(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const host = new FakeHost({ env });
  const code = await main(['dcgan', '--out', join(folder.path, 'run'), ...args], host);
  expect(code).toBe(2);
  expect(existsSync(join(folder.path, 'run'))).toBe(false);
  return host.stderr.text.trim();
}

test.each(['0', '-1', '2.5', 'two', '5000'])('%s is refused as a number of processes', async (text) => {
  expect(await refused([`--processes=${text}`])).toContain(
    `error: --processes expected a whole number from 1 to 1024 but received ${text}`,
  );
});

test('a batch that the processes cannot share is refused before any starts', async () => {
  expect(await refused(['--processes', '3', '--batch', '64', '--device', 'cpu'])).toBe(
    'error: batch expected a multiple of the 3 processes that share it but received 64: choose 63 or 66, or 1, 2, 4, 8, 16, 32 or 64 processes',
  );
});

test('several seeds are trained in one process', async () => {
  const asked = ['--processes', '2', '--seeds', '1,2', '--eval-every', '10'];
  expect(await refused(asked)).toContain('--seeds trains in one process');
});

test('another number of processes than the launcher has started is refused, with the rank', async () => {
  const env = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' };
  expect(await refused(['--processes', '4'], env)).toBe(
    'rank 0: error: --processes 4 was asked for, but mpirun has started 2: leave --processes out',
  );
});

test('variables of a launcher that contradict each other are refused, and nobody trains alone', async () => {
  expect(await refused([], { RANK: '1' })).toBe(
    'error: expected WORLD_SIZE beside RANK=1 but it is not set: unset RANK to train alone',
  );
});

test('below another mpirun, which mpirun refuses in many lines, one says what to do', async () => {
  const env = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1' };
  expect(await refused(['--processes', '2', '--device', 'cpu', '--batch', '8'], env)).toBe(
    'error: --processes 2 starts an mpirun of its own, which cannot run below the one that started this process: leave that out, or have it start 2: mpirun -n 2',
  );
});

describe('an mpirun on PATH', () => {
  const { PATH } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
  });

  async function withMpirun(mode: number): Promise<{ code: number; stderr: string }> {
    const bin = join(folder.path, 'bin');
    mkdirSync(join(bin, 'folder', 'mpirun'), { recursive: true });
    writeFileSync(join(bin, 'mpirun'), '#!/bin/sh\nexit 255\n', { mode });
    process.env.PATH = [join(bin, 'folder'), bin].join(':');
    const host = new FakeHost({ env: {} });
    const args = ['dcgan', '--out', join(folder.path, 'run'), '--batch', '8', '--device', 'cpu'];
    const code = await main([...args, '--processes', '2'], host);
    return { code, stderr: host.stderr.text };
  }

  testOnRanks('that is not Open MPI’s is named, with how it ended', async () => {
    const { code, stderr } = await withMpirun(0o755);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: \S+\/bin\/mpirun ended with exit code 255, which no training ends with.*\n$/,
    );
  });

  testOnRanks('that is a folder, or no program, is none', async () => {
    const { code, stderr } = await withMpirun(0o644);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: --processes 2 on the CPU expected mpirun but it is not on PATH: .*\n$/);
  });
});

/** What became of a command. */
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function begin(program: string, args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...{ OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
      ...{ OMP_NUM_THREADS: '1', NO_COLOR: '1' },
    },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString();
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
  return { child, ended };
}

const NODE = [process.execPath, '-r', 'ts-node/register', 'scripts/train.ts'];
const SMALL = ['--device', 'cpu', '--precision', 'fp32', '--set', 'width=4', '--set', 'latentSize=8'];

function train(args: readonly string[]): Promise<Ended> {
  const [node, ...rest] = NODE;
  return begin(node, [...rest, ...args]).ended;
}

testOnRanks(
  'a run of two processes goes on byte for byte, and tells what another number of them changes',
  async () => {
    writeTinyMnist(folder.path);
    const out = (name: string) => join(folder.path, name);
    const fresh = (name: string, steps: number) =>
      train([
        'dcgan',
        ...tinyMnist(folder.path),
        ...SMALL,
        '--processes',
        '2',
        '--steps',
        `${steps}`,
        '--out',
        out(name),
      ]);
    expect(await fresh('whole', 6)).toMatchObject({ code: 0 });
    expect(await fresh('part', 3)).toMatchObject({ code: 0 });
    expect(await train(['--resume', out('part'), '--processes', '2', '--steps', '6'])).toMatchObject({
      code: 0,
    });
    const checkpoint = (name: string) => filesOf(join(out(name), 'checkpoints', 'step-000006'));
    const { 'manifest.json': _, ...whole } = checkpoint('whole');
    expect(checkpoint('part')).toMatchObject(whole);
    expect(Object.keys(whole).length).toBeGreaterThan(4);
    const config = JSON.parse(readFileSync(join(out('whole'), 'config.json'), 'utf8'));
    expect(config).toMatchObject({ processes: 2, batch: 8 });
    const lines = readFileSync(join(out('whole'), 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(1);
    const { 'parallel/waiting': waiting } = JSON.parse(lines[0]);
    expect(waiting).toBeGreaterThanOrEqual(0);
    expect(waiting).toBeLessThan(1);
    const alone = await train(['--resume', out('part'), '--steps', '7']);
    expect(alone.stderr).toContain('1 process goes on with what 2 began');
    expect(alone.code).toBe(0);
  },
);

testOnRanks('an evaluation is shared out, and gives the figures of one process', async () => {
  writeTinyMnist(folder.path, { count: 200 });
  const dataDir = folder.path;
  await keepClassifier(await mnist({ dataDir, resolution: 16 }), { dataDir });
  const run = join(folder.path, 'judged');
  const judged = ['--eval-every', '2', '--eval-count', '101', '--eval-metrics', 'fid,diversity'];
  const known = train([
    ...['dcgan', ...tinyMnist(folder.path), ...SMALL, ...judged],
    ...['--processes', '2', '--steps', '2', '--out', run],
  ]);
  expect(await known).toMatchObject({ code: 0 });
  const rows = () => readFileSync(join(run, 'evaluations.jsonl'), 'utf8').trim().split('\n');
  expect(rows()).toHaveLength(1);
  const program = join(ROOT, 'scripts', 'evaluate.ts');
  const again = ['--checkpoint', run, '--metrics', 'fid,diversity', '--count', '101', '--device', 'cpu'];
  const dataset = ['--data-dir', folder.path];
  const { ended } = begin(process.execPath, ['-r', 'ts-node/register', program, ...again, ...dataset]);
  expect(await ended).toMatchObject({ code: 0 });
  const [two, one] = rows().map((row) => JSON.parse(row).metrics);
  for (const name of ['fid', 'diversity']) expect(two[name] / one[name]).toBeCloseTo(1, 3);
  expect(readdirSync(join(run, 'best'))).toContain('manifest.json');
});

testOnRanks('processes whose commands differ are refused with the difference', async () => {
  const own = 'if [ $OMPI_COMM_WORLD_RANK = 1 ]; then set -- "$@" --seed 7; fi; exec "$@"';
  const command = [
    ...NODE,
    'dcgan',
    ...SMALL,
    '--batch',
    '8',
    '--steps',
    '2',
    '--out',
    join(folder.path, 'run'),
  ];
  const { ended } = begin('mpirun', ['-q', '-n', '2', '--oversubscribe', 'sh', '-c', own, 'sh', ...command]);
  const { code, stderr } = await ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^rank \d: error: expected all 2 processes to have one command but seed is 0 at rank 0 and 7 at rank 1/m,
  );
  expect(existsSync(join(folder.path, 'run'))).toBe(false);
});

testOnRanks('a signal ends all processes with one checkpoint', async () => {
  const run = join(folder.path, 'run');
  writeTinyMnist(folder.path);
  const [node, ...rest] = NODE;
  const { child, ended } = begin(node, [
    ...rest,
    ...['dcgan', ...tinyMnist(folder.path), ...SMALL, '--processes', '2', '--steps', '1000000', '--out', run],
  ]);
  const logs = join(run, 'metrics.jsonl');
  while (!existsSync(logs) || readFileSync(logs, 'utf8') === '')
    await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130 });
  expect(readdirSync(join(run, 'checkpoints'))).toHaveLength(1);
});

// Training in several processes: what is refused, and what becomes of a run.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { mnist } from '../../src/data/mnist';
import { linear } from '../../src/nn/linear';
import { alone } from '../../src/parallel/group';
import { syncsBatchNorm } from '../../src/training/synced-batch-norm';
import { usage } from '../support/failure';
import { keepClassifier } from '../support/kept-classifier';
import { noRanks, testOnRanks } from '../support/ranks';
import { filesOf, temporaryFolder } from '../support/training';
import { RUNS_TYPESCRIPT } from '../support/typescript';
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

test('batch norm of several processes is refused where there is one, or no batch norm', async () => {
  expect(await refused(['--sync-batch-norm', '--device', 'cpu'])).toBe(
    'error: --sync-batch-norm is of several processes, but there is one, and so nothing to synchronise: add --processes, or leave it out',
  );
  const { group, ...asked } = { syncBatchNorm: true, group: alone, networks: { d: linear(2, 1) } };
  expect(() => syncsBatchNorm(asked)).toThrow(usage('syncBatchNorm expects a group of processes'));
  expect(() => syncsBatchNorm({ ...asked, group })).toThrow(usage('expects batch norms but d have none'));
  asked.networks.d.dispose();
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

  async function withMpirun(
    mode: number,
    { does = 'exit 255', host = new FakeHost({ env: {} }) } = {},
  ): Promise<{ code: number; stderr: string }> {
    const bin = join(folder.path, 'bin');
    mkdirSync(join(bin, 'folder', 'mpirun'), { recursive: true });
    writeFileSync(join(bin, 'mpirun'), `#!/bin/sh\n${does}\n`, { mode });
    process.env.PATH = [join(bin, 'folder'), bin].join(':');
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

  for (const [signal, exitCode] of [
    ['SIGHUP', 129],
    ['SIGTERM', 143],
  ] as const)
    testOnRanks(`is asked once to end by ${signal}, also where a SIGHUP comes behind it`, async () => {
      const begun = join(folder.path, 'begun');
      // One that is to end at once says so by its exit code.
      const does = `PATH='${PATH}'\ntrap 'sleep 0.2; exit 130' USR2\ntrap 'exit 1' TERM\n: >${begun}\nfor i in $(seq 500); do sleep 0.01; done`;
      const host = new FakeHost({ env: {} });
      const ended = withMpirun(0o755, { does, host });
      while (!existsSync(begun)) await soon();
      for (const name of [signal, 'SIGHUP']) host.signals.emit(name);
      expect(await ended).toEqual({ code: exitCode, stderr: '' });
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

/** False, in a moment. */
function soon(): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 50));
}

const NODE = [process.execPath, ...RUNS_TYPESCRIPT, 'scripts/train.ts'];
// So fast that images differ after a few steps.
const FAST = ['--set', 'lr=0.01'];
const SMALL = [
  '--device',
  'cpu',
  '--precision',
  'fp32',
  '--set',
  'width=4',
  '--set',
  'latentSize=8',
  ...FAST,
];

function train(args: readonly string[]): Promise<Ended> {
  const [node, ...rest] = NODE;
  return begin(node, [...rest, ...args]).ended;
}

/** What a run keeps of a step, but for the manifest, which has its times. */
function checkpointOf(run: string, step: number): Record<string, string> {
  const { 'manifest.json': _, ...files } = filesOf(join(run, 'checkpoints', `step-00000${step}`));
  return files;
}

function stepsOf(run: string): number[] {
  return readdirSync(join(run, 'checkpoints'))
    .map((name) => Number(name.slice('step-'.length)))
    .sort((a, b) => a - b);
}

function linesOf(run: string, file: string): Record<string, unknown>[] {
  const text = readFileSync(join(run, file), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line));
}

// One run of six steps, judged at its end; and one that goes on from its third step until a signal ends it.
describe('a run of two processes', () => {
  const home = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
  const [whole, part] = [join(home, 'whole'), join(home, 'part')];
  const COUNT = '101';
  let known: Ended;
  let resumed: Ended;

  beforeAll(async () => {
    if (noRanks !== null) return;
    process.env.XDG_CACHE_HOME = join(home, 'cache');
    writeTinyMnist(home, { count: 200 });
    await keepClassifier(await mnist({ dataDir: home, resolution: 16 }), { dataDir: home });
    known = await train([
      ...[
        'dcgan',
        ...tinyMnist(home),
        ...SMALL,
        '--processes',
        '2',
        '--steps',
        '6',
        '--checkpoint-every',
        '3',
      ],
      ...['--eval-every', '6', '--eval-count', COUNT, '--eval-metrics', 'fid,diversity', '--out', whole],
    ]);
    cpSync(whole, part, { recursive: true });
    rmSync(join(part, 'checkpoints', 'step-000006'), { recursive: true });
    const on = ['--checkpoint-every', '6', '--keep', '0', '--eval-every', '0', '--steps', '1000000'];
    const [node, ...rest] = NODE;
    const { child, ended } = begin(node, [...rest, '--resume', part, '--processes', '2', ...on]);
    const over = ended.then(() => true);
    while (!existsSync(join(part, 'checkpoints', 'step-000006')) && !(await Promise.race([over, soon()])));
    child.kill('SIGINT');
    resumed = await ended;
  });
  afterAll(() => rmSync(home, { recursive: true }));

  testOnRanks('says what it was', async () => {
    expect(known).toMatchObject({ code: 0 });
    const config = JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8'));
    expect(config).toMatchObject({ processes: 2, batch: 8 });
    const lines = linesOf(whole, 'metrics.jsonl');
    expect(lines).toHaveLength(1);
    const { 'parallel/waiting': waiting } = lines[0];
    expect(waiting).toBeGreaterThanOrEqual(0);
    expect(waiting).toBeLessThan(1);
  });

  testOnRanks('goes on byte for byte', async () => {
    expect(checkpointOf(part, 6)).toEqual(checkpointOf(whole, 6));
    expect(Object.keys(checkpointOf(whole, 6)).length).toBeGreaterThan(4);
  });

  testOnRanks('ends by a signal, with one checkpoint more', async () => {
    expect(resumed).toMatchObject({ code: 130 });
    const steps = stepsOf(part);
    const last = steps.at(-1);
    expect(steps.filter((step) => step % 6 !== 0 && step !== last)).toEqual([3]);
    expect(linesOf(part, 'metrics.jsonl').at(-1)).toMatchObject({ step: last });
  });

  testOnRanks('tells what another number of processes changes', async () => {
    const alone = await train(['--resume', part, '--steps', `${(stepsOf(part).at(-1) ?? 0) + 1}`]);
    expect(alone.stderr).toContain('1 process goes on with what 2 began');
    expect(alone.code).toBe(0);
  });

  testOnRanks('shares an evaluation out, and gives the figures of one process', async () => {
    expect(linesOf(whole, 'evaluations.jsonl')).toHaveLength(1);
    const program = join(ROOT, 'scripts', 'evaluate.ts');
    const again = ['--checkpoint', whole, '--metrics', 'fid,diversity', '--count', COUNT, '--device', 'cpu'];
    process.env.XDG_CACHE_HOME = join(home, 'cache');
    const dataset = ['--data-dir', home];
    const { ended } = begin(process.execPath, [...RUNS_TYPESCRIPT, program, ...again, ...dataset]);
    expect(await ended).toMatchObject({ code: 0 });
    const [two, one] = linesOf(whole, 'evaluations.jsonl').map((row) => Object(row.metrics));
    for (const name of ['fid', 'diversity']) expect(two[name] / one[name]).toBeCloseTo(1, 3);
    expect(readdirSync(join(whole, 'best'))).toContain('manifest.json');
  });
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

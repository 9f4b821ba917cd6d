// Builds against the LibTorch at hand, compares runs with and without CUDA graphs, trains, benchmarks against PyTorch, and runs the
// tests with CUDA as the device; prints a table. What came of it goes to $OUT (gpu-results/), seven files at most. It is what runs
// when a GPU is at hand, and ends in under nine minutes: what finds no time left is told as such.
//   npx ts-node scripts/check-gpu.ts [build] [graphs] [train] [bench] [tests]      (all of them)
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GPU_RECIPES, GPU_SUITES } from '../benchmarks/gpu';

const out = process.env.OUT ?? 'gpu-results';
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'check-gpu-'));
const end = performance.now() + 515_000;
const tool = (name: string) => join('node_modules', '.bin', name);
const rows: Row[] = [];

interface Row {
  readonly check: string;
  readonly result: string;
  readonly passed: boolean;
}

type Part = 'build' | 'graphs' | 'train' | 'bench' | 'tests';

interface Check {
  readonly part: Part;
  readonly name: string;
  /** A command of node_modules/.bin and its arguments. */
  readonly command: readonly string[];
  /** The longest it may take, in seconds. */
  readonly most: number;
  readonly env?: Readonly<Record<string, string>>;
  /** What to tell of it, from its stdout; without, how long it took. */
  readonly tell?: (stdout: string) => string;
}

const wanted = process.argv.slice(2);

function run({ part, name, command, most, env = {}, tell }: Check): void {
  if (wanted.length > 0 && !wanted.includes(part)) return;
  const start = performance.now();
  const seconds = Math.min(most, (end - start) / 1000);
  if (seconds < 5) {
    rows.push({ check: name, result: 'no time was left', passed: false });
    return;
  }
  const [program, ...args] = command;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [tool(program), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    timeout: seconds * 1000,
    // The benchmark takes its peers along.
    killSignal: 'SIGTERM',
  });
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  appendFileSync(
    join(out, 'check-gpu.log'),
    `\n=== ${command.join(' ')}\n${stdout}\n${stderr}\n--- ${status ?? signal}, ${took}\n`,
  );
  const result = [signal ? 'stopped' : '', tell ? attempt(() => tell(stdout)) : '', took];
  rows.push({ check: name, result: result.filter((part) => part !== '').join(', '), passed: status === 0 });
  // Each time: nobody may wait for the end.
  writeFileSync(join(out, 'check-gpu.json'), `${JSON.stringify(rows, null, 2)}\n`);
}

function attempt(body: () => string): string {
  try {
    return body();
  } catch {
    return 'no result: see check-gpu.log';
  }
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

run({ part: 'build', name: 'build', command: ['ts-node', 'scripts/setup.ts'], most: 150 });

run({
  part: 'build',
  name: 'doctor',
  command: ['ts-node', 'scripts/doctor.ts', '--json'],
  most: 30,
  tell: () => 'in check-gpu.log',
});

run({
  part: 'graphs',
  name: 'graphs on and off',
  command: ['ts-node', 'benchmarks/graphs.ts', 'cuda:0'],
  most: 90,
  tell: (stdout) => {
    writeFileSync(join(out, 'graphs.json'), stdout);
    const differences: { relativeDifference: number }[] = JSON.parse(stdout).rows;
    const largest = Math.max(...differences.map((row) => row.relativeDifference));
    return `losses differ by ${largest.toExponential(1)} at most`;
  },
});

for (const recipe of GPU_RECIPES) {
  const folder = join(work, recipe);
  run({
    part: 'train',
    name: `train ${recipe}, 300 steps`,
    command: [
      'ts-node',
      'scripts/train.ts',
      recipe,
      '--device',
      'cuda',
      '--steps',
      '300',
      '--out',
      folder,
      '--quiet',
    ],
    most: 45,
    tell: () => {
      copyFileSync(join(folder, 'samples', 'step-000300.png'), join(out, `${recipe}.png`));
      return `${recipe}.png`;
    },
  });
}

// The others take longer than there is time: scripts/bench.ts has them all.
const peers = 'pytorch-best,pytorch-graph';
for (const [suite, most] of GPU_SUITES) {
  const figures = join(out, `bench-${suite}.json`);
  const against = [
    '--device',
    'cuda',
    '--against',
    peers,
    '--rounds',
    '1',
    '--seconds',
    '1',
    '--json',
    figures,
  ];
  run({
    part: 'bench',
    name: `${suite} against PyTorch`,
    command: ['ts-node', 'scripts/bench.ts', suite, ...against],
    most,
    tell: () => (existsSync(figures) ? `bench-${suite}.json` : 'no figures: see check-gpu.log'),
  });
}

const tests = join(work, 'tests.json');
run({
  part: 'tests',
  name: 'tests on cuda:0',
  command: ['jest', '--json', `--outputFile=${tests}`],
  most: 200,
  env: { LIBTORCH_GAN_TEST_DEVICE: 'cuda:0' },
  tell: () => {
    const { numPassedTests, numFailedTests, numPendingTests } = readJson(tests);
    return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  },
});

for (const { check, result, passed } of rows)
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${check.padEnd(32)} ${result}`);
process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;

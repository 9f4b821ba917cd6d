// Builds against the LibTorch at hand, runs the test suite with CUDA as the device, then the benchmarks on it, and prints
// a table; JSON and logs go to $OUT (gpu-results/). It is what runs when a GPU is at hand.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const out = process.env.OUT ?? 'gpu-results';
mkdirSync(out, { recursive: true });

interface Row {
  readonly check: string;
  readonly result: string;
  readonly passed: boolean;
}

function run(name: string, command: string[], env: Record<string, string> = {}) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
  writeFileSync(join(out, `${name}.log`), `${stdout}\n${stderr}`);
  return { ok: status === 0, text: stdout, seconds: (performance.now() - start) / 1000 };
}

const node = process.execPath;
const tool = (name: string) => join('node_modules', '.bin', name);
const rows: Row[] = [];

const build = run('build', [node, tool('ts-node'), 'scripts/setup.ts']);
rows.push({ check: 'build', result: `${build.seconds.toFixed(0)} s`, passed: build.ok });

const doctor = run('doctor', [node, tool('ts-node'), 'scripts/doctor.ts', '--json']);
rows.push({ check: 'doctor', result: doctor.ok ? 'training can run' : 'see doctor.log', passed: doctor.ok });

const tests = join(out, 'tests.json');
const suite = run('tests', [node, tool('jest'), '--json', `--outputFile=${tests}`], {
  LIBTORCH_GAN_TEST_DEVICE: 'cuda:0',
});
rows.push({ check: 'tests on cuda:0', result: testSummary(tests), passed: suite.ok });

for (const recipe of ['dcgan', 'mlp']) {
  const folder = join(out, `run-${recipe}`);
  const args = ['scripts/train.ts', recipe, '--device', 'cuda', '--steps', '300', '--out', folder, '--quiet'];
  const training = run(`train-${recipe}`, [node, tool('ts-node'), ...args]);
  rows.push({
    check: `train ${recipe}, 300 steps`,
    result: `${training.seconds.toFixed(1)} s`,
    passed: training.ok,
  });
}

const peers = 'pytorch-textbook,pytorch-best,pytorch-compile';
const figures = ['--json', join(out, 'bench.json')];
const bench = run('bench', [
  ...[node, tool('ts-node'), 'scripts/bench.ts', 'dcgan64', 'mlp'],
  ...['--device', 'cuda', '--against', peers, ...figures],
]);
rows.push({ check: 'bench against PyTorch', result: 'see bench.log', passed: bench.ok });

writeFileSync(
  join(out, 'check-gpu.json'),
  `${JSON.stringify({ rows, doctor: parsed(doctor.text) }, null, 2)}\n`,
);
for (const { check, result, passed } of rows)
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${check.padEnd(26)} ${result}`);
process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;

function testSummary(file: string): string {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, 'utf8'));
    return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  } catch {
    return 'no result: see tests.log';
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

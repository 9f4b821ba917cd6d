// Times the same work here and in PyTorch, in turn, several rounds, and prints medians and the ratio of each round.
//   npx ts-node benchmarks/pair.ts dcgan64 [rounds]      images/s of a full D + G step, 64×64×3, width 64, batch 64, float32
//   npx ts-node benchmarks/pair.ts dispatch [rounds]     nanoseconds for add and release of 8 floats
// PyTorch is that of $PYTHON (python3).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Measured {
  /** The figure: images a second, or nanoseconds. */
  readonly value: number;
  readonly what: string;
}

const python = process.env.PYTHON ?? 'python3';
const [suite = 'dcgan64', rounds = '5'] = process.argv.slice(2);
const file = (extension: string) => join(__dirname, `${suite}.${extension}`);
const peers: Record<string, [string, ...string[]]> = {
  'libtorch-gan': [process.execPath, '-r', 'ts-node/register', file('ts')],
  pytorch: [python, file('py')],
};

function measure(name: string): Measured {
  const [command, ...args] = peers[name];
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  console.error(`${name} could not be measured: ${stderr.trim().split('\n').at(-1)}`);
  if (name === 'pytorch')
    console.error(`install it with: ${python} -m pip install torch==2.13.0, or set PYTHON`);
  process.exit(1);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

const results: Record<string, number[]> = { 'libtorch-gan': [], pytorch: [] };
let what = '';
for (let round = 0; round < Number(rounds); round++)
  for (const name of Object.keys(peers)) {
    const measured = measure(name);
    what = measured.what;
    results[name].push(measured.value);
  }
const ratios = results['libtorch-gan'].map((value, i) => value / results.pytorch[i]);
for (const [name, values] of Object.entries(results))
  console.log(
    `${name.padEnd(14)}${median(values).toFixed(1).padStart(9)} ${what}   (${values.map((v) => v.toFixed(1)).join(', ')})`,
  );
console.log(
  `ratio         ${median(ratios).toFixed(3).padStart(9)}   (${ratios.map((v) => v.toFixed(2)).join(', ')})`,
);

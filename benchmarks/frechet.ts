import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../src/io/safetensors';
import { tensorsToRecords } from '../src/io/tensors';
import { frechetDistance } from '../src/metrics/frechet';
import { FeatureMoments } from '../src/metrics/moments';
import { tuneProcess } from '../src/native/addon';
import { packageRoot } from '../src/native/root';
import { randn } from '../src/tensor/create';
import { deviceFacts } from '../src/tensor/device';
import { Generator } from '../src/tensor/random';
import { scope } from '../src/tensor/scope';
import type { Tensor } from '../src/tensor/tensor';
import { ask } from './child';
import { python } from './peers';
import { ratios, summarize } from './statistics';

// The Fréchet distance of 10,000 features of 512 dimensions against as many others, beside SciPy, in turn:
//   PYTHON=python3 npx ts-node benchmarks/frechet.ts [ROUNDS]
const COUNT = 10_000;
const DIMENSIONS = 512;

/** What somebody took, and found. */
interface Timing {
  readonly seconds: number;
  readonly distance: number;
}

/** SciPy's two ways. */
interface Scipy {
  readonly sqrtm: Timing;
  readonly eigenvalues: Timing;
}

/** Features with correlations and a spectrum over four decades, as networks make them. */
function features(generator: Generator): Tensor {
  return scope(() => {
    const decay = randn([DIMENSIONS], { generator }).mul(1.5).exp();
    const mixing = randn([DIMENSIONS, DIMENSIONS], { generator }).div(Math.sqrt(DIMENSIONS)).mul(decay);
    return randn([COUNT, DIMENSIONS], { generator }).mm(mixing).relu();
  });
}

function ours(sets: readonly Tensor[]): Timing {
  const start = performance.now();
  const moments = sets.map((set) => {
    const one = new FeatureMoments(DIMENSIONS);
    one.add(set);
    return one;
  });
  const distance = frechetDistance(moments[0], moments[1]);
  for (const one of moments) one.dispose();
  return { seconds: (performance.now() - start) / 1000, distance };
}

async function main(): Promise<void> {
  tuneProcess();
  const rounds = Number(process.argv[2] ?? 5);
  const folder = mkdtempSync(join(tmpdir(), 'frechet-'));
  const generator = new Generator({ seed: 1 });
  try {
    const sets = [features(generator), features(generator)];
    const file = join(folder, 'features.safetensors');
    await writeSafetensors(file, tensorsToRecords({ a: sets[0], b: sets[1] }));
    const script = join(packageRoot(), 'benchmarks', 'peers', 'frechet.py');
    const command = { file: python(), args: [script, JSON.stringify({ file })] };
    // The first call starts the threads, as theirs does.
    ours(sets.map((set) => set.slice(0, { end: 1000 })));
    const timings: { ours: Timing; scipy: Scipy }[] = [];
    for (let round = 0; round < rounds; round++) {
      const own = ours(sets);
      const answer = await ask<Scipy>(command, { signal: AbortSignal.timeout(300_000) });
      if ('failure' in answer) throw new Error(`${command.file} ${script}: ${answer.failure}`);
      timings.push({ ours: own, scipy: answer.measured });
    }
    print(timings);
  } finally {
    generator.dispose();
    rmSync(folder, { recursive: true });
  }
}

function print(timings: readonly { readonly ours: Timing; readonly scipy: Scipy }[]): void {
  const { version, threads } = deviceFacts();
  console.log(`${COUNT} × ${DIMENSIONS}, ${timings.length} rounds, LibTorch ${version}, ${threads} threads`);
  const rows = {
    'libtorch-gan': timings.map((timing) => timing.ours),
    'scipy sqrtm': timings.map(({ scipy }) => scipy.sqrtm),
    'scipy eigvals': timings.map(({ scipy }) => scipy.eigenvalues),
  };
  const own = rows['libtorch-gan'].map(({ seconds }) => seconds);
  for (const [name, row] of Object.entries(rows)) {
    const seconds = row.map((timing) => timing.seconds);
    const { median, min, max } = summarize(seconds);
    const ratio = summarize(ratios(own, seconds)).median;
    console.log(
      `${name.padEnd(14)} ${median.toFixed(3)} s (${min.toFixed(3)} to ${max.toFixed(3)})` +
        `  ours / it ${ratio.toFixed(2)}  distance ${row[0].distance}`,
    );
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

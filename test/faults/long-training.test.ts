import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { RUNS_TYPESCRIPT } from '../support/typescript';

const STEPS = 10_000;

interface Sample {
  readonly tensors: number;
  readonly resident: number;
}

/** What the process holds before the first step, and after each tenth of them. */
function samplesOf(steps: number): Sample[] {
  const script = join(__dirname, 'long-training.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    // V8's young generation grows by megabytes at once, some time in the run, and would be taken for what steps leave: it stays small here.
    ['--expose-gc', '--max-semi-space-size=1', ...RUNS_TYPESCRIPT, script, String(steps)],
    { encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample);
}

test('10,000 steps with a scope around each hold no more tensors than the first, and no more memory than 2,000', () => {
  const samples = samplesOf(STEPS);
  expect(samples).toHaveLength(11);
  const [, first] = samples;
  for (const { tensors } of samples.slice(1)) expect(tensors).toBe(first.tensors);
  const [warm, last] = [samples[2].resident, samples[10].resident];
  console.info(`resident after 2,000 steps ${warm} bytes, after ${STEPS} ${last}`);
  expect(last / warm).toBeLessThanOrEqual(1.01);
});

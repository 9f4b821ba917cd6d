// Damaged files as a user meets them: by the commands, some in processes of their own, where a crash would show.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as sample } from '../../src/cli/sample';
import { main as train } from '../../src/cli/train';
import { FakeHost } from '../cli/fakes';
import { filesOf } from '../support/training';
import { type Ended, expectNoStack, expectOneLine, runCommand } from './command';
import { countFaults } from './count';
import { damages } from './damage';
import { SmallTraining } from './small-training';

const small = new SmallTraining();
const run = () => small.runOf('hurt');
let whole: Record<string, string>;

beforeAll(async () => {
  await small.prepare();
  for (const [name, steps] of [
    ['base', '4'],
    ['whole', '6'],
  ]) {
    const argv = small.argv(name).map((each, i, all) => (all[i - 1] === '--steps' ? steps : each));
    expect(await train(argv, new FakeHost())).toBe(0);
  }
  whole = small.resultOf('whole');
});
afterAll(() => small.remove());

const FILES = [
  'config.json',
  'metrics.jsonl',
  'evaluations.jsonl',
  'report.html',
  'samples/step-000003.png',
  'best/manifest.json',
  'best/networks/generator.safetensors',
  'checkpoints/step-000004/manifest.json',
  'checkpoints/step-000004/networks/generator.safetensors',
  'checkpoints/step-000004/networks/discriminator.safetensors',
  'checkpoints/step-000004/optimizers/G.safetensors',
  'checkpoints/step-000004/state.safetensors',
];

/** Whatever was damaged: refused in one line, or the bytes that would have been. */
function expectEnd(name: string, { code, stderr }: Pick<Ended, 'code' | 'stderr'>): void {
  expectNoStack({ stderr });
  if (code !== 0) {
    expect([1, 2]).toContain(code);
    expectOneLine({ stderr }, run());
    return;
  }
  const files = filesOf(join(run(), 'checkpoints', 'step-000006'));
  const { log: _, 'manifest.json': __, ...expected } = whole;
  expect({ name, files }).toMatchObject({ name, files: expected });
}

describe.each(FILES)('%s', (name) => {
  const resume = () => ['--resume', run(), '--steps', '6'];

  /** The run with the file damaged in its n-th way. */
  function hurt(way: number): string {
    rmSync(join(small.folder, 'hurt'), { recursive: true, force: true });
    cpSync(join(small.folder, 'base'), join(small.folder, 'hurt'), { recursive: true });
    const file = join(run(), name);
    const { what, bytes } = damages(readFileSync(file), { flips: 8, seed: 3 })[way];
    writeFileSync(file, bytes);
    countFaults('damaged files');
    return what;
  }

  test('sample, evaluate and train --resume, in this process', async () => {
    for (const way of [1, 6, 10]) {
      const what = hurt(way);
      for (const [main, argv] of [
        [
          sample,
          ['--checkpoint', run(), '--count', '1', '--out', join(run(), 'grid.png'), '--device', 'cpu'],
        ],
        [evaluate, ['--checkpoint', run(), '--count', '4', '--metrics', 'fid', '--features', small.features]],
      ] as const) {
        const host = new FakeHost();
        const code = await main([...argv], host);
        expectNoStack({ stderr: host.stderr.text });
        expect({ what, code, stderr: host.stderr.text }).toMatchObject({ what, code: 0 });
      }
      const host = new FakeHost();
      const code = await train(resume(), host);
      expectEnd(what, { code, stderr: host.stderr.text });
    }
  });

  test('train --resume, in a process of its own', async () => {
    const what = hurt(4);
    const ended = await runCommand(['train', ...resume()], {
      env: { XDG_CACHE_HOME: small.cacheOf('hurt') },
    });
    expect(ended.signal).toBeNull();
    expectEnd(what, ended);
  });
});

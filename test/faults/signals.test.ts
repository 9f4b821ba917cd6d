// SIGINT and SIGTERM at moments from the first module on: while data are packed, in steps, checkpoints and evaluations, at the end. Each
// training is a process of its own that sends itself the signal.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { main as train } from '../../src/cli/train';
import { FakeHost } from '../cli/fakes';
import { expectNoStack, runCommand } from './command';
import { countFaults } from './count';
import { SmallTraining } from './small-training';

const small = new SmallTraining();
afterAll(() => small.remove());

interface Moments {
  readonly module: number;
  readonly file: number;
  readonly output: number;
}
let moments: Moments;
let whole: Record<string, string>;

beforeAll(async () => {
  await small.prepare();
  const counts = join(small.folder, 'moments.json');
  // The first one compiles what the second one loads.
  for (const name of ['compiled', 'whole']) {
    const ended = await runCommand(['train', ...small.argv(name)], {
      before: ['self-signal.js'],
      env: {
        XDG_CACHE_HOME: small.cacheOf(name),
        LIBTORCH_GAN_MOMENTS: counts,
        LIBTORCH_GAN_WATCHED: join(small.folder, name),
      },
    });
    expect(ended).toMatchObject({ code: 0 });
  }
  moments = JSON.parse(readFileSync(counts, 'utf8'));
  whole = small.resultOf('whole');
});

/** Starts a training that was interrupted again, in this process. */
async function again(name: string): Promise<void> {
  process.env.XDG_CACHE_HOME = small.cacheOf(name);
  const checkpoints = join(small.runOf(name), 'checkpoints');
  const hasOne = existsSync(checkpoints) && readdirSync(checkpoints).some((each) => each.startsWith('step-'));
  const host = new FakeHost();
  const argv = hasOne ? ['--resume', small.runOf(name), '--features', small.features] : small.argv(name);
  expect([await train(argv, host), host.stderr.text]).toEqual([
    0,
    expect.not.stringMatching(/damaged|error/),
  ]);
}

/** Calls that are made in one go at the end. */
const LAST_MOMENTS = 5;

const CODES = { SIGINT: 130, SIGTERM: 143 };

async function interrupted(signal: 'SIGINT' | 'SIGTERM', kind: keyof Moments, at: number): Promise<void> {
  const name = `${signal}-${kind}-${at}`;
  const counts = join(small.folder, `${name}.json`);
  const ended = await runCommand(['train', ...small.argv(name)], {
    before: ['self-signal.js'],
    env: {
      XDG_CACHE_HOME: small.cacheOf(name),
      LIBTORCH_GAN_MOMENTS: counts,
      LIBTORCH_GAN_SIGNAL: `${signal}:${kind}:${at}`,
      LIBTORCH_GAN_WATCHED: join(small.folder, name),
    },
  });
  expectNoStack(ended);
  if (ended.code === 0) {
    const { [kind]: last }: Moments = JSON.parse(readFileSync(counts, 'utf8'));
    // Sent with the last calls, it comes when all is done and nobody listens any more.
    if (last >= at) return expectDone(name, { last, at });
    // Progress is told by the clock: this process had fewer moments than the one that was counted.
    rmSync(join(small.folder, name), { recursive: true });
    return interrupted(signal, kind, last);
  }
  // Before it listens, and after the end, the system ends it: a shell tells the same code.
  const { code = null } = ended.signal === signal ? { code: CODES[signal] } : ended;
  expect({ name, code, stderr: ended.stderr }).toEqual({ name, code: CODES[signal], stderr: ended.stderr });
  if (ended.signal === null) expectCalm(name);
  await again(name);
  expectCalm(name);
  expect({ name, result: small.resultOf(name) }).toEqual({ name, result: whole });
  rmSync(join(small.folder, name), { recursive: true });
  countFaults('signals');
}

/** A signal of the last moments changes nothing: the training had ended. */
function expectDone(name: string, { last, at }: { readonly last: number; readonly at: number }): void {
  expect(last - at).toBeLessThan(LAST_MOMENTS);
  expectCalm(name);
  expect({ name, result: small.resultOf(name) }).toEqual({ name, result: whole });
  rmSync(join(small.folder, name), { recursive: true });
  countFaults('signals');
}

/** No lock, and nothing half written. */
function expectCalm(name: string): void {
  if (!existsSync(small.runOf(name))) return;
  const names = readdirSync(small.runOf(name), { recursive: true, encoding: 'utf8' });
  expect(names.filter((each) => /(^|\/)\.|\.tmp$|\.partial$/.test(each))).toEqual([]);
}

/** Numbers from 1 to `last`, spread evenly. */
const spread = (last: number, count: number) =>
  Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (last - 1)) / (count - 1)));

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([
    ['module', 10],
    ['file', 30],
    ['output', 10],
  ] as const)(
    'while moments of the kind %s: ends as documented, and the next start gives the same bytes',
    async (kind, count) => {
      // From both signals other moments.
      const last = moments[kind] - (signal === 'SIGINT' ? 0 : 1);
      for (const at of spread(last, count)) await interrupted(signal, kind, at);
    },
  );
});

// SIGINT and SIGTERM at moments from the first module on: while data are packed, in steps, checkpoints and evaluations, at the end. Each
// training is a process of its own that sends itself the signal.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { main as train } from '../../src/cli/train';
import { classifierFile, writeClassifier } from '../../src/metrics/features/classifier-cache';
import { untouchedRandom } from '../../src/metrics/features/random';
import { stateSha256 } from '../../src/metrics/features/state-hash';
import { classifier } from '../../src/models/classifier';
import { FakeHost } from '../cli/fakes';
import { put } from '../data/files';
import { filesOf } from '../support/training';
import { expectNoStack, runCommand } from './command';
import { countFaults } from './count';

const folder = mkdtempSync(join(tmpdir(), 'signals-'));
afterAll(() => rmSync(folder, { recursive: true }));

let features: string;
const cacheOf = (name: string) => join(folder, name, 'cache');
const runOf = (name: string) => join(folder, name, 'run');

function settings(name: string): string[] {
  const model = ['dcgan', '--set', 'width=4', '--set', 'latentSize=8', '--resolution', '16', '--batch', '4'];
  const data = ['--dataset', `folder:${join(folder, 'images')}`, '--device', 'cpu', '--steps', '6'];
  const every = ['--log-every', '1', '--checkpoint-every', '2', '--sample-every', '3', '--eval-every', '3'];
  const judged = ['--eval-count', '8', '--features', features];
  return [...model, ...data, ...every, ...judged, '--out', runOf(name)];
}

interface Moments {
  readonly module: number;
  readonly file: number;
  readonly output: number;
}
let moments: Moments;
let whole: Record<string, string>;

beforeAll(async () => {
  for (let i = 0; i < 12; i++) {
    const pixels = Uint8Array.from({ length: 20 * 20 * 3 }, (_, at) => (at * 7 + i * 31) % 256);
    const image = sharp(pixels, { raw: { width: 20, height: 20, channels: 3 } });
    put(join(folder, 'images', i % 2 ? 'a' : 'b', `${i}.png`), await image.png().toBuffer());
  }
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  const id = { key: 'k'.repeat(64), name: 'classifier-tiny' };
  const network = untouchedRandom(() =>
    classifier({ channels: 3, classes: 2, width: 2, dimensions: 4 }).eval(),
  );
  await writeClassifier(id, { network, accuracy: 0.5, heldOut: 'none', sha256: stateSha256(network) });
  network.dispose();
  features = classifierFile(id);
  const counts = join(folder, 'moments.json');
  const ended = await runCommand(['train', ...settings('whole')], {
    before: ['self-signal.js'],
    env: {
      XDG_CACHE_HOME: cacheOf('whole'),
      LIBTORCH_GAN_MOMENTS: counts,
      LIBTORCH_GAN_WATCHED: join(folder, 'whole'),
    },
  });
  expect(ended).toMatchObject({ code: 0 });
  moments = JSON.parse(readFileSync(counts, 'utf8'));
  whole = resultOf('whole');
});

/** What must be the same in the end, however often it was interrupted. */
function resultOf(name: string): Record<string, string> {
  return {
    ...filesOf(join(runOf(name), 'checkpoints', 'step-000006')),
    log: JSON.stringify(rowsOf(name, 'metrics.jsonl').map(({ step, D, G }) => ({ step, D, G }))),
    manifest: '',
    'manifest.json': '',
  };
}

function rowsOf(name: string, file: string): Record<string, unknown>[] {
  const lines = readFileSync(join(runOf(name), file), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Starts a training that was interrupted again, in this process. */
async function again(name: string): Promise<void> {
  process.env.XDG_CACHE_HOME = cacheOf(name);
  const checkpoints = join(runOf(name), 'checkpoints');
  const hasOne = existsSync(checkpoints) && readdirSync(checkpoints).some((each) => each.startsWith('step-'));
  const host = new FakeHost();
  const argv = hasOne ? ['--resume', runOf(name), '--features', features] : settings(name);
  expect([await train(argv, host), host.stderr.text]).toEqual([
    0,
    expect.not.stringMatching(/damaged|error/),
  ]);
}

const CODES = { SIGINT: 130, SIGTERM: 143 };

async function interrupted(signal: 'SIGINT' | 'SIGTERM', kind: keyof Moments, at: number): Promise<void> {
  const name = `${signal}-${kind}-${at}`;
  const ended = await runCommand(['train', ...settings(name)], {
    before: ['self-signal.js'],
    env: {
      XDG_CACHE_HOME: cacheOf(name),
      LIBTORCH_GAN_SIGNAL: `${signal}:${kind}:${at}`,
      LIBTORCH_GAN_WATCHED: join(folder, name),
    },
  });
  expectNoStack(ended);
  // Before it listens, and after the end, the system ends it: a shell tells the same code.
  const { code = null } = ended.signal === signal ? { code: CODES[signal] } : ended;
  expect({ name, code, stderr: ended.stderr }).toEqual({ name, code: CODES[signal], stderr: ended.stderr });
  if (ended.signal === null) expectCalm(name);
  await again(name);
  expectCalm(name);
  expect({ name, result: resultOf(name) }).toEqual({ name, result: whole });
  rmSync(join(folder, name), { recursive: true });
  countFaults('signals');
}

/** No lock, and nothing half written. */
function expectCalm(name: string): void {
  if (!existsSync(runOf(name))) return;
  const names = readdirSync(runOf(name), { recursive: true, encoding: 'utf8' });
  expect(names.filter((each) => /(^|\/)\.|\.tmp$|\.partial$/.test(each))).toEqual([]);
}

/** Numbers from 1 on, spread evenly up to `last`. */
const spread = (last: number, count: number) =>
  Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (last - 1)) / count));

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([
    ['module', 10],
    ['file', 30],
    ['output', 10],
  ] as const)(
    'while moments of the kind %s: ends as documented, and the next start gives the same bytes',
    async (kind, count) => {
      // From both signals other moments.
      const shift = signal === 'SIGINT' ? 0 : 1;
      for (const at of spread(moments[kind] - 1, count)) await interrupted(signal, kind, at + shift);
    },
  );
});

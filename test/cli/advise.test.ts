import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advise, readAdviseSettings } from '../../src/cli/advise';
import { Terminal } from '../../src/cli/terminal';
import { main } from '../../src/cli/train';
import { encodePng } from '../../src/io/png';
import { recipes } from '../../src/recipes';
import { FakeHost } from './fakes';
import { writeTinyMnist } from './tiny-data';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'advise-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--advise', ...argv], host);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

/** Steps that take so long, without taking it. */
const steps = (secondsPerStep: number) => async () => ({
  secondsPerStep,
  steps: 5,
  precision: 'fp32' as const,
});

async function advised(
  minutes: string,
  secondsPerStep: number,
  flags: Record<string, string> = { dataset: 'mnist', dataDir: folder },
) {
  const host = new FakeHost();
  const settings = readAdviseSettings({ flags, set: {}, env: {} }, { advise: minutes });
  const terminal = new Terminal(host, { json: true });
  expect(await advise(settings, { recipes, terminal, measure: steps(secondsPerStep) })).toBe(0);
  return JSON.parse(host.stdout.text);
}

describe('one line and an exit code for', () => {
  test.each([
    [
      'a path that does not exist',
      ['--dataset', 'folder:/nowhere/at/all'],
      1,
      /\/nowhere\/at\/all does not exist/,
    ],
    ['a data set that there is not', ['--dataset', 'mnits'], 2, /did you mean mnist\?/],
    [
      'channels that the set has not',
      ['--dataset', 'digits', '--channels', '3'],
      2,
      /the images of digits have 1 channels, but 3 are asked for/,
    ],
    ['a recipe', ['dcgan'], 2, /--advise expects a number|leave dcgan out/],
    ['flags of a training', ['--steps', '5'], 2, /--advise says itself what to train.*leave --steps out/],
    ['several processes', ['--processes', '2'], 2, /leave --processes out/],
    ['several seeds', ['--seeds', '1,2'], 2, /leave --seeds out/],
    ['a field of a recipe', ['--set', 'width=4'], 2, /leave --set width out/],
    ['a run', ['--resume', 'runs/x'], 2, /leave --resume out/],
    ['no time', ['0'], 2, /--advise expects a number from 0\.1 to 100000, but got "0"/],
  ])('%s', async (_, argv, code, text) => {
    const found = await run(...argv);
    expect(found).toMatchObject({ code, out: '' });
    expect(found.err.trimEnd().split('\n')).toHaveLength(1);
    expect(found.err).toMatch(text);
  });

  test('an empty folder, and one of a single picture', async () => {
    const name = `folder:${folder}`;
    expect(await run('--dataset', name)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/holds no images/),
    });
    const pixels = new Uint8Array(3 * 16 * 16);
    writeFileSync(join(folder, 'a.png'), encodePng({ height: 16, width: 16, channels: 3, pixels }));
    expect(await run('--dataset', name)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/has 1 image, of which nothing can be learned: expected 8 at least/),
    });
  });
});

test('tells what to type, with reasons, and writes nothing', async () => {
  writeTinyMnist(folder, { count: 64 });
  const empty = join(folder, 'work');
  mkdirSync(empty);
  const before = readdirSync(folder, { recursive: true });
  const { code, out } = await run('0.1', '--dataset', 'mnist', '--data-dir', folder, '--device', 'cpu');
  expect(code).toBe(0);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
  const rows = out.trimEnd().split('\n');
  expect(rows[0]).toMatch(/^data +mnist: 64 images, 28×28 grey, 10 classes of 6 to 7, \d+ duplicates$/);
  expect(rows[2]).toMatch(/^recipe +dcgan: .*\(README\.md/);
  expect(rows.at(-1)).toMatch(
    /^next +npx ts-node scripts\/train\.ts dcgan --dataset mnist --data-dir \S+ --device cpu --resolution 32 --batch 16 --steps \d+ --set augment=ada$/,
  );
  expect(out).toMatch(/\ntime +.* measured here in \d+ steps on noise in (fp32|bf16)/);
  expect(out).toMatch(/\nrunner-up +hinge, /);
}, 60_000);

test('images that cannot be read are told, and the command leaves them out', async () => {
  for (let n = 0; n < 10; n++) {
    const pixels = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (i * (n + 3)) % 256);
    writeFileSync(join(folder, `${n}.png`), encodePng({ height: 32, width: 32, channels: 3, pixels }));
  }
  const dataset = `folder:${folder}`;
  const { best, notes } = await advised('10', 0.1, { dataset });
  expect(best.command).not.toContain('--on-bad-image');
  writeFileSync(join(folder, 'a.png'), 'no picture');
  const broken = await advised('10', 0.1, { dataset });
  expect(broken.best.command).toContain(`${dataset} --on-bad-image skip `);
  expect(broken.notes).toEqual([
    expect.stringMatching(
      /^10 of 11 images that were looked into are readable, .*; the first: \S+a\.png is not a readable image/,
    ),
    ...notes.map((note: string) => note.replace(/^10 images/, '11 images')),
  ]);
});

test('steps fill the minutes, in two digits, and no more than is worth while', async () => {
  writeTinyMnist(folder, { count: 640 });
  const { best, runnerUp } = await advised('10', 0.1337);
  // 600 / 0.1337 = 4487.7
  expect(best).toMatchObject({
    recipe: 'cgan',
    steps: 4_400,
    batch: 64,
    measured: { on: 'noise', steps: 5 },
  });
  expect(best.seconds).toBeCloseTo(4_400 * 0.1337, 8);
  expect(runnerUp.recipe).toBe('acgan');
  // 1.2 million images in batches of 64 are 18,750 steps.
  expect((await advised('10', 0.001)).best.steps).toBe(18_000);
});

test('too little time is said, with the minutes that are needed', async () => {
  writeTinyMnist(folder, { count: 640 });
  const { best, notes } = await advised('1', 0.5);
  expect(best.steps).toBe(120);
  // 2,000 steps of half a second are 16.7 minutes.
  expect(notes).toContainEqual(expect.stringMatching(/cgan wants 2000 to show what it can: --advise 17$/));
});

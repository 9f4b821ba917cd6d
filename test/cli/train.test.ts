import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { main } from '../../src/cli/train';
import { knownPrecision } from '../../src/training/known-precision';
import { RUNS_TYPESCRIPT } from '../support/typescript';
import { FakeHost, readerGone } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

let folder: string;
let run: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'train-'));
  writeTinyMnist(folder);
});
beforeEach(() => {
  run = join(mkdtempSync(join(folder, 'case-')), 'run');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A training of a second: a small network on 48 images. */
function smallTraining(...more: string[]): string[] {
  const data = [...tinyMnist(folder), '--device', 'cpu'];
  return [
    'dcgan',
    ...data,
    '--set',
    'width=4',
    '--set',
    'latentSize=8',
    '--log-every',
    '2',
    '--precision',
    'fp32',
    ...more,
  ];
}

async function call(argv: string[], host = new FakeHost()) {
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

function steps(): number[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).step);
}

describe('a wrong call exits with 2, says why in one line, and leaves nothing', () => {
  test.each<[string[], RegExp]>([
    [['dcgam'], /"dcgam" is no recipe: did you mean dcgan\?/],
    [['--bacth', '8'], /--bacth is no flag of train: did you mean --batch\?/],
    [['--batch', '0'], /--batch expects a whole number from 1 to 65536, but got "0"/],
    [['--steps', '-1'], /--steps expects a whole number of at least 1, but got "-1"/],
    [['--resolution', '33'], /--resolution 33: dcgan makes images of .*: try --resolution 32/],
    [['--seed', 'x'], /--seed expects/],
    [['--device', 'gpu'], /--device expects auto, cpu, cuda or cuda:N, but got "gpu"/],
    [['--precision', 'fp8'], /--precision expects auto, fp32 or bf16, but got "fp8"/],
    [['--dataset', 'minst'], /"minst".*did you mean mnist\?/],
    [['--dataset', 'folder:'], /folder: needs a path/],
    [['--profile', '0'], /--profile expects a whole number of at least 1, but got "0"/],
    [
      ['--profile', 'dcgan'],
      /--profile expects a whole number of at least 1, but got "dcgan": try --profile 20/,
    ],
    [
      ['--profile', '--steps', '25'],
      /--profile 20 needs 30 steps, 10 of them to warm up, but there are 25: try --profile 15/,
    ],
    [['--profile', '5', '--steps', '9'], /--profile 5 needs 15 steps, .* there are 9: try --steps 15/],
    [['--set', 'widht=3'], /--set widht is unknown: did you mean width\?/],
    [['--fit', 'pad'], /--fit is of images in files, but digits has its own: leave it out/],
    [['--on-bad-image', 'skip'], /--on-bad-image is of images in files, but digits has its own/],
    [
      ['cyclegan', '--dataset', 'unpaired:digits+mnist', '--fit', 'pad'],
      /--fit is of images in files, but unpaired:digits\+mnist has its own/,
    ],
    [['--skip-limit', '3'], /--skip-limit is of --on-divergence skip, but this is stop: add/],
    [['--eval-every', '0', '--eval-metrics', 'fidd'], /"fidd" is no metric.*: did you mean fid\?/],
    [['--eval-every', '0', '--best-by', 'zz'], /--best-by: .*: expected one of fid, but got zz/],
    [
      ['--eval-every', '5', '--best-by', 'kid'],
      /--best-by: what decides which weights are best: expected one of fid, but got kid/,
    ],
    [['--set', 'width'], /--set expects key=value, but got "width"/],
    [['--config', 'none.json'], /--config: cannot read none\.json: there is no such file/],
    [['--resume', 'none'], /--out .* and --resume none exclude each other/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call([...argv, '--out', run]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(run)).toBe(false);
  });

  test('unknown keys of a file, naming those that it may have as the file has them', async () => {
    const file = join(run, '..', 'settings.json');
    for (const [key, said] of [
      ['zzzzzz', /"zzzzzz" in .* is unknown; it may be "dataset", "dataDir", "device"/],
      ['evalEvry', /"evalEvry" in .* is unknown: did you mean "evalEvery"\?/],
    ] as const) {
      writeFileSync(file, JSON.stringify({ [key]: 1 }));
      expect(await call(['--config', file, '--out', run])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(said),
      });
    }
  });

  test('a folder that holds a run', async () => {
    const taken = join(run, '..');
    writeFileSync(join(taken, 'config.json'), '{}');
    mkdirSync(join(taken, 'checkpoints', 'step-000001'), { recursive: true });
    const { code, stderr } = await call(['--out', taken]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/holds a run already: go on with --resume/);
  });

  test('a folder to resume that holds no run', async () => {
    const { code, stderr } = await call(['--resume', folder]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: --resume .*: no run that train can go on with: cannot read .*config\.json: .*\n$/,
    );
  });

  test('a batch larger than the data', async () => {
    const { code, stderr } = await call(smallTraining('--batch', '49', '--out', run));
    expect(code).toBe(2);
    expect(stderr).toMatch(/a batch of 49 is larger than the data set "mnist", which has 48 images/);
  });
});

test('an --out that cannot be written exits with 1 before any work', async () => {
  writeFileSync(join(folder, 'file'), '');
  const { code, stderr } = await call(smallTraining('--out', join(folder, 'file', 'run')));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: cannot write .*file is a file, not a folder: choose another path\n$/);
});

test('a folder in which another process trains exits with 1 before any work, and names the process', async () => {
  const taken = join(run, '..');
  writeFileSync(join(taken, `.lock.${process.ppid}..0123abcd.${hostname()}`), '');
  const { code, stderr } = await call(smallTraining('--out', taken));
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^error: .* process ${process.ppid} on .* trains there: .*\\n$`));
});

test('a device that is not there exits with 1 and says what to install', async () => {
  const { code, stderr } = await call(smallTraining('--device', 'cuda:99', '--out', run));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: expected .*(NVIDIA GPU|CUDA).*'cuda:99'.*\n$/);
  expect(existsSync(run)).toBe(false);
});

test('a data set that is damaged exits with 1 and names the file', async () => {
  const data = mkdtempSync(join(folder, 'damaged-'));
  writeTinyMnist(data);
  const file = join(data, 'mnist', 'train-images-idx3-ubyte');
  writeFileSync(file, readFileSync(file).subarray(0, 1000));
  const { code, stderr } = await call(smallTraining('--data-dir', data, '--out', run));
  expect(code).toBe(1);
  expect(stderr).toContain(file);
  expect(stderr).toMatch(/^error: .*\n$/);
});

describe('a training', () => {
  test('announces itself, reports on stderr, and ends with its result on stdout', async () => {
    const { code, stdout, stderr } = await call(smallTraining('--steps', '4', '--out', run));
    expect(code).toBe(0);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.slice(0, 5)).toEqual([
      expect.stringMatching(/^recipe {5}dcgan: /),
      'data       mnist: 48 images of 1×16×16, 10 classes',
      'device     cpu',
      'precision  fp32',
      `run        ${run}`,
    ]);
    expect(lines.slice(5)).toEqual([
      expect.stringMatching(/^step 2\/4 · [\d.]+ images\/s · D [\d.]+ · G [\d.]+ · \ds left$/),
      expect.stringMatching(/^step 4\/4 · .* · .*samples\/step-000004\.png$/),
    ]);
    expect(stdout.trimEnd().split('\n')).toEqual([
      `samples    ${join(run, 'samples/step-000004.png')}`,
      `checkpoint ${join(run, 'checkpoints/step-000004')}`,
      `report     ${join(run, 'report.html')}`,
      expect.stringMatching(/^speed {6}[\d.]+ images\/s$/),
      expect.stringMatching(/^next {7}npx ts-node scripts\/sample\.ts --checkpoint .*run --count 64/),
    ]);
    expect(steps()).toEqual([2, 4]);
  });

  test('--json writes an object a line on stdout', async () => {
    const { code, stdout } = await call(smallTraining('--steps', '4', '--out', run, '--json'));
    expect(code).toBe(0);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toMatchObject([
      {
        event: 'start',
        recipe: 'dcgan',
        device: 'cpu',
        run,
        data: {
          name: 'mnist',
          count: 48,
          specs: { images: { channels: 1, height: 16, width: 16, classes: 10 } },
        },
      },
      { event: 'report', step: 2, steps: 4, losses: { D: expect.any(Number), G: expect.any(Number) } },
      { event: 'report', step: 4, samples: join(run, 'samples/step-000004.png') },
      { event: 'end', step: 4, interrupted: false, checkpoint: join(run, 'checkpoints/step-000004') },
    ]);
  });

  test('--profile prints a table of phases and operators once, and goes on training', async () => {
    const { code, stdout, stderr } = await call(
      smallTraining('--profile', '2', '--steps', '14', '--out', run),
    );
    expect(code).toBe(0);
    expect(stdout).not.toContain('profile');
    const lines = stderr.split('\n');
    const first = lines.findIndex((line) => line.startsWith('profile of'));
    expect(lines[first]).toMatch(
      /^profile of 2 steps: [\d.]+ ms a step \([\d.]+ ms just before, without the profiler\)$/,
    );
    expect(lines[first + 2]).toMatch(/^phase +ms\/step +share +outside$/);
    expect(stderr).toMatch(/^ {2}backward +[\d.]+ +[\d.]+ % +[\d.]+$/m);
    expect(stderr).toMatch(/^convolution_backward +D backward +2 .* f32 8×\d+×/m);
    expect(stderr).toContain(`profile  ${join(run, 'profile.json')}, ${join(run, 'trace.json')}\n`);
    expect(lines.filter((line) => line.startsWith('profile of'))).toHaveLength(1);
    expect(steps().at(-1)).toBe(14);
    expect(JSON.parse(readFileSync(join(run, 'profile.json'), 'utf8')).steps).toBe(2);
  });

  test('--profile with --json writes the profile as an object of its own, with --quiet too', async () => {
    const { stdout, stderr } = await call(
      smallTraining('--profile', '1', '--steps', '11', '--out', run, '--json', '--quiet'),
    );
    expect(stderr).toBe('');
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const profiles = records.filter(({ event }) => event === 'profile');
    expect(profiles).toMatchObject([
      { steps: 1, stepMs: expect.any(Number), phases: expect.any(Array), ops: expect.any(Array) },
    ]);
    expect(profiles[0].files).toEqual([join(run, 'profile.json'), join(run, 'trace.json')]);
  });

  test('--profile belongs to one call: a resumed run neither repeats it nor minds it', async () => {
    await call(smallTraining('--profile', '1', '--steps', '11', '--out', run, '--quiet'));
    expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).settings.profile).toBeUndefined();
    const again = await call(['--resume', run, '--steps', '13']);
    expect([again.code, again.stderr.includes('profile of')]).toEqual([0, false]);
    const short = await call(['--resume', run, '--steps', '15', '--profile', '4']);
    expect(short.code).toBe(2);
    expect(short.stderr).toMatch(
      /^error: .*after 10 of warm-up expected at least 14 steps but there are 2 to do.*$/m,
    );
  });

  test('without --precision it says what it took and why, and a resumed run keeps that', async () => {
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(run, '..', 'cache');
    try {
      const first = await call(smallTraining('--precision', 'auto', '--steps', '2', '--out', run));
      const [, precision, reason] = /^precision {2}(fp32|bf16): (.*)$/m.exec(first.stderr) ?? [];
      // What is known of the processor, or else a measurement.
      expect(reason).toContain(knownPrecision('cpu')?.because ?? 'as fast');
      expect(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).precision).toBe(precision);
      rmSync(join(run, '..', 'cache'), { recursive: true, force: true });
      const second = await call(['--resume', run, '--steps', '4']);
      expect(second.stderr).toContain(`precision  ${precision}, as before\n`);
      expect(existsSync(join(run, '..', 'cache', 'libtorch-gan'))).toBe(false);
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    }
  });

  test('--quiet leaves stderr empty', async () => {
    const { code, stdout, stderr } = await call(smallTraining('--steps', '2', '--out', run, '--quiet'));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^samples /);
  });

  test('keeps its settings, so that its config.json repeats it', async () => {
    await call(smallTraining('--steps', '2', '--seed', '5', '--out', run, '--quiet'));
    const again = `${run}-again`;
    const config = join(run, 'config.json');
    expect((await call(['--config', config, '--out', again, '--quiet'])).code).toBe(0);
    expect(JSON.parse(readFileSync(join(again, 'config.json'), 'utf8')).settings).toEqual(
      JSON.parse(readFileSync(config, 'utf8')).settings,
    );
    const weights = 'checkpoints/step-000002/networks/generator.safetensors';
    expect(readFileSync(join(again, weights))).toEqual(readFileSync(join(run, weights)));
  });

  test('has graphs unless --no-graphs or its configuration says otherwise, and may change that when it goes on', async () => {
    const graphs = () => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).settings.graphs;
    await call(smallTraining('--steps', '2', '--out', run, '--quiet'));
    expect(graphs()).toBe(true);
    expect((await call(['--resume', run, '--steps', '3', '--no-graphs', '--quiet'])).code).toBe(0);
    expect(graphs()).toBe(false);
    const config = join(run, 'config.json');
    run = `${run}-again`;
    expect((await call(['--config', config, '--out', run, '--quiet'])).code).toBe(0);
    expect(graphs()).toBe(false);
  });

  test('ended by a signal writes a checkpoint and exits with 130, and --resume goes on', async () => {
    const host = new FakeHost();
    host.stderr.on('line', (line: string) => {
      if (line.startsWith('step 2/')) host.signals.emit('SIGINT');
    });
    const first = await call(smallTraining('--steps', '6', '--out', run), host);
    expect(first.code).toBe(130);
    expect(first.stderr).toContain(
      'interrupted: ending this step and writing a checkpoint; once more to leave at once\n',
    );
    expect(first.stdout).toMatch(/^next {7}npx ts-node scripts\/train\.ts --resume .*run$/m);
    const [saved] = readdirSync(join(run, 'checkpoints'));
    expect(Number(saved.slice('step-'.length))).toBeLessThan(6);

    const second = await call(['--resume', run]);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain(`run        ${run}, resumed\n`);
    expect(readdirSync(join(run, 'checkpoints'))).toContain('step-000006');
    expect(new Set(steps()).size).toBe(steps().length);
    expect(steps().at(-1)).toBe(6);
  });

  test('stopped because nobody reads its output writes a checkpoint', async () => {
    const host = new FakeHost();
    host.stderr.on('line', (line: string) => {
      if (line.startsWith('step 2/')) host.stdout.emit('error', readerGone());
    });
    const { code } = await call(smallTraining('--steps', '50', '--out', run), host);
    expect(code).toBe(0);
    expect(readdirSync(join(run, 'checkpoints'))).toHaveLength(1);
    expect(readdirSync(join(run, 'checkpoints'))).not.toContain('step-000050');
  });

  test('that is complete says how to go on', async () => {
    await call(smallTraining('--steps', '2', '--out', run, '--quiet'));
    const { code, stderr } = await call(['--resume', run]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'was trained for 2 steps or more already: give --steps a larger number to go on\n',
    );
    expect((await call(['--resume', run, '--steps', '4', '--quiet'])).code).toBe(0);
    expect(steps()).toEqual([2, 4]);
  });

  test('goes on where its config.json was emptied, says so, and writes it again', async () => {
    await call(smallTraining('--steps', '2', '--out', run, '--quiet'));
    const file = join(run, 'config.json');
    const { settings } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, '');
    const { code, stderr } = await call(['--resume', run, '--steps', '4']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/config\.json: expected JSON.*; going on with the settings in .*step-000002/);
    expect(steps()).toEqual([2, 4]);
    expect(JSON.parse(readFileSync(file, 'utf8')).settings).toEqual({ ...settings, steps: 4 });
  });

  test('resumed as another recipe is refused', async () => {
    await call(smallTraining('--steps', '2', '--out', run, '--quiet'));
    const { code, stderr } = await call(['mlp', '--resume', run]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/is a run of dcgan, not of mlp/);
  });
});

test('--help and wrong calls load no LibTorch', () => {
  const script = `
    const { main } = require('./src/cli/train');
    const { addonFiles } = require('./src/native/load');
    main([process.argv[1]]).then((code) => console.error(code, addonFiles().path in require.cache));`;
  const options = { cwd: resolve(__dirname, '../..'), encoding: 'utf8', stdio: 'pipe' } as const;
  const output = execFileSync(
    'sh',
    ['-c', `"${process.execPath}" ${RUNS_TYPESCRIPT.join(' ')} -e "$0" -- --help 2>&1`, script],
    options,
  );
  expect(output).toMatch(/Usage: train .*\n0 false\n$/s);
});

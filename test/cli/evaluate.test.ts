import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors';
import { readEvaluations } from '../../src/report/evaluations';
import { classifiedDigits } from './classified-digits';
import { FakeHost } from './fakes';

const folder = classifiedDigits([16, 24, 32]);
const run = join(folder, 'run');
const MODEL = [
  '--resolution',
  '16',
  '--batch',
  '8',
  '--set',
  'width=4',
  '--set',
  'latentSize=8',
  '--device',
  'cpu',
];

beforeAll(async () => {
  const data = ['--dataset', 'mnist', '--data-dir', folder];
  const schedule = ['--steps', '4', '--checkpoint-every', '2', '--precision', 'fp32', '--out', run];
  const judging = ['--eval-every', '2', '--eval-metrics', 'fid', '--eval-count', '20'];
  const host = new FakeHost();
  const code = await train(['dcgan', ...data, ...MODEL, ...schedule, ...judging], host);
  if (code !== 0) throw new Error(host.stderr.text);
});

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const rows = () => readEvaluations(join(run, 'evaluations.jsonl'));

/** Grey images of a size, float32 in [-1, 1], in a file. */
async function imagesFile(
  name: string,
  { count = 30, side = 16, scale = 1, shift = 0, nan = -1 } = {},
): Promise<string> {
  const file = join(folder, name);
  const values = Float32Array.from(
    { length: count * side * side },
    (_, i) => shift + scale * Math.sin(i * 0.37 + (i >> 7)),
  );
  if (nan >= 0) values[nan * side * side + 5] = Number.NaN;
  const shape = [count, 1, side, side];
  await writeSafetensors(file, { images: { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) } });
  return file;
}

describe('a wrong call exits with 2 and says why in one line', () => {
  test.each<[string[], RegExp]>([
    [[], /expected either --checkpoint, a run directory, or --images: try --checkpoint runs\/NAME/],
    [['--checkpoint', 'a', '--images', 'b'], /expected either --checkpoint/],
    [['--images', 'b'], /--images needs --dataset, the real images to compare with: try --dataset mnist/],
    [['--checkpoint', 'a', '--metrics', 'fid,kidd'], /"kidd" is no metric: did you mean kid\?/],
    [['--checkpoint', 'a', '--count', '1'], /--count expects a whole number from 2/],
    [['--checkpoint', 'a', '--split', 'validation'], /--split expects train or test, but got "validation"/],
    [
      ['--chekpoint', 'a'],
      /--chekpoint is no flag of evaluate: did you mean --checkpoint\? --help lists them/,
    ],
    [
      ['--checkpoint', 'a', '--metrics', 'elbo,auroc', '--count', '5'],
      /--count is of images that are judged, but elbo shows real ones to the model: try --real-count 5/,
    ],
    [
      ['--checkpoint', 'a', '--metrics', 'ppl', '--real-count', '5'],
      /--real-count is of images to compare with, but ppl has none: try --count 5/,
    ],
    [['--checkpoint', 'a', '--metrics', 'iwae', '--features', 'f'], /--features is of .* but iwae does not/],
    [['--checkpoint', 'a', '--metrics', 'auroc', '--resize', 'bilinear'], /--resize is of .* auroc has none/],
    [
      ['--images', 'b', '--dataset', 'mnist', '--weights', 'live'],
      /--weights is of a model, but --images has none: leave one of the two out/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  test('is judged as it was in training, and adds a row', async () => {
    const [, last] = rows();
    const { code, stdout, stderr } = await call('--checkpoint', run, '--metrics', 'fid', '--count', '20');
    expect([code, stderr]).toEqual([0, expect.stringContaining('judging  20 images by the ema weights')]);
    const row = rows().at(-1);
    expect(row).toMatchObject({ step: 4, source: 'evaluate', checkpoint: 'checkpoints/step-000004' });
    expect(row?.metrics.fid).toBeCloseTo(last.metrics.fid, 4);
    expect(row?.protocol).toEqual(last.protocol);
    expect(stdout).toMatch(/^FID ↓ +\d/);
    expect(stdout).toMatch(/protocol .*features classifier-mnist.*fakeCount 20/);
  });

  test('shows rows by another protocol as not comparable, and by the same one as earlier', async () => {
    const { stdout } = await call(
      '--checkpoint',
      run,
      '--metrics',
      'kid',
      '--count',
      '24',
      '--weights',
      'live',
    );
    expect(stdout).toMatch(/earlier rows of this run are not comparable: they differ in fakeCount.*weights/);
    expect(stdout).not.toMatch(/^earlier/m);
    const again = await call(
      '--checkpoint',
      run,
      '--metrics',
      'kid',
      '--count',
      '24',
      '--weights',
      'live',
      '--seed',
      '3',
    );
    expect(again.stdout).toMatch(/^earlier {3}step 4: KID/m);
  });

  test('writes one JSON object with --json', async () => {
    const { stdout } = await call(
      '--checkpoint',
      join(run, 'best'),
      '--metrics',
      'prdc',
      '--count',
      '20',
      '--json',
      '--quiet',
    );
    const record = JSON.parse(stdout);
    expect(record).toMatchObject({ event: 'end', source: 'evaluate', checkpoint: 'best' });
    expect(Object.keys(record.metrics)).toEqual(['precision', 'recall', 'density', 'coverage']);
    expect(Object.keys(record.errors)).toEqual(['precision', 'recall', 'density', 'coverage']);
  });

  test('with too few images for a metric is an error that says the minimum, and leaves no row', async () => {
    const before = rows().length;
    const { code, stderr } = await call('--checkpoint', run, '--metrics', 'prdc', '--count', '4');
    expect(code).toBe(2);
    expect(stderr).toMatch(/prdc needs at least 6 generated and real images but there are 4 and 48/);
    expect(rows()).toHaveLength(before);
  });

  test('of a size that the real images have not needs --resize', async () => {
    const wrong = ['--checkpoint', run, '--metrics', 'fid', '--count', '20', '--resolution', '24'];
    const { code, stderr } = await call(...wrong);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /are 1×16×16, those of mnist 1×24×24: --resize bilinear would convert them \(bilinear, antialiased, to 24×24\)/,
    );
    const { code: done } = await call(...wrong, '--resize', 'bilinear');
    expect(done).toBe(0);
    expect(rows().at(-1)?.protocol.converted).toBe('bilinear, antialiased, to 24×24');
  });

  test('that is not there is an error that says where it was looked for', async () => {
    const { code, stderr } = await call('--checkpoint', join(folder, 'none'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected a run directory with a config.json but it has none/);
  });

  test('interrupted leaves no row', async () => {
    const before = readFileSync(join(run, 'evaluations.jsonl'), 'utf8');
    const host = new FakeHost();
    host.stderr.on('line', (line: string) => {
      if (line.startsWith('judging')) host.signals.emit('SIGINT');
    });
    const code = await main(['--device', 'cpu', '--checkpoint', run, '--count', '5000'], host);
    expect(code).toBe(130);
    expect(host.stdout.text).toBe('');
    expect(readFileSync(join(run, 'evaluations.jsonl'), 'utf8')).toBe(before);
  });
});

describe('images from elsewhere', () => {
  const MNIST = ['--dataset', 'mnist', '--metrics', 'fid'];
  const judge = (...argv: string[]) => call(...MNIST, '--data-dir', folder, ...argv);

  test('are judged, and leave no row anywhere', async () => {
    const before = rows().length;
    const { code, stdout } = await judge(
      '--images',
      await imagesFile('good.safetensors'),
      '--json',
      '--quiet',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).protocol).toMatchObject({ images: 'given', fakeCount: 30 });
    expect(rows()).toHaveLength(before);
  });

  test('of the data set itself are at distance 0', async () => {
    const { stdout } = await judge('--images', 'train', '--resolution', '16', '--json', '--quiet');
    expect(JSON.parse(stdout).metrics.fid).toBeLessThan(1e-9);
  });

  test('that are fewer than asked for are an error', async () => {
    const file = await imagesFile('few.safetensors', { count: 12 });
    const { code, stderr } = await judge('--images', file, '--count', '13');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--count 13, but .*few.safetensors has 12 images/),
    ]);
  });

  test('with values beyond [-1, 1] are refused', async () => {
    const { code, stderr } = await judge('--images', await imagesFile('loud.safetensors', { scale: 255 }));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/expected images in \[-1, 1\], but they reach from -25/),
    ]);
  });

  test('of which one is not a number are an error that names it', async () => {
    const { code, stderr } = await judge('--images', await imagesFile('nan.safetensors', { nan: 17 }));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/image 17 holds NaN or infinity: look at the network/),
    ]);
  });

  test('none are one line', async () => {
    const { code, stderr } = await judge('--images', await imagesFile('none.safetensors', { count: 0 }));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: .*none\.safetensors: expected at least one image, .*\[0, 1, 16, 16\]\n$/,
      ),
    ]);
  });

  test('in [0, 1] are judged with a warning, those in [-1, 1] without', async () => {
    const file = await imagesFile('positive.safetensors', { scale: 0.5, shift: 0.5 });
    const { code, stderr } = await judge('--images', file);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/none below 0, .*scale those in \[0, 1\] by 2x - 1/),
    ]);
    const usual = await judge('--images', await imagesFile('usual.safetensors'));
    expect([usual.code, usual.stderr]).toEqual([0, expect.not.stringContaining('none below 0')]);
  });

  test('beside few real ones give a FID with a warning, and without an error', async () => {
    const file = await imagesFile('enough.safetensors');
    const { code, stdout, stderr } = await judge('--images', file, '--metrics', 'fid', '--real-count', '22');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/fid of 22 real images by the 128 features of classifier-mnist is far too high/),
    ]);
    expect(stdout).toMatch(/^FID ↓ +[\d.]+$/m);
  });

  test('in a file of something else tell what it holds', async () => {
    const file = join(folder, 'other.safetensors');
    await writeSafetensors(file, { pictures: { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) } });
    const { code, stderr } = await judge('--images', file);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/expected one tensor "images" .* but it holds pictures/),
    ]);
    writeFileSync(file, 'nonsense');
    expect((await judge('--images', file)).code).toBe(1);
    expect(await readSafetensors(file).catch(() => null)).toBeNull();
  });

  test('of a labelled split are judged by their labels, the first so many as well', async () => {
    const metrics = ['--metrics', 'accuracy,intra-fid', '--json'];
    const { code, stdout, stderr } = await judge('--images', 'train', '--count', '21', ...metrics);
    expect([code, stderr]).toEqual([0, expect.stringContaining('judged images of a class')]);
    const { details, protocol } = JSON.parse(stdout);
    expect(protocol.fakeCount).toBe(21);
    expect(details.accuracyOfClass).toHaveLength(10);
    expect(details.fidOfClass).toHaveLength(10);
  });

  test('that are all of the data set are at distance 0 in each class, and copies', async () => {
    const metrics = ['--metrics', 'intra-fid,authenticity', '--json'];
    const { stdout } = await judge('--images', 'train', ...metrics);
    expect(JSON.parse(stdout).metrics.intraFid).toBeLessThan(1e-6);
    expect(JSON.parse(stdout).metrics.authenticity).toBe(0);
    const some = await judge('--images', 'train', '--count', '21', ...metrics);
    expect(JSON.parse(some.stdout).metrics.authenticity).toBe(0);
  });

  test('are not asked for copies of images that were not learned', async () => {
    const { code, stderr } = await judge('--images', 'train', '--split', 'test', '--metrics', 'authenticity');
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/copies of training images: leave --split test out/),
    ]);
  });

  test('need a data set with the split that is named', async () => {
    const { code, stderr } = await call('--images', 'test', '--dataset', `folder:${folder}`);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/has no test split/)]);
  });
});

test('a training that is judged tells so at its end, and draws its page', async () => {
  const host = new FakeHost();
  const out = join(folder, 'told');
  const data = ['--dataset', 'mnist', '--data-dir', folder, ...MODEL, '--steps', '3', '--out', out];
  const code = await train(['dcgan', ...data, '--eval-every', '2', '--eval-count', '20'], host);
  expect(code).toBe(0);
  expect(host.stdout.text).toMatch(/^FID +\d/m);
  expect(host.stdout.text).toMatch(/^best +.*told\/best$/m);
  expect(host.stdout.text).toMatch(/^report +.*report\.html$/m);
  expect(host.stdout.text).toMatch(/^speed .*, evaluation \d+(\.\d+)? % of the time$/m);
  expect(host.stderr.text).toMatch(/step 2: FID .*the best so far/);
  expect(existsSync(join(out, 'report.html'))).toBe(true);
  const resumed = new FakeHost();
  expect(await train(['--resume', out, '--steps', '4'], resumed)).toBe(0);
  expect(readEvaluations(join(out, 'evaluations.jsonl')).map(({ step }) => step)).toEqual([2, 3, 4]);
});

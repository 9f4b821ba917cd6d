// A model that fills holes: trained and judged by its commands. Its use is in apply-masks.test.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import type { Host } from '../../src/cli/host';
import { main as train } from '../../src/cli/train';
import { loadImages } from '../../src/data/sources';
import { readEvaluations } from '../../src/report/evaluations';
import { keepClassifier } from '../support/kept-classifier';
import { FakeHost } from './fakes';
import { writeClasses } from './tiny-domains';

const { XDG_CACHE_HOME: cache } = process.env;
let folder: string;
let told: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inpaint-'));
  process.env.XDG_CACHE_HOME = at('cache');
  await writeClasses(at('photos'), { train: 22, test: 6, classes: ['bird', 'cat'] });
  // An untrained classifier: what is tested is not how good it is.
  await keepClassifier(await loadImages('digits', { resolution: 32 }));
  const { code, stdout, stderr } = await call(train, ...SHORT, '--dataset', photos(), '--out', at('run'));
  if (code !== 0) throw new Error(stderr);
  told = stdout;
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

const at = (...names: string[]) => join(folder, ...names);
const photos = () => `folder:${at('photos')}`;
const SHORT = [
  ...['inpaint', '--resolution', '16', '--batch', '2', '--steps', '2', '--precision', 'fp32'],
  ...['--set', 'width=2', '--set', 'patch=16'],
  ...['--eval-every', '2', '--eval-metrics', 'l1,psnr', '--eval-count', '6'],
];

async function call(main: (argv: readonly string[], host: Host) => Promise<number>, ...argv: string[]) {
  const host = new FakeHost();
  const code = await main(['--device', 'cpu', ...argv], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const rows = () => readEvaluations(at('run', 'evaluations.jsonl'));

describe('a wrong call exits with 2 and says what to type', () => {
  test.each<[string[], string]>([
    [['inpaint', '--dataset', 'pairs:x'], 'inpaint learns from images alone'],
    [
      ['inpaint', '--set', 'masks=round'],
      '--set masks expects both, free-form or rectangle, but got "round"',
    ],
    [
      ['inpaint', '--resolution', '30'],
      '--resolution 30: inpaint makes images of sizes of at least 16 that 4 divides, with patch=70 of at least 24: try --resolution 28',
    ],
    [['inpaint', '--resolution', '16', '--set', 'patch=142'], 'try --set patch=34'],
  ])('train %j', async (argv, why) => {
    const { code, stdout, stderr } = await call(train, ...argv, '--out', at('refused'), '--batch', '2');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toContain(why);
  });

  test('evaluate refuses what is of models of latents', async () => {
    const { code, stderr } = await call(evaluate, '--checkpoint', at('run'), '--metrics', 'ppl');
    expect([code, stderr]).toEqual([2, expect.stringContaining('is of a model that takes images in')]);
  });
});

test('a training is judged on its way by holes of images that it has not learned, and says how it is used', () => {
  const [row] = rows();
  expect(Object.keys(row.metrics)).toEqual(['l1', 'l1InHole', 'psnr', 'psnrInHole']);
  expect(row.protocol).toMatchObject({
    made: 'target of input',
    split: 'test',
    masks: expect.stringContaining('(mask: rectangle of 0.25 of the area)'),
    holeShare: 0.25,
    maskSeed: 0,
  });
  // A quarter of the image is hole, and the rest is what it was.
  expect(row.metrics.l1).toBeCloseTo(row.metrics.l1InHole / 4, 6);
  expect(told).toMatch(/apply\S* --checkpoint \S+ --in photos --mask masks --out made/);
});

test('evaluate measures in the hole and over all, beside the mean colour of the rest, as the training does', async () => {
  const argv = [
    '--checkpoint',
    at('run'),
    '--metrics',
    'l1,psnr,ssim,lpips',
    '--features',
    'classifier:digits',
  ];
  const { code, stdout, stderr } = await call(evaluate, ...argv);
  expect([code, stderr]).toEqual([0, expect.stringContaining('against  what they should be')]);
  for (const name of ['L1', 'PSNR (dB)', 'SSIM', 'LPIPS'])
    for (const of of [
      '',
      ' in the hole',
      ' of the mean colour of the rest',
      ' in the hole of the mean colour of the rest',
    ])
      expect(stdout).toContain(`${name}${of} `);
  expect(stdout).toMatch(/base line .*images the input, its hole in the mean colour of the rest/);
  const [training, own, means] = rows();
  expect(own.metrics).toMatchObject(training.metrics);
  expect(own.protocol).toMatchObject({ masks: training.protocol.masks, holeShare: 0.25, maskSeed: 0 });
  expect(Object.keys(means.metrics)).toEqual(Object.keys(own.metrics).map((name) => `${name}OfMean`));
  expect(means.metrics.l1OfMean).toBeCloseTo(means.metrics.l1InHoleOfMean / 4, 6);
});

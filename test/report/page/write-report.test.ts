import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeReport } from '../../../src/report/page/write-report';
import { row, rows } from '../rows';
import { CONFIG, HOSTILE, type RunParts, trainingLines, writeRun } from './run-fixture';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'report-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NOW = new Date('2026-01-02T03:04:05Z');

async function pageOf(parts: RunParts): Promise<string> {
  return readFileSync(await writeReport(writeRun(folder, parts), { now: NOW }), 'utf8');
}

/** The charts' data in a page. */
function chartsOf(page: string): { title: string; series: { label: string; x: number[] }[] }[] {
  return JSON.parse(/id="charts">(.*?)<\/script>/s.exec(page)?.[1] ?? '[]');
}

test('the page is written whole, and nothing else is left behind', async () => {
  const page = await pageOf({ config: CONFIG, metrics: trainingLines(5) });
  expect(page).toMatch(/^<!doctype html>.*<\/html>\n$/s);
  expect(page).toContain('Written 2026-01-02 03:04 UTC');
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'metrics.jsonl', 'report.html']);
});

test('a page that cannot be written is an error that names it', async () => {
  writeRun(folder, { config: CONFIG });
  mkdirSync(join(folder, 'report.html'));
  await expect(writeReport(folder)).rejects.toMatchObject({
    code: 'ERR_CANNOT_WRITE',
    message: expect.stringContaining('report.html'),
  });
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'report.html']);
});

test('losses, verdicts and speed have a chart each, values without a group are losses', async () => {
  const page = await pageOf({ config: CONFIG, metrics: trainingLines(5) });
  expect(chartsOf(page).map(({ title, series }) => [title, series.map(({ label }) => label)])).toEqual([
    ['Losses', ['D', 'G']],
    ['What the discriminator says', ['D(real)', 'D(fake)']],
    ['Speed', ['images/s']],
  ]);
});

test('the stages of a training have a chart of their own', async () => {
  const metrics = trainingLines(5).map((line, at) => ({ ...line, stage: 1 + Math.floor(at / 2) }));
  const titles = chartsOf(await pageOf({ config: CONFIG, metrics })).map(({ title }) => title);
  expect(titles).toEqual(['Losses', 'What the discriminator says', 'Stage', 'Speed']);
});

test('a critic’s scores are no probabilities', async () => {
  const page = await pageOf({ config: CONFIG, metrics: [{ step: 1, 'D(real)': 3.5, 'D(fake)': -2 }] });
  expect(chartsOf(page).map(({ title }) => title)).toEqual(['What the critic says']);
});

test('no curve has more than 1,000 points', async () => {
  const page = await pageOf({ config: CONFIG, metrics: trainingLines(5_000) });
  for (const { series } of chartsOf(page))
    for (const { x } of series) expect([x.length <= 1_000, x.at(-1)]).toEqual([true, 50_000]);
});

test('rows of different protocols are different lines, each with its own best', async () => {
  const other = { features: 'inception', fakeCount: 50_000 };
  const foreign = [row(100, { metrics: { fid: 2 }, protocol: other })];
  const page = await pageOf({
    config: CONFIG,
    evaluations: [...rows('fid', { 100: 30, 200: 20 }), ...foreign],
  });
  const [{ series }] = chartsOf(page);
  expect(series.map(({ label, x }) => [label, x])).toEqual([
    ['Protocol A', [100, 200]],
    ['Protocol B', [100]],
  ]);
  expect(page).toContain('best 20.0 at step 200');
  expect(page).toContain('cannot be compared');
  expect(page).toMatch(/<tr class="differs"><th scope="row">fakeCount<\/th><td>2000<\/td><td>50000<\/td>/);
});

test('a base line is in the chart of what it is beside, and the summary is not of it', async () => {
  const copy = row(200, { metrics: { psnrOfCopy: 12 }, protocol: { images: 'copy of the input' } });
  const page = await pageOf({ config: CONFIG, evaluations: [...rows('psnr', { 100: 15, 200: 20 }), copy] });
  expect(chartsOf(page).map(({ title, series }) => [title, series.map(({ label }) => label)])).toEqual([
    ['PSNR (dB)', ['PSNR (dB), protocol A', 'PSNR (dB) of the copy of the input, protocol B']],
  ]);
  expect(page).toContain('Copies of the input are a base line beside them.');
  expect(page).toContain('best 20.0 at step 200');
});

test('a figure in the hole shares a chart with the mean colour of the rest, apart from that of all of the image', async () => {
  const means = row(200, { metrics: { l1OfMean: 0.2, l1InHoleOfMean: 0.8 }, protocol: { images: 'means' } });
  const own = row(200, { metrics: { l1: 0.1, l1InHole: 0.4 } });
  const page = await pageOf({ config: CONFIG, evaluations: [own, means] });
  const charts = chartsOf(page).map(({ title, series }) => [title, series.map(({ label }) => label)]);
  expect(charts).toEqual([
    ['L1', ['L1, protocol A', 'L1 of the mean colour of the rest, protocol B']],
    [
      'L1 in the hole',
      ['L1 in the hole, protocol A', 'L1 in the hole of the mean colour of the rest, protocol B'],
    ],
  ]);
  expect(page).toContain('Holes in the mean colour of the rest are a base line beside them.');
});

test('a collapse is told, with where its best weights are', async () => {
  const evaluations = rows('fid', { 4000: 10, 9000: 32 });
  expect(await pageOf({ config: CONFIG, evaluations, best: { step: 4000 } })).toContain(
    'FID is now 3.2 × its best, at step 4,000: best/ has those weights.',
  );
  rmSync(join(folder, 'best'), { recursive: true });
  expect(await pageOf({ evaluations })).toContain('FID is now 3.2 × its best, at step 4,000.<');
});

test('values that are not finite are told', async () => {
  const page = await pageOf({
    config: CONFIG,
    metrics: [
      { step: 1, D: 1 },
      { step: 2, D: null },
    ],
  });
  expect(page).toContain('D has 1 value that is not finite (NaN or infinity)');
});

test('a run that is not finished can be resumed, a finished one be trained on', async () => {
  expect(await pageOf({ config: CONFIG, metrics: trainingLines(3) })).toContain(`train --resume ${folder}<`);
  const settings = { ...CONFIG.settings, steps: 30 };
  const page = await pageOf({ config: { ...CONFIG, settings } });
  expect(page).toContain(`train --resume ${folder} --steps 60<`);
});

test('only what the model and the run are for is offered', async () => {
  const { latentShape: _, ...images } = CONFIG;
  const settings = { ...CONFIG.settings, steps: 30 };
  const done = { ...images, settings, fixedLength: 'its stages share the steps' };
  const apply = await pageOf({ config: done, metrics: trainingLines(3) });
  expect(apply).toContain(`apply --checkpoint ${folder} --in photos --out made<`);
  expect(apply).not.toMatch(/<code>npx \S+ (train|sample)/);
  const holes = { name: 'digits', specs: { images: { channels: 1 }, mask: { channels: 1 } } };
  expect(await pageOf({ config: { ...images, dataset: holes } })).toContain('--mask masks --out made<');
  // As a script leaves it.
  const script = await pageOf({ config: { ...CONFIG, settings: {} } });
  expect(script).toContain(`sample --checkpoint ${folder}`);
  expect(script).not.toContain('--resume');
});

test('images seen and time are those of all batches of a step', async () => {
  const page = await pageOf({ config: CONFIG, metrics: trainingLines(5) });
  expect(page).toContain('<dt>Images seen</dt><dd>4,000</dd>');
  expect(page).toContain('<dt>Time in steps</dt><dd>4 s</dd>');
  expect(page).not.toContain('imagesSeen');
});

test('the commands are those of the caller, and paths are quoted for a shell', async () => {
  const odd = join(folder, "it's; a run");
  mkdirSync(odd);
  writeRun(odd, { config: CONFIG });
  const [own, given] = [{}, { commandLine: (command: string) => `do ${command}` }];
  expect(readFileSync(await writeReport(odd, own), 'utf8')).toContain('&#39;\\&#39;&#39;s; a run&#39;');
  expect(readFileSync(await writeReport(odd, given), 'utf8')).toContain('<code>do train</code>');
});

test('text of the run never becomes markup', async () => {
  const page = await pageOf({
    config: { ...CONFIG, device: HOSTILE, [HOSTILE]: HOSTILE, topology: { [HOSTILE]: HOSTILE } },
    metrics: [{ step: 1, [HOSTILE]: 1, [`${HOSTILE}/x`]: 2 }],
    evaluations: [
      row(1, {
        time: HOSTILE,
        metrics: { [HOSTILE]: 1 },
        protocol: { [HOSTILE]: HOSTILE, features: HOSTILE },
      }),
    ],
  });
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script/g)).toHaveLength(2);
  expect(page).not.toContain('<img src=x');
  expect(page).toContain('&lt;/script&gt;&lt;script&gt;');
});

test('the configuration is all there, nested and with readable numbers', async () => {
  const config = { ...CONFIG, passMs: { fp32: 21.745836999999938 }, seed: 123_456_789_012 };
  const page = await pageOf({ config });
  const rows = [...page.matchAll(/<tr><th scope="row">([^<]*)<\/th><td>([^<]*)<\/td>/g)].map(
    ([, name, value]) => [name, value],
  );
  expect(rows).toEqual(
    expect.arrayContaining([
      ['latentSize', '64'],
      ['deterministic', 'no'],
      ['latentShape', '64, 1, 1'],
      ['fp32', '21.7458'],
      ['seed', '123456789012'],
    ]),
  );
  expect(page).toContain('<summary>Generator</summary><pre>Sequential(');
});

test('the page asks for nothing from anywhere', async () => {
  const page = await pageOf({
    config: CONFIG,
    metrics: trainingLines(60),
    samples: [10],
    pictures: ['real'],
  });
  expect(page.match(/https?:|url\(|import\b/g)).toBeNull();
  expect(page.match(/(?:src|href)="(?!data:)/g)).toBeNull();
  expect(page).toContain(`content="default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-`);
});

test('the page’s script is what its sources say', () => {
  const script = join(__dirname, '..', '..', '..', 'scripts', 'generate-page-script.js');
  expect(spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

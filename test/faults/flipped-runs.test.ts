// Every file of a run that is read back, with a bit flipped, cut off or longer than it was.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classNamesOf } from '../../src/cli/class-names';
import { readConfigFile } from '../../src/cli/config-file';
import { resumeSettings } from '../../src/cli/resume';
import { encodePng } from '../../src/io/png';
import { recipes } from '../../src/recipes';
import { readEvaluations } from '../../src/report/evaluations';
import { appendEvaluation } from '../../src/report/evaluations-log';
import { MetricsLog } from '../../src/report/metrics-log';
import { readMetrics } from '../../src/report/page/read-metrics';
import { readRun } from '../../src/report/page/read-run';
import { writeReport } from '../../src/report/page/write-report';
import { openCheckpoint, readCheckpoint } from '../../src/training/checkpoint';
import { loadModel } from '../../src/training/load';
import { latestCheckpoint } from '../../src/training/run-directory';
import { Trainer } from '../../src/training/trainer';
import { row } from '../report/rows';
import { tinyExtractor } from '../support/extractor';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, tinyDataset, tinyLoader } from '../support/training';
import { type Damage, eachDamage, type Outcome, refused, sameOrRefused } from './damage';

const folder = mkdtempSync(join(tmpdir(), 'flipped-run-'));
const run = join(folder, 'run');
const newest = join(run, 'checkpoints', 'step-000006');
const FILES = [
  'ema/generator.safetensors',
  'manifest.json',
  'networks/discriminator.safetensors',
  'networks/generator.safetensors',
  'optimizers/D.safetensors',
  'optimizers/G.safetensors',
  'state.safetensors',
];
const SET = { width: '4', latentSize: '8', emaImages: '100' };

async function train(out: string, steps: number, resume = false) {
  const trainer = new Trainer({ ...buildModel(recipes.dcgan, { set: SET }), device: testDevice, seed: 5 });
  const loader = tinyLoader();
  const features = tinyExtractor();
  const evaluation = { real: tinyDataset(), features, every: 3, count: 16 };
  const set = Object.fromEntries(Object.entries(SET).map(([key, value]) => [key, Number(value)]));
  const settings = { recipe: 'dcgan', dataset: 'digits', resolution: 16, channels: 1, batch: 8, steps, set };
  try {
    return await reportsOf(
      trainer.fit(loader, { steps, out, resume, settings, evaluation, checkpointEvery: 3, logEvery: 1 }),
    );
  } finally {
    features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  await train(run, 6);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the run has the files that are damaged here, and no others that are read', () => {
  expect(Object.keys(filesOf(newest))).toEqual(FILES);
  expect(Object.keys(filesOf(join(run, 'best')))).toEqual(FILES);
});

test.each(FILES)('%s of a checkpoint: refused, and the run goes on from the one before', async (name) => {
  const before = await latestCheckpoint(run);
  const outcomes = await eachDamage(join(newest, name), { flips: 34 }, async () => {
    const outcome = await sameOrRefused(
      () => readCheckpoint(newest),
      before.files,
      name.replace(/^.*\//, ''),
    );
    const { path, description, files, damaged } = await latestCheckpoint(run);
    if (outcome === 'harmless') {
      expect({ path, description, files, damaged }).toEqual(before);
      return outcome;
    }
    expect(path).toBe(join(run, 'checkpoints', 'step-000003'));
    expect(damaged).toEqual([expect.stringContaining(newest)]);
    return outcome;
  });
  expect(outcomes.refused).toBeGreaterThan(30);
});

test.each(['ema/generator.safetensors', 'manifest.json'])(
  '%s of best/: refused in one line, or the same model',
  async (name) => {
    const load = async () => {
      const model = await loadModel(join(run, 'best'), { recipes, device: testDevice });
      const images = model.run({ count: 2, seed: 1 });
      const made = Array.from(images.toTypedArray(), Number);
      images.dispose();
      model.dispose();
      return made;
    };
    const whole = await load();
    const outcomes = await eachDamage(join(run, 'best', name), { flips: 24, seed: 1 }, () =>
      sameOrRefused(load, whole, name.replace(/^.*\//, '')),
    );
    expect(outcomes.refused).toBeGreaterThan(20);
  },
);

describe('config.json', () => {
  const file = join(run, 'config.json');
  const given = { flags: {}, set: {}, env: {} };

  test('a resume has the settings of the whole one, from it or from the newest checkpoint with a note', async () => {
    const whole = resumeSettings(recipes, run, given);
    const outcomes = await eachDamage(file, { flips: 160 }, () => {
      const { settings, recipe, changes, notes } = resumeSettings(recipes, run, given);
      expect({ settings, recipe, changes }).toEqual({
        settings: whole.settings,
        recipe: whole.recipe,
        changes: whole.changes,
      });
      if (notes === undefined || notes.length === 0) return 'harmless';
      expect(notes).toEqual([
        expect.stringMatching(/config\.json.*going on with the settings in .*step-000006/),
      ]);
      return 'rebuilt';
    });
    expect(outcomes.rebuilt).toBeGreaterThan(100);
  });

  test('as --config: refused, or the same', async () => {
    const whole = readConfigFile(file);
    const outcomes = await eachDamage(file, { flips: 60, seed: 1 }, () =>
      sameOrRefused(() => readConfigFile(file), whole, 'config.json'),
    );
    expect(outcomes.refused).toBeGreaterThan(40);
  });

  test('as what --help and the page show: always something, and no error', async () => {
    await eachDamage(file, { flips: 30, seed: 2 }, async () => {
      expect(Array.isArray(classNamesOf(run))).toBe(true);
      const { config, notes } = await readRun(run);
      expect(notes).toHaveLength(Object.keys(config).length > 0 ? 0 : 1);
      return notes.length === 0 ? 'harmless' : 'rebuilt';
    });
  });
});

/** A log is only shown: of its rows those that are not damaged are all there. */
function othersStand(rows: readonly unknown[], whole: readonly unknown[]): Outcome {
  const texts = new Set(rows.map((each) => JSON.stringify(each)));
  const missing = whole.filter((each) => !texts.has(JSON.stringify(each)));
  expect(missing.length).toBeLessThanOrEqual(2);
  return missing.length === 0 ? 'harmless' : 'rebuilt';
}

const isCut = ({ what }: Damage) => what.startsWith('cut off');

test('metrics.jsonl: a resume loses the damaged row at most, and the page shows the rest', async () => {
  const file = join(run, 'metrics.jsonl');
  const linesOf = (text: string) => text.split('\n').filter(Boolean);
  const whole = linesOf(readFileSync(file, 'utf8'));
  expect(whole).toHaveLength(6);
  await eachDamage(file, { flips: 100 }, (damage) => {
    const { curves } = readMetrics(file);
    new MetricsLog(file, { after: 6 }).close();
    const kept = linesOf(readFileSync(file, 'utf8'));
    for (const line of kept) expect(JSON.parse(line)).toMatchObject({ step: expect.any(Number) });
    if (isCut(damage)) return 'rebuilt';
    expect(curves.get('D')?.x.length ?? 0).toBeGreaterThanOrEqual(4);
    return othersStand(kept, whole);
  });
});

describe('evaluations.jsonl', () => {
  const file = join(run, 'evaluations.jsonl');

  test('a row is the one that was written, or left out with a note', async () => {
    for (const step of [3, 6, 9])
      await appendEvaluation(
        file,
        row(step, { source: 'evaluate', metrics: { fid: step }, errors: { fid: 0.5 } }),
      );
    const whole = readEvaluations(file);
    expect(whole).toHaveLength(5);
    const texts = new Set(whole.map((each) => JSON.stringify(each)));
    await eachDamage(file, { flips: 160 }, (damage) => {
      const notes: string[] = [];
      const rows = readEvaluations(file, (note) => notes.push(note));
      for (const each of rows) expect(texts).toContain(JSON.stringify(each));
      if (!isCut(damage)) expect(rows.length).toBeGreaterThanOrEqual(3);
      if (rows.length === whole.length) return 'harmless';
      if (!isCut(damage))
        expect(notes).toEqual([expect.stringMatching(/evaluations\.jsonl: \d lines? (is|are) damaged/)]);
      return 'rebuilt';
    });
  });
});

test('pictures and neighbours.json: the page is written in any case', async () => {
  const png = encodePng({ width: 8, height: 8, channels: 1, pixels: new Uint8Array(64).fill(7) });
  const picture = join(run, 'samples', 'step-000004.png');
  writeFileSync(picture, png);
  const neighbours = join(run, 'evaluation', 'neighbours.json');
  writeFileSync(neighbours, '{"k":2,"samples":[{"distance":[1,2],"index":[7,8]}],"realMedian":3}');
  for (const file of [picture, neighbours])
    await eachDamage(file, { flips: 30 }, async () => {
      await writeReport(run, {});
      return 'harmless' as const;
    });
});

test('a training goes on from a run with a damaged file, to the bytes of one that was not damaged', async () => {
  const { cpSync } = jest.requireActual<typeof import('node:fs')>('node:fs');
  const [twin, hurt] = [join(folder, 'twin'), join(folder, 'hurt')];
  cpSync(run, twin, { recursive: true });
  await train(twin, 9, true);
  const last = filesOf(join(twin, 'checkpoints', 'step-000009'));
  for (const [i, name] of FILES.entries()) {
    rmSync(hurt, { recursive: true, force: true });
    cpSync(run, hurt, { recursive: true });
    const file = join(hurt, 'checkpoints', 'step-000006', name);
    const bytes = readFileSync(file);
    bytes[Math.floor((bytes.length * (i + 1)) / 9)] ^= 1 << i;
    writeFileSync(file, bytes);
    const reports = await train(hurt, 9, true);
    expect(reports[0].notes).toEqual([expect.stringMatching(/step-000006.*going on from .*step-000003/)]);
    expect(filesOf(join(hurt, 'checkpoints', 'step-000009'))).toEqual(last);
  }
  await expect(openCheckpoint(join(twin, 'checkpoints', 'step-000009'))).resolves.toMatchObject({
    description: { step: 9 },
  });
  refused(await train(folder, 9, true).catch((error) => error), folder);
});

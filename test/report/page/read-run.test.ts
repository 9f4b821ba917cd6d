import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSamples } from '../../../src/report/page/pictures';
import { readMetrics } from '../../../src/report/page/read-metrics';
import { readRun } from '../../../src/report/page/read-run';
import { row } from '../rows';
import { CONFIG, noisePng, writeRun } from './run-fixture';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder that holds no run is refused', async () => {
  await expect(readRun(folder)).rejects.toMatchObject({
    code: 'ERR_NO_RUN',
    message: expect.stringContaining('config.json'),
  });
});

test('a run that has just begun has nothing but its configuration', async () => {
  const run = await readRun(writeRun(folder, { config: CONFIG }));
  expect(run).toMatchObject({ config: CONFIG, evaluations: [], samples: { grids: [], count: 0 }, notes: [] });
  expect(run.metrics.curves.size).toBe(0);
});

test('everything that a run has is read', async () => {
  const run = await readRun(
    writeRun(folder, {
      config: CONFIG,
      metrics: [{ step: 10, D: 1 }],
      evaluations: [row(10, { metrics: { fid: 3 } })],
      samples: [10, 20],
      pictures: ['real', 'fake', 'neighbours'],
      neighbours: { k: 2, samples: [{ distance: [1, 2], index: [7, 8] }], realMedian: 3 },
      best: { step: 10 },
    }),
  );
  expect(Object.keys(run.pictures)).toEqual(['real', 'fake', 'neighbours']);
  expect(run.pictures.real).toMatchObject({ width: 40, height: 40 });
  expect(run.samples.grids.map(({ step }) => step)).toEqual([10, 20]);
  expect(run.samples.grids[1].source).toBe(
    `data:image/png;base64,${Buffer.from(noisePng(20)).toString('base64')}`,
  );
  expect(run).toMatchObject({ bestStep: 10, neighbours: { realMedian: 3 }, evaluations: [{ step: 10 }] });
});

test('files that are damaged, half-written or of something else are as if they were not there', async () => {
  writeRun(folder, { metrics: ['{"step":1,"D":'], evaluations: ['[]\n'], samples: [10, 20] });
  writeFileSync(join(folder, 'config.json'), '{"settings":');
  writeFileSync(join(folder, 'samples', 'step-000020.png'), noisePng(20).subarray(0, 500));
  writeFileSync(join(folder, 'samples', 'step-000030.png'), 'hello');
  writeFileSync(join(folder, 'samples', 'notes.txt'), 'hello');
  mkdirSync(join(folder, 'samples', 'step-000040.png'));
  spawnSync('mkfifo', [join(folder, 'samples', 'step-000050.png')]);
  mkdirSync(join(folder, 'evaluation'));
  writeFileSync(join(folder, 'evaluation', 'neighbours.json'), '{"k":5,"samples":[{}],"realMedian":null}');
  const run = await readRun(folder);
  expect(run.samples).toMatchObject({ count: 1, grids: [{ step: 10 }] });
  expect(run.neighbours).toBeUndefined();
  expect(run.notes).toEqual([
    expect.stringMatching(/configuration could not be read: .*config\.json/),
    expect.stringMatching(/evaluations\.jsonl: 1 line is damaged or cut off, and left out\.$/),
  ]);
});

describe('readMetrics', () => {
  function read(text: string) {
    const file = join(folder, 'metrics.jsonl');
    writeFileSync(file, text);
    return readMetrics(file);
  }

  test('every name has its own curve; what is not finite is a gap, and counted', () => {
    const { curves, notFinite, lastStep } = read(
      '{"step":10,"D":1}\n{"step":20,"D":null,"G":2}\n{"step":30,"D":1e999,"G":3,"text":"x"}\n',
    );
    expect(Object.fromEntries(curves)).toEqual({
      D: { x: [10, 20, 30], y: [1, null, null] },
      G: { x: [20, 30], y: [2, 3] },
    });
    expect([...notFinite]).toEqual([['D', 2]]);
    expect(lastStep).toBe(30);
  });

  test('a step that comes again counts as it came last, wherever it stands', () => {
    const { curves } = read('{"step":20,"D":1}\n{"step":10,"D":2}\n{"step":20,"D":3}\n');
    expect(curves.get('D')).toEqual({ x: [10, 20], y: [2, 3] });
  });

  test('a name that every object has is a name like others', () => {
    const { curves } = read('{"step":1,"__proto__":4,"constructor":5,"D":1}\n{"step":2,"D":1}\n');
    expect([...curves.keys()].sort()).toEqual(['D', '__proto__', 'constructor']);
  });
});

describe('sample grids', () => {
  const steps = Array.from({ length: 21 }, (_, at) => (at + 1) * 100);

  test('that are too large together are thinned evenly, the first and the last are kept', async () => {
    writeRun(folder, { samples: steps });
    const { grids, count } = await readSamples(join(folder, 'samples'), 11 * noisePng(1).length + 200);
    expect(count).toBe(21);
    expect(grids.map(({ step }) => step)).toEqual([
      100, 300, 500, 700, 900, 1100, 1300, 1500, 1700, 1900, 2100,
    ]);
  });

  test('are never fewer than the first and the last', async () => {
    writeRun(folder, { samples: steps });
    const { grids } = await readSamples(join(folder, 'samples'), 10);
    expect(grids.map(({ step }) => step)).toEqual([100, 2_100]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipes } from '../../src/recipes';
import { readEvaluations } from '../../src/report/evaluations';
import { openCheckpoint } from '../../src/training/checkpoint';
import { loadModel } from '../../src/training/load';
import { tinyExtractor } from '../support/extractor';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { type JudgedRun, trainJudged } from '../support/judged-training';
import { filesOf, temporaryFolder } from '../support/training';

const folder = temporaryFolder();
const cache = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
});

const train = (name: string, run: JudgedRun) => trainJudged(join(folder.path, name), run);
const rowsOf = (name: string) => readEvaluations(join(folder.path, name, 'evaluations.jsonl'));

describe('evaluations on the way', () => {
  test('leave every checkpoint as it is without them, byte for byte', async () => {
    await train('without', {});
    await train('with', { evaluation: { metrics: ['fid', 'kid', 'is', 'prdc', 'diversity'] } });
    for (const step of ['step-000002', 'step-000004', 'step-000006'])
      expect(filesOf(join(folder.path, 'with', 'checkpoints', step))).toEqual(
        filesOf(join(folder.path, 'without', 'checkpoints', step)),
      );
    expect(rowsOf('with').map(({ step }) => step)).toEqual([2, 4, 6]);
    expect(existsSync(join(folder.path, 'without', 'evaluations.jsonl'))).toBe(false);
  });

  test('come with the reports, each once, and say how they were measured', async () => {
    const reports = await train('reports', { steps: 5, evaluation: { metrics: ['fid', 'prdc'] } });
    expect(reports.flatMap(({ step, evaluation }) => (evaluation ? [step] : []))).toEqual([2, 4, 5]);
    const [row] = rowsOf('reports');
    expect(Object.keys(row.metrics)).toEqual(['fid', 'precision', 'recall', 'density', 'coverage']);
    expect(row).toMatchObject({
      source: 'training',
      checkpoint: 'checkpoints/step-000002',
      protocol: {
        features: 'tiny',
        featuresSha256: 'ab'.repeat(32),
        resize: 'bilinear, antialiased, to 4×4',
        real: 'tiny',
        realCount: 96,
        fakeCount: 40,
        seed: 0,
        weights: 'ema',
        batchNorm: 'running statistics',
        truncation: 'none',
        precision: 'fp32',
      },
    });
  });

  test('say what is doubtful of them once, not with each', async () => {
    const notes: string[] = [];
    await train('doubtful', {
      evaluation: { metrics: ['fid'], count: 4, onNote: (note) => notes.push(note) },
    });
    expect(rowsOf('doubtful')).toHaveLength(3);
    expect(notes).toEqual([expect.stringContaining('fid of 4 judged images')]);
  });

  test('keep the best weights', async () => {
    const reports = await train('best', { evaluation: { metrics: ['fid'] } });
    const rows = rowsOf('best');
    const best = rows.reduce((a, b) => (b.metrics.fid < a.metrics.fid ? b : a));
    const kept = await openCheckpoint(join(folder.path, 'best', 'best'));
    expect(kept.description.step).toBe(best.step);
    expect(reports.at(-1)?.evaluation?.best).toMatchObject({ step: best.step, value: best.metrics.fid });
    expect(filesOf(kept.path)).toEqual(
      filesOf(join(folder.path, 'best', 'checkpoints', `step-${String(best.step).padStart(6, '0')}`)),
    );
    const loaded = await loadModel(kept.path, { device: testDevice, recipes });
    expect(loaded.step).toBe(best.step);
    loaded.dispose();
  });

  test('of a resumed run go on from where it resumes', async () => {
    const whole = { evaluation: { metrics: ['fid', 'kid'] } } as const;
    await train('whole', { steps: 8, ...whole });
    await train('parts', { steps: 4, ...whole });
    await train('parts', { steps: 8, resume: true, ...whole });
    const numbers = (name: string) =>
      rowsOf(name).map(({ step, metrics, errors }) => ({ step, metrics, errors }));
    expect(numbers('parts')).toEqual(numbers('whole'));
    expect(filesOf(join(folder.path, 'parts', 'best'))).toEqual(filesOf(join(folder.path, 'whole', 'best')));
  });

  test.each([8, 4])(
    'that was due when a run was killed after its checkpoint is made at the resume, here up to step %i',
    async (steps) => {
      const evaluation = { metrics: ['fid', 'kid'], every: 4 } as const;
      await train('whole', { steps, evaluation });
      await train('cut', { steps: 4 });
      const reports = await train('cut', { steps, resume: true, evaluation });
      const numbers = (name: string) =>
        rowsOf(name).map(({ step, checkpoint, metrics, errors }) => ({ step, checkpoint, metrics, errors }));
      expect(numbers('cut')).toEqual(numbers('whole'));
      for (const part of ['best', join('checkpoints', `step-00000${steps}`)])
        expect(filesOf(join(folder.path, 'cut', part))).toEqual(filesOf(join(folder.path, 'whole', part)));
      expect(reports.flatMap((report) => report.notes)).toEqual([
        'step 4 was not judged when the run ended: it is judged now',
      ]);
      expect(reports.flatMap((report) => report.evaluation?.row.step ?? [])).toEqual(
        steps === 8 ? [4, 8] : [4],
      );
      const again = await train('cut', { steps, resume: true, evaluation });
      expect([again, rowsOf('cut').length]).toEqual([[], steps / 4]);
    },
  );

  test('write pictures and the page', async () => {
    await train('pictures', { steps: 2, evaluation: { metrics: ['fid'] } });
    for (const name of ['real.png', 'fake.png', 'neighbours.png', 'neighbours.json'])
      expect(existsSync(join(folder.path, 'pictures', 'evaluation', name))).toBe(true);
    const { k, samples, realMedian } = JSON.parse(
      readFileSync(join(folder.path, 'pictures', 'evaluation', 'neighbours.json'), 'utf8'),
    );
    expect(samples).toHaveLength(10);
    expect(samples[0].index).toHaveLength(k);
    expect(samples[0].distance).toEqual([...samples[0].distance].sort((a, b) => a - b));
    expect(realMedian).toBeGreaterThanOrEqual(0);
    expect(readFileSync(join(folder.path, 'pictures', 'report.html'), 'utf8')).toContain('FID');
  });

  test('find the statistics of real images again', async () => {
    let passes = 0;
    const features = tinyExtractor();
    const counting = {
      ...features,
      extract: (images: Parameters<typeof features.extract>[0]) => {
        passes += images.shape[0];
        return features.extract(images);
      },
    };
    await train('first', { steps: 2, evaluation: { metrics: ['fid'] }, features: counting });
    expect(passes).toBe(96 + 40);
    const again = tinyExtractor();
    passes = 0;
    await train('second', {
      steps: 2,
      evaluation: { metrics: ['fid'] },
      features: {
        ...again,
        extract: (images) => {
          passes += images.shape[0];
          return again.extract(images);
        },
      },
    });
    expect(passes).toBe(40);
    expect(rowsOf('second')[0].metrics).toEqual(rowsOf('first')[0].metrics);
  });

  test('refuse what cannot be measured before the first step', async () => {
    await expect(train('a', { evaluation: { metrics: ['fid'], bestBy: 'kid' } })).rejects.toEqual(
      usage('expected one of fid, but got kid'),
    );
    await expect(train('b', { evaluation: { metrics: ['is'], count: 5 } })).rejects.toEqual(
      usage('is needs at least 10 generated and real images but there are 5'),
    );
    await expect(
      train('c', { evaluation: { metrics: ['is'] }, features: { ...tinyExtractor(), classes: 0 } }),
    ).rejects.toEqual(usage('is needs a feature network with classes but tiny has none'));
  });

  test('of a generator that makes NaN name the image, and leave no row', async () => {
    const features = tinyExtractor();
    const broken = {
      ...features,
      extract: (images: Parameters<typeof features.extract>[0]) => {
        const { features: values, logits } = features.extract(images);
        return { features: images.shape[0] === 40 ? values.log() : values, logits };
      },
    };
    await expect(train('nan', { evaluation: { metrics: ['fid'] }, features: broken })).rejects.toEqual(
      failure('ERR_BAD_FEATURES', 'NaN'),
    );
    expect(rowsOf('nan')).toEqual([]);
  });
});

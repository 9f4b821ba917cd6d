import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvaluationRow, readEvaluations } from '../../src/report/evaluations';
import { settleBest } from '../../src/training/best-weights';
import { openCheckpoint } from '../../src/training/checkpoint';
import type { EvaluationOptions } from '../../src/training/evaluation-options';
import { trainJudged } from '../support/judged-training';
import { filesOf } from '../support/training';

const folder = mkdtempSync(join(tmpdir(), 'libtorch-gan-'));
const at = (...path: string[]) => join(folder, ...path);
const cache = process.env.XDG_CACHE_HOME;
beforeAll(async () => {
  process.env.XDG_CACHE_HOME = at('cache');
  await trainJudged(at('made'), { keep: 0, evaluation: { metrics: ['fid'] } });
});
afterAll(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true });
});

const stepOfBest = async (run: string) => (await openCheckpoint(at(run, 'best'))).description.step;
const rowsOf = (run: string) => readEvaluations(at(run, 'evaluations.jsonl'));

/** A copy of the run, whose rows have these FIDs at steps 2, 4 and 6. */
async function runWith(name: string, fids: readonly number[]): Promise<EvaluationRow[]> {
  await cp(at('made'), at(name), { recursive: true });
  return rowsOf(name).map((row, index) => ({ ...row, metrics: { fid: fids[index] } }));
}

const settled = (name: string, rows: readonly EvaluationRow[], step = 6) =>
  settleBest(at(name), { rows, bestBy: 'fid', step });

describe('best/ of a run that goes on', () => {
  test('stays where it is that of the best row', async () => {
    const step = await stepOfBest('made');
    const rows = await runWith(
      'right',
      [2, 4, 6].map((one) => (one === step ? 1 : 2)),
    );
    expect(await settled('right', rows)).toEqual({ rows, notes: [] });
  });

  test('is made of the checkpoint of the best row, where it is another’s', async () => {
    const other = (await stepOfBest('made')) === 2 ? 4 : 2;
    const rows = await runWith('other', other === 2 ? [1, 3, 2] : [3, 1, 2]);
    const checkpoint = at('other', 'checkpoints', `step-00000${other}`);
    expect(await settled('other', rows)).toEqual({
      rows,
      notes: [`${at('other', 'best')} has the weights of step ${other} now, of ${checkpoint}`],
    });
    expect(filesOf(at('other', 'best'))).toEqual(filesOf(checkpoint));
    expect(existsSync(at('other', 'set-aside'))).toBe(false);
  });

  test('goes before no weights that are nowhere else', async () => {
    const held = await stepOfBest('made');
    const other = held === 2 ? 4 : 2;
    const rows = await runWith('unique', other === 2 ? [1, 3, 2] : [3, 1, 2]);
    rmSync(at('unique', 'checkpoints', `step-00000${held}`), { recursive: true });
    const { notes } = await settled('unique', rows);
    expect(notes[0]).toContain(`what was best by another measure, of step ${held}, was set aside in `);
    expect(filesOf(at('unique', 'set-aside', `best-step-00000${held}`))).toEqual(filesOf(at('made', 'best')));
    expect(await stepOfBest('unique')).toBe(other);
  });

  test('is of the best row whose weights are there, and whole', async () => {
    const rows = await runWith('lost', [1, 3, 2]);
    for (const gone of ['best', join('checkpoints', 'step-000002')])
      rmSync(at('lost', gone), { recursive: true });
    truncateSync(at('lost', 'checkpoints', 'step-000006', 'state.safetensors'), 9);
    const { rows: competing, notes } = await settled('lost', rows);
    expect(notes[0]).toBe('the weights of step 2, the best by FID so far, are no longer there');
    expect(competing.map(({ step }) => step)).toEqual([4]);
    expect(await stepOfBest('lost')).toBe(4);
  });

  test('that cannot be read is set aside, and not written over', async () => {
    const best = await stepOfBest('made');
    const rows = await runWith(
      'damaged',
      [2, 4, 6].map((one) => (one === best ? 1 : 2)),
    );
    truncateSync(at('damaged', 'best', 'manifest.json'), 9);
    const damaged = filesOf(at('damaged', 'best'));
    const { rows: competing, notes } = await settled('damaged', rows);
    const aside = at('damaged', 'set-aside', 'best-damaged');
    expect(notes[0]).toContain(`${at('damaged', 'best')} was set aside in ${aside}: `);
    expect(filesOf(aside)).toEqual(damaged);
    expect(competing).toEqual(rows);
    expect(await stepOfBest('damaged')).toBe(best);
    expect((await settled('damaged', rows)).notes).toEqual([]);
  });

  test('begins anew where none are there', async () => {
    const rows = await runWith('none', [1, 3, 2]);
    for (const gone of ['best', 'checkpoints']) rmSync(at('none', gone), { recursive: true });
    expect((await settled('none', rows)).rows).toEqual([]);
    expect(existsSync(at('none', 'best'))).toBe(false);
  });

  test('of a step that a training which died comes to again is left alone', async () => {
    const held = await stepOfBest('made');
    const rows = (await runWith('later', [3, 3, 3])).filter(({ step }) => step < held);
    expect(await settled('later', rows, held - 1)).toEqual({ rows, notes: [] });
    expect(await settled('later', rows, held)).toEqual({ rows, notes: [] });
  });

  test.each<[string, Partial<EvaluationOptions>]>([
    ['of fewer images', { metrics: ['fid'], count: 30 }],
    ['another number', { metrics: ['kid'] }],
  ])('measured otherwise is set aside for the first of the new measure, here %s', async (_, evaluation) => {
    rmSync(at('measure'), { recursive: true, force: true });
    await cp(at('made'), at('measure'), { recursive: true });
    const reports = await trainJudged(at('measure'), {
      steps: 8,
      resume: true,
      keep: 0,
      evaluation,
    });
    const [aside] = readdirSync(at('measure', 'set-aside'));
    expect(filesOf(at('measure', 'set-aside', aside))).toEqual(filesOf(at('made', 'best')));
    expect(await stepOfBest('measure')).toBe(8);
    expect(reports.flatMap(({ notes }) => notes)).toContainEqual(
      expect.stringContaining('was best by another measure'),
    );
  });

  test('is set aside where the log of evaluations is lost', async () => {
    await cp(at('made'), at('unlogged'), { recursive: true });
    const second = at('unlogged', 'checkpoints', 'step-000002');
    for (const gone of ['evaluations.jsonl', 'best']) rmSync(at('unlogged', gone), { recursive: true });
    await cp(second, at('unlogged', 'best'), { recursive: true });
    await trainJudged(at('unlogged'), {
      steps: 8,
      resume: true,
      keep: 0,
      evaluation: { metrics: ['fid'] },
    });
    expect(filesOf(at('unlogged', 'set-aside', 'best-step-000002'))).toEqual(filesOf(second));
    expect(await stepOfBest('unlogged')).toBeGreaterThan(4);
  });

  test('of a run that goes on from before it has weights of then', async () => {
    await cp(at('made'), at('back'), { recursive: true });
    await trainJudged(at('back'), {
      steps: 4,
      resume: true,
      resumeStep: 2,
      keep: 0,
      evaluation: { metrics: ['fid'] },
    });
    const [first, second] = rowsOf('back');
    expect(await stepOfBest('back')).toBe(first.metrics.fid <= second.metrics.fid ? 2 : 4);
  });
});

import { join } from 'node:path';
import { UsageError } from '../errors';
import type { Evaluation } from '../metrics/evaluate';
import { metricParts } from '../metrics/names';
import { load } from '../recipes/index';
import { type EvaluationRow, readEvaluations } from '../report/evaluations';
import { appendEvaluation } from '../report/evaluations-log';
import { writeReport } from '../report/page/write-report';
import { toldOnce } from '../report/told-once';
import { boundThreads, resolveDevice } from '../tensor/device';
import { commandLine } from './command-line';
import { judgeAutoencoder } from './evaluate-autoencoder';
import { judgeByFeatures } from './evaluate-features';
import { judgePairs } from './evaluate-pairs';
import { judgeScores } from './evaluate-scores';
import { type AskedSettings, checkUses } from './evaluate-settings';
import type { EvaluationJob } from './evaluation-job';
import { evaluationLines } from './evaluation-view';
import { type InterruptibleWork, untilInterrupted } from './interrupt';
import type { JudgedImages, Origin } from './judged';
import { judgeLatents, openImages } from './judged-images';
import { judgedByScores, judgeNormality } from './judged-normality';
import { judgeTranslation } from './judged-translation';
import { resolutionOf } from './resolution';
import type { CommandContext } from './terminal';

/**
 * Opens the images, the real ones and the feature network, judges, and leaves a row in the run directory: one for each protocol, where
 * metrics of different things are asked for.
 *
 * @returns the exit code: 0, or 129, 130 or 143 when a signal ended it, and then nothing is left of what was not judged yet
 */
export async function runEvaluation(asked: AskedSettings, context: CommandContext): Promise<number> {
  return untilInterrupted(context, 'nothing is written', (work) =>
    judge(asked, { ...work, terminal: context.terminal }),
  );
}

async function judge(
  asked: AskedSettings,
  { terminal, signal, onProgress }: InterruptibleWork & Pick<EvaluationJob, 'terminal'>,
): Promise<void> {
  const device = resolveDevice(asked.device);
  boundThreads(device);
  // Splits are loaded more than once, and have the same to say each time.
  const onNote = toldOnce(terminal.warn.bind(terminal));
  const judged = await openJudged(asked, { device, onProgress, onNote });
  const metrics = asked.metrics ?? metricParts(judged.usualMetrics);
  const tell = (evaluation: Evaluation, baseLine?: Evaluation) =>
    conclude(evaluation, { judged, terminal, baseLine });
  const job = { settings: { ...asked, metrics }, judged, device, terminal, signal, onProgress, onNote, tell };
  try {
    checkUses(metrics, asked);
    for (const note of judged.notes) terminal.warn(note);
    if (metrics.scores) await judgeScores(job);
    if (metrics.data.length > 0) await judgeAutoencoder(job);
    if (metrics.pairs.length > 0 && judged.shown) await judgePairs(job, judged.shown);
    if (metrics.images.length > 0 || metrics.paths) await judgeByFeatures(job);
  } finally {
    judged.dispose();
  }
}

type Opening = Pick<EvaluationJob, 'device' | 'onProgress' | 'onNote'>;

function openJudged(asked: AskedSettings, opening: Opening): Promise<JudgedImages> {
  const { checkpoint, images, dataset, dataDir, resolution = 32, count } = asked;
  if (checkpoint !== undefined) return openModel(checkpoint, asked, opening);
  if (images !== undefined && dataset !== undefined)
    return openImages(images, {
      dataset,
      dataDir,
      resolution: resolutionOf(resolution),
      count,
      device: opening.device,
    });
  throw new UsageError('expected either --checkpoint, or --images with --dataset');
}

/** Opens the model of `--checkpoint`, and what it is to make for the evaluation. @throws what `load` throws */
async function openModel(path: string, asked: AskedSettings, opening: Opening): Promise<JudgedImages> {
  const { recipe, weights, truncation, metrics, standingStatistics: batches } = asked;
  const model = await load(path, {
    recipe,
    weights,
    device: opening.device,
    autoencoder: (metrics?.data.length ?? 0) > 0,
    scorer: true,
    standingStatistics: { batches, truncation },
  });
  try {
    if (judgedByScores(model, asked)) return judgeNormality(model, asked);
    return model.sampler.takes === 'latents'
      ? judgeLatents(model, asked)
      : await judgeTranslation(model, asked, opening);
  } catch (error) {
    model.dispose();
    throw error;
  }
}

interface Concluding extends Pick<EvaluationJob, 'judged' | 'terminal'> {
  readonly baseLine?: Evaluation;
}

async function conclude(
  evaluation: Evaluation,
  { judged: { origin }, terminal, baseLine }: Concluding,
): Promise<void> {
  const earlier = origin ? readEvaluations(join(origin.run, 'evaluations.jsonl')) : [];
  const all = baseLine ? [evaluation, baseLine] : [evaluation];
  const rows = origin ? await record(origin, all) : [];
  for (const line of evaluationLines(evaluation, { earlier, baseLine })) terminal.result(line);
  for (const [i, one] of all.entries()) terminal.record({ event: 'end', ...one, ...rows[i] });
}

/** Adds rows to the run, and draws its page anew. */
async function record(
  { run, checkpoint, step }: Origin,
  evaluations: readonly Evaluation[],
): Promise<EvaluationRow[]> {
  const [source, time] = ['evaluate', new Date().toISOString()] as const;
  const rows = evaluations.map((evaluation) => ({ step, source, time, checkpoint, ...evaluation }));
  for (const row of rows) await appendEvaluation(join(run, 'evaluations.jsonl'), row);
  await writeReport(run, { commandLine });
  return rows;
}

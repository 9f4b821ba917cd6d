import { join } from 'node:path';
import { UsageError } from '../errors';
import type { Evaluation } from '../metrics/evaluate';
import { type EvaluationRow, readEvaluations } from '../report/evaluations';
import { appendEvaluation } from '../report/evaluations-log';
import { writeReport } from '../report/page/write-report';
import { createTaskProgress } from '../report/task-progress';
import { resolveDevice } from '../tensor/device';
import { commandLine } from './command-line';
import { judgeAutoencoder } from './evaluate-autoencoder';
import { judgeByFeatures } from './evaluate-features';
import type { EvaluateSettings } from './evaluate-settings';
import type { EvaluationJob } from './evaluation-job';
import { evaluationLines } from './evaluation-view';
import { listenForInterrupt } from './interrupt';
import { type JudgedImages, type Origin, openImages, openModel } from './judged-images';
import { resolutionOf } from './resolution';
import type { CommandContext } from './terminal';

/**
 * Opens the images, the real ones and the feature network, judges, and leaves a row in the run directory: one for each protocol, where
 * metrics of different things are asked for.
 *
 * @returns the exit code: 0, or 130 and 143 when a signal ended it, and then nothing is left of what was not judged yet
 */
export async function runEvaluation(
  settings: EvaluateSettings,
  { host, terminal }: CommandContext,
): Promise<number> {
  const interrupt = listenForInterrupt(host, () =>
    terminal.log('interrupted: nothing is written; once more to leave at once'),
  );
  try {
    await judge(settings, { terminal, signal: AbortSignal.any([interrupt.signal, terminal.closed]) });
    return 0;
  } catch (error) {
    if (interrupt.exitCode !== undefined) return interrupt.exitCode;
    throw error;
  } finally {
    interrupt.dispose();
  }
}

async function judge(
  settings: EvaluateSettings,
  { terminal, signal }: Pick<EvaluationJob, 'terminal' | 'signal'>,
): Promise<void> {
  const device = resolveDevice(settings.device);
  const onProgress = terminal.showsProgress
    ? createTaskProgress({ stream: terminal.stderr, bar: terminal.lively })
    : undefined;
  const judged = await openJudged(settings, device);
  const tell = (evaluation: Evaluation) => conclude(evaluation, { judged, terminal });
  const job = { settings, judged, device, terminal, signal, onProgress, tell };
  try {
    for (const note of judged.notes) terminal.warn(note);
    const { images, paths, data } = settings.metrics;
    if (data.length > 0) await judgeAutoencoder(job);
    if (images.length > 0 || paths) await judgeByFeatures(job);
  } finally {
    judged.dispose();
  }
}

function openJudged(settings: EvaluateSettings, device: string): Promise<JudgedImages> {
  const { checkpoint, images, dataset, dataDir, resolution = 32, count } = settings;
  if (checkpoint !== undefined) return openModel(checkpoint, settings, device);
  if (images !== undefined && dataset !== undefined)
    return openImages(images, { dataset, dataDir, resolution: resolutionOf(resolution), count, device });
  throw new UsageError('expected either --checkpoint, or --images with --dataset');
}

async function conclude(
  evaluation: Evaluation,
  { judged: { origin }, terminal }: Pick<EvaluationJob, 'judged' | 'terminal'>,
): Promise<void> {
  const earlier = origin ? readEvaluations(join(origin.run, 'evaluations.jsonl')) : [];
  const row = origin ? await record(origin, evaluation) : null;
  for (const line of evaluationLines(evaluation, { earlier })) terminal.result(line);
  terminal.record({ event: 'end', ...evaluation, ...row });
}

/** Adds the row to the run, and draws its page anew. */
async function record({ run, checkpoint, step }: Origin, evaluation: Evaluation): Promise<EvaluationRow> {
  const row: EvaluationRow = {
    step,
    source: 'evaluate',
    time: new Date().toISOString(),
    checkpoint,
    ...evaluation,
  };
  await appendEvaluation(join(run, 'evaluations.jsonl'), row);
  await writeReport(run, { commandLine });
  return row;
}

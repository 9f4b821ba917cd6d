import { join } from 'node:path';
import type { ImageDataset } from '../data/dataset';
import { loadDataset } from '../data/sources';
import { UsageError } from '../errors';
import type { JsonObject } from '../io/json';
import { type Evaluation, evaluate } from '../metrics/evaluate';
import { openFeatures } from '../metrics/features/open';
import { convertedImages, describeConversion, type ImageSource } from '../metrics/image-source';
import { prepareReal, type RealImages } from '../metrics/real-images';
import { type EvaluationRow, readEvaluations } from '../report/evaluations';
import { appendEvaluation } from '../report/evaluations-log';
import { writeReport } from '../report/page/write-report';
import { createTaskProgress } from '../report/task-progress';
import { resolveDevice } from '../tensor/device';
import { EvaluationPictures } from '../training/evaluation-pictures';
import { commandLine } from './command-line';
import type { EvaluateSettings } from './evaluate';
import { evaluationLines } from './evaluation-view';
import { listenForInterrupt } from './interrupt';
import { type JudgedImages, type Origin, openGenerator, openImages } from './judged-images';
import type { Terminal } from './terminal';
import type { Surroundings } from './train-run';

/**
 * Opens the images, the real ones and the feature network, judges, and leaves a row in the run directory.
 *
 * @returns the exit code: 0, or 130 and 143 when a signal ended it, and then nothing is left
 */
export async function runEvaluation(
  settings: EvaluateSettings,
  { host, terminal }: Surroundings,
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

/** What the parts of an evaluation share. */
interface Work {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function judge(settings: EvaluateSettings, work: Work): Promise<void> {
  const { terminal, signal } = work;
  const device = resolveDevice(settings.device);
  const onProgress = terminal.showsProgress
    ? createTaskProgress({ stream: terminal.stderr, bar: terminal.lively })
    : undefined;
  const judged = await openJudged(settings, device);
  try {
    for (const note of judged.notes) terminal.warn(note);
    const dataset = await loadReal(settings, { judged, progress: onProgress });
    const source = conform(judged.source, dataset, settings);
    const extractor = await openFeatures(settings.features, {
      dataset,
      dataDir: dataFolderOf(settings, judged),
      device,
      onProgress,
      onNote: (note) => terminal.log(note),
      signal,
    });
    let real: RealImages | undefined;
    try {
      real = await prepareReal(dataset, {
        extractor,
        count: settings.realCount,
        features: Math.min(source.count, settings.realCount ?? dataset.count),
        device,
        onProgress,
        signal,
      });
      terminal.log(`judging  ${judged.described}`);
      terminal.log(
        `against  ${real.count} images of ${dataset.name} (${settings.split}), by ${extractor.name}`,
      );
      await measure(settings, { ...work, real, source, origin: judged.origin, onProgress });
    } finally {
      real?.dispose();
      extractor.dispose();
    }
  } finally {
    judged.dispose();
  }
}

function openJudged(settings: EvaluateSettings, device: string): Promise<JudgedImages> {
  const { checkpoint, images, dataset, dataDir, resolution = 32, count } = settings;
  if (checkpoint !== undefined) return openGenerator(checkpoint, settings, device);
  if (images !== undefined && dataset !== undefined)
    return openImages(images, { dataset, dataDir, resolution, count, device });
  throw new UsageError('expected either --checkpoint, or --images with --dataset');
}

/** The real images: unless told otherwise those of the run, in the size of the images to judge. */
async function loadReal(
  { dataset, dataDir, split, resolution }: EvaluateSettings,
  { judged, progress }: { judged: JudgedImages; progress?: Parameters<typeof loadDataset>[1]['progress'] },
): Promise<ImageDataset> {
  const settings: JsonObject = judged.origin?.settings ?? {};
  const { channels, resolution: size } = judged.source.spec;
  const name = dataset ?? settings.dataset;
  if (typeof name !== 'string')
    throw new UsageError('--dataset: the run does not say what it was trained on: name the real images');
  return loadDataset(name, {
    resolution: resolution ?? size,
    split: split === 'test' ? 'test' : undefined,
    dataDir: dataFolderOf({ dataDir }, judged),
    ...(name.startsWith('folder:') && (channels === 1 || channels === 3) && { channels }),
    onBadImage: settings.onBadImage === 'skip' ? 'skip' : 'fail',
    progress,
  });
}

/** Where data sets are: as the command line says, else as the run was told. */
function dataFolderOf(
  { dataDir }: Pick<EvaluateSettings, 'dataDir'>,
  { origin }: JudgedImages,
): string | undefined {
  const known = origin?.settings.dataDir;
  return dataDir ?? (typeof known === 'string' ? known : undefined);
}

/** The images in the form of the real ones, where the user allows it. */
function conform(
  source: ImageSource,
  { name, spec }: ImageDataset,
  { resize }: EvaluateSettings,
): ImageSource {
  const { channels, resolution } = source.spec;
  if (channels === spec.channels && resolution === spec.resolution) return source;
  const conversion = { channels: spec.channels, resolution: spec.resolution, filter: resize };
  const words = describeConversion(source.spec, conversion);
  if (resize === undefined)
    throw new UsageError(
      `the images to judge are ${channels}×${resolution}×${resolution}, those of ${name} ${spec.channels}×${spec.resolution}×${spec.resolution}: --resize bilinear would convert them (${words})`,
    );
  return convertedImages(source, conversion);
}

interface Measuring extends Work {
  readonly real: RealImages;
  readonly source: ImageSource;
  readonly origin: Origin | null;
  readonly onProgress?: (state: { task: string; done: number; total: number }) => void;
}

async function measure({ metrics, seed, split }: EvaluateSettings, measuring: Measuring): Promise<void> {
  const { real, source, origin, terminal, signal, onProgress } = measuring;
  const pictures = origin ? new EvaluationPictures(real) : null;
  try {
    const { features, ...evaluation } = await evaluate({
      real,
      fake: source,
      metrics,
      seed,
      protocol: { split },
      onImages: pictures ? (images) => pictures.add(images) : undefined,
      onProgress,
      signal,
    });
    try {
      if (origin) await pictures?.write(join(origin.run, 'evaluation'), features);
    } finally {
      features.dispose();
    }
    const earlier = origin ? readEvaluations(join(origin.run, 'evaluations.jsonl')) : [];
    const row = origin ? await record(origin, evaluation) : null;
    for (const line of evaluationLines(evaluation, { earlier })) terminal.result(line);
    terminal.record({ event: 'end', ...evaluation, ...row });
  } finally {
    pictures?.dispose();
  }
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

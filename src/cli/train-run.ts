import type { ImageDataset } from '../data/dataset';
import { shapeText } from '../data/image-size';
import { loadImages } from '../data/sources';
import { openFeatures } from '../metrics/features/open';
import { parseConfig } from '../recipes/config';
import type { Recipe } from '../recipes/recipe';
import { createTaskProgress } from '../report/task-progress';
import { resolveDevice } from '../tensor/device';
import { manualSeed } from '../tensor/random';
import type { EvaluationOptions } from '../training/evaluation';
import type { Precision } from '../training/manifest';
import { describePrecision } from '../training/precision';
import type { FitOptions } from '../training/session';
import type { ProfileOptions } from '../training/step-profile';
import { type Report, Trainer } from '../training/trainer';
import { commandLine } from './command-line';
import type { Host } from './host';
import { listenForInterrupt } from './interrupt';
import { ReportView } from './report-view';
import { resolutionOf } from './resolution';
import { type EvaluationSettings, PROFILE_WARMUP, type TrainSettings } from './settings';
import type { Terminal } from './terminal';

/** A training, decided in every respect. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly settings: TrainSettings;
  /** The run directory. */
  readonly folder: string;
  /** Whether to go on with the run in `folder`. */
  readonly resume: boolean;
  /** Steps to profile; undefined for none. */
  readonly profile?: number;
  /** The precision of the run that is resumed. */
  readonly precision?: Precision;
  /** How it is judged on its way; undefined for not at all. */
  readonly evaluation?: EvaluationSettings;
}

/** Where a command runs. */
export interface Surroundings {
  readonly host: Host;
  readonly terminal: Terminal;
}

/**
 * Loads the data, builds the networks, trains, and tells what came of it.
 *
 * @returns the exit code: 0, or 130 and 143 when a signal ended the training, after a checkpoint
 */
export async function runTraining(plan: TrainingPlan, surroundings: Surroundings): Promise<number> {
  const { recipe, settings } = plan;
  const { seed, precision, deterministic, graphs, batch, accumulate } = settings;
  // First: a device that cannot be used should not cost the time to load the data.
  const device = resolveDevice(settings.device);
  const dataset = await loadData(settings, surroundings.terminal);
  const loader = dataset.loader({ batch, seed });
  const evaluation = await openEvaluation(plan, { dataset, device, terminal: surroundings.terminal });
  // Initial weights are drawn while the recipe builds the networks.
  manualSeed(seed);
  const model = recipe.build(parseConfig(recipe.fields, { file: settings.set }), dataset.spec, {
    steps: settings.steps,
  });
  const trainer = new Trainer({ ...model, device, seed, precision, deterministic, graphs, accumulate });
  if (plan.precision) trainer.restorePrecision(plan.precision);
  try {
    announce(plan, { dataset, trainer, terminal: surroundings.terminal });
    const reports: Following['reports'] = (how) =>
      trainer.fit(loader, { ...fitOptions(plan), evaluation, ...how });
    return await follow(plan, { ...surroundings, reports });
  } finally {
    evaluation?.features.dispose();
    loader.dispose();
    trainer.dispose();
  }
}

/** The feature network of the evaluations, where there are any: trained before the run's own random numbers begin. */
async function openEvaluation(
  { evaluation, settings }: TrainingPlan,
  { dataset, device, terminal }: { dataset: ImageDataset; device: string; terminal: Terminal },
): Promise<EvaluationOptions | undefined> {
  if (!evaluation) return undefined;
  const onProgress = terminal.showsProgress
    ? createTaskProgress({ stream: terminal.stderr, bar: terminal.lively })
    : undefined;
  const features = await openFeatures(evaluation.features, {
    dataset,
    dataDir: settings.dataDir,
    device,
    onProgress,
    onNote: (note) => terminal.log(note),
  });
  const protocol = { split: 'train' };
  return { ...evaluation, real: dataset, features, featuresFrom: evaluation.features, protocol, onProgress };
}

async function loadData(settings: TrainSettings, terminal: Terminal): Promise<ImageDataset> {
  const { dataset: name, dataDir, resolution, onBadImage } = settings;
  const progress = terminal.showsProgress
    ? createTaskProgress({ stream: terminal.stderr, bar: terminal.lively })
    : undefined;
  const dataset = await loadImages(name, {
    resolution: resolutionOf(resolution),
    dataDir,
    onBadImage,
    progress,
  });
  const [bad] = dataset.skipped;
  if (bad) terminal.warn(`${dataset.skipped.length} images left out; the first: ${bad.reason}`);
  return dataset;
}

function announce(
  { recipe, settings, folder, resume }: TrainingPlan,
  { dataset, trainer, terminal }: { dataset: ImageDataset; trainer: Trainer; terminal: Terminal },
): void {
  const { name, count, spec } = dataset;
  const { device } = trainer;
  const choice = trainer.choosePrecision({ batch: settings.batch });
  const { classes } = spec;
  const classText = classes > 0 ? `${classes} classes` : 'no labels';
  const lines = {
    recipe: `${recipe.name}: ${recipe.summary}`,
    data: `${name}: ${count} images of ${shapeText(spec)}, ${classText}`,
    device,
    precision: describePrecision(choice),
    run: resume ? `${folder}, resumed` : folder,
    ...(trainer.conditional && { classes: histogramText(dataset) }),
  };
  for (const [key, text] of Object.entries(lines)) terminal.log(`${key.padEnd(11)}${text}`);
  const data = { name, count, ...spec };
  terminal.record({ event: 'start', recipe: recipe.name, data, device, ...choice, run: folder, settings });
}

/** Classes that are told one by one. */
const TOLD_CLASSES = 20;

/** How many images each class has: a class of few is learned badly, and nothing else would say so. */
function histogramText(dataset: ImageDataset): string {
  const counts = dataset.histogram();
  const said = (i: number) => `${dataset.classNames[i]}: ${counts[i]}`;
  if (counts.length <= TOLD_CLASSES) return counts.map((_, i) => said(i)).join(', ');
  const order = counts.map((_, i) => i).sort((a, b) => counts[a] - counts[b]);
  return `from ${said(order[0])} to ${said(order[order.length - 1])} images`;
}

function fitOptions({ settings, folder, resume }: TrainingPlan): FitOptions {
  const { steps, sampleEvery, checkpointEvery, logEvery } = settings;
  return {
    steps,
    sampleEvery,
    checkpointEvery,
    logEvery,
    out: folder,
    resume,
    settings: { ...settings },
    page: { commandLine },
  };
}

function profiling(steps: number, view: ReportView): ProfileOptions {
  return { steps, warmup: PROFILE_WARMUP, onProfile: (profile) => view.showProfile(profile) };
}

interface Following extends Surroundings {
  reports(how: Pick<FitOptions, 'signal' | 'profile'>): AsyncIterable<Report>;
}

/** Shows the reports until the training ends, by itself or because somebody wants it to. */
async function follow(plan: TrainingPlan, { host, terminal, reports }: Following): Promise<number> {
  const { folder, resume, settings, profile: steps } = plan;
  const view = new ReportView({ terminal, steps: settings.steps, folder, resumed: resume });
  const interrupt = listenForInterrupt(host, () =>
    view.interrupt('interrupted: ending this step and writing a checkpoint; once more to leave at once'),
  );
  const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
  const profile = steps === undefined ? undefined : profiling(steps, view);
  try {
    for await (const report of reports({ signal, profile })) view.show(report);
  } finally {
    view.stop();
    interrupt.dispose();
  }
  view.conclude({ interrupted: interrupt.signal.aborted });
  return interrupt.exitCode ?? 0;
}

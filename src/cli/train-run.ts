import { type DataSpecs, type Dataset, type ImageDataset, keptPart } from '../data/dataset';
import { shapeText } from '../data/image-size';
import { type DatasetOptions, hasTestSplit, loadDataset } from '../data/sources';
import { alone, type ProcessGroup } from '../parallel/group';
import { parseConfig } from '../recipes/config';
import type { Recipe } from '../recipes/recipe';
import { remediesOf } from '../recipes/remedies';
import type { ModelUse } from '../report/model-use';
import { boundThreads, resolveDevice } from '../tensor/device';
import { manualSeed } from '../tensor/random';
import type { EvaluationOptions } from '../training/evaluation-options';
import type { FitOptions } from '../training/fit-options';
import type { Initialisation } from '../training/initialisation';
import type { Precision } from '../training/manifest';
import type { Model } from '../training/model';
import { describePrecision } from '../training/precision';
import { Trainer } from '../training/trainer';
import { shownDataset } from './absolute-paths';
import { commandLine } from './command-line';
import { datasetOptionsOf } from './dataset-options';
import { readInitial, startFrom, tellInitialisation } from './init';
import { listenForInterrupt } from './interrupt';
import type { TrainingMember } from './join-training';
import { skippedNote } from './left-out';
import { openPerception } from './perception';
import { progressOf } from './progress';
import { ReportView } from './report-view';
import { resolutionOf } from './resolution';
import { type EvaluationSettings, PROFILE_WARMUP, type TrainSettings } from './settings';
import type { CommandContext, Terminal } from './terminal';
import { earlyEnd, stagesText } from './train-stages';
import { tellThreshold } from './train-threshold';
import { openTrainingEvaluation } from './training-evaluation';

/** Is told what a training warns of, and of which run. */
export type OnNote = (folder: string, note: string) => void;

/** How long others wait for one that prepares its data and networks. */
const PREPARING_SECONDS = 3_600;

/** A training, decided in every respect. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  readonly settings: TrainSettings;
  /** The run directory. */
  readonly folder: string;
  /** Whether to go on with the run in `folder`. */
  readonly resume: boolean;
  /** The step of the checkpoint to go on from; undefined for the newest. */
  readonly resumeStep?: number;
  /** Steps to profile; undefined for none. */
  readonly profile?: number;
  /** The precision of the run that is resumed. */
  readonly precision?: Precision;
  /** How it is judged on its way; undefined for not at all. */
  readonly evaluation?: EvaluationSettings;
  /** What the resumed run had otherwise, a text each. */
  readonly changes?: readonly string[];
  readonly onNote?: OnNote;
  /** As which of several processes this one trains; undefined for alone. */
  readonly member?: TrainingMember;
}

/**
 * Loads the data, builds the networks, trains, and tells what came of it.
 *
 * @returns the exit code: 0, or 129, 130 or 143 when a signal ended the training, after a checkpoint
 */
export async function runTraining(plan: TrainingPlan, { host, terminal }: CommandContext): Promise<number> {
  const { recipe, settings, folder, resume } = plan;
  const { seed, precision, deterministic, graphs, syncBatchNorm, batch, accumulate, steps } = settings;
  // First: a device that cannot be used should not cost the time to load the data.
  const { device, group } = plan.member ?? { device: resolveDevice(settings.device), group: alone };
  group.enter('loading data', PREPARING_SECONDS);
  boundThreads(device);
  // A resumed run has its own weights, and what it began with may be gone.
  const { init: source, key } = settings;
  const initial =
    source === undefined || resume ? undefined : await readInitial({ init: source, key }, terminal);
  const dataset = await inTurn(group, () => loadData(plan, terminal));
  const config = parseConfig(recipe.fields, { file: settings.set });
  const perception = recipe.perceives?.(config)
    ? await inTurn(group, () =>
        openPerception({ features: settings.features, dataset, dataDir: settings.dataDir, device, terminal }),
      )
    : undefined;
  const crop = settings.loadSize === undefined ? undefined : resolutionOf(settings.resolution);
  const loader = dataset.loader({ batch, seed, crop, flip: settings.augmentFlip });
  // Initial weights are drawn while the recipe builds the networks; the trainer seeds what is drawn after it.
  manualSeed(seed);
  const model = recipe.build(config, loader.specs, {
    steps,
    batch,
    accumulate,
    perceive: perception?.responses?.bind(perception),
  });
  const init = initial && (await startFrom(initial, model));
  const heldOut = await loadHeldOut(plan, model, terminal);
  const evaluation = await inTurn(group, () =>
    openEvaluation(plan, { model, dataset, heldOut, device, terminal }),
  );
  const trainer = new Trainer({
    ...model,
    device,
    seed,
    precision,
    deterministic,
    graphs,
    accumulate,
    group,
    syncBatchNorm,
  });
  if (plan.precision) trainer.restorePrecision(plan.precision);
  trainer.choosePrecision(loader);
  announce(plan, { dataset, trainer, init, rules: model.rules ?? [], terminal });
  const before = init || resume ? null : recipe.goesOnFrom?.(config);
  if (before)
    terminal.warn(`this training is to go on from ${before}, but starts from random weights: try --init RUN`);
  const view = new ReportView({
    terminal,
    steps,
    folder,
    recipe: settings.recipe,
    resumed: resume,
    use: useOf(model),
    fixedLength: recipe.fixedLength,
    onNote: (note) => plan.onNote?.(folder, note),
  });
  const interrupt = listenForInterrupt(host, () =>
    view.interrupt('interrupted: ending this step and writing a checkpoint; once more to leave at once'),
  );
  const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
  try {
    const remedies = remediesOf(recipe.fields, config);
    const fixed = { ...fitOptions(plan), ...profiling(plan, view), init, heldOut };
    const options = { ...fixed, evaluation, remedies, signal };
    for await (const report of trainer.fit(loader, options)) view.show(report);
  } finally {
    view.stop();
    interrupt.dispose();
    evaluation?.features?.dispose();
    perception?.dispose();
    loader.dispose();
    trainer.dispose();
  }
  group.close();
  view.conclude({ interrupted: signal.aborted });
  if (!signal.aborted && group.rank === 0 && holdsOut(model)) await tellThreshold(plan, { host, terminal });
  return interrupt.exitCode ?? 0;
}

/** The first process before the others: what it fetches or trains for the cache, they find there. */
async function inTurn<T>(group: ProcessGroup, prepare: () => Promise<T>): Promise<T> {
  if (group.rank > 0) group.barrier();
  const prepared = await prepare();
  if (group.rank === 0) group.barrier();
  return prepared;
}

function useOf(model: Model): ModelUse {
  if (holdsOut(model)) return 'score';
  if (model.sampler?.takes !== 'images') return 'sample';
  return model.sampler.direction().mask === undefined ? 'apply' : 'fill';
}

/** Whether a model has learned what is normal, and there is what it did not learn of that. */
function holdsOut({ scorer }: Model): boolean {
  const { normal = 'all', heldOut = 0 } = scorer?.normal ?? {};
  return heldOut > 0 || normal !== 'all';
}

/** What a training loads beside the model. */
interface Loaded {
  readonly model: Model;
  readonly dataset: Dataset;
  /** Images that are not learned. */
  readonly heldOut: Dataset | undefined;
}

/** How the model is judged on its way, where it is. */
async function openEvaluation(
  plan: TrainingPlan,
  { dataset, device, terminal, ...loaded }: Loaded & { readonly device: string; readonly terminal: Terminal },
): Promise<EvaluationOptions | undefined> {
  const { evaluation, settings } = plan;
  if (!evaluation) return undefined;
  // Crops are for learning: what is compared with is whole.
  const whole =
    settings.loadSize === undefined || plan.recipe.patches
      ? dataset
      : prepared(plan, await loadDataset(settings.dataset, dataOptions(settings, terminal)), 'train');
  for (const note of whole.notes) if (!dataset.notes.includes(note)) terminal.warn(note);
  const { dataDir } = settings;
  const onProgress = progressOf(terminal);
  return openTrainingEvaluation(evaluation, {
    ...loaded,
    dataset: whole,
    dataDir,
    device,
    terminal,
    onProgress,
  });
}

/** Images that are not learned, for a model that takes images in; none where the set has no others. */
async function loadHeldOut(
  plan: TrainingPlan,
  { sampler }: Model,
  terminal: Terminal,
): Promise<Dataset | undefined> {
  const { settings } = plan;
  if (sampler?.takes !== 'images' || !(await hasTestSplit(settings.dataset))) return undefined;
  const { resolution, loadSize = resolution } = settings;
  const dataset = await loadDataset(settings.dataset, {
    ...dataOptions({ ...settings, resolution: plan.recipe.patches ? loadSize : resolution }, terminal),
    split: 'test',
  });
  tellNotes(dataset, 'test', terminal);
  return prepared(plan, dataset, 'test');
}

/** What the recipe gives its model of a data set. */
function prepared(
  { recipe, settings: { set, seed } }: TrainingPlan,
  dataset: Dataset,
  split: 'train' | 'test',
): Dataset {
  return recipe.prepare?.(dataset, parseConfig(recipe.fields, { file: set }), { split, seed }) ?? dataset;
}

function dataOptions(settings: TrainSettings, terminal: Terminal): DatasetOptions {
  return { ...datasetOptionsOf(settings), progress: progressOf(terminal) };
}

async function loadData(plan: TrainingPlan, terminal: Terminal): Promise<Dataset> {
  const { settings } = plan;
  const { loadSize: resolution = settings.resolution } = settings;
  const dataset = await loadDataset(settings.dataset, dataOptions({ ...settings, resolution }, terminal));
  tellNotes(dataset, 'train', terminal);
  return prepared(plan, dataset, 'train');
}

/** What was left out of a split. */
function tellNotes(dataset: Dataset, split: 'train' | 'test', terminal: Terminal): void {
  const skipped = skippedNote(dataset, split);
  for (const note of [...(skipped ? [skipped] : []), ...dataset.notes]) terminal.warn(note);
}

function announce(
  { recipe, settings, folder, resume }: TrainingPlan,
  {
    dataset,
    trainer,
    init,
    rules,
    terminal,
  }: {
    readonly dataset: Dataset;
    readonly trainer: Trainer;
    readonly init: Initialisation | undefined;
    /** What the model says that followed from a rule. */
    readonly rules: readonly string[];
    readonly terminal: Terminal;
  },
): void {
  const { name, count, kind, specs } = dataset;
  const { device, latent, stages } = trainer;
  const choice = trainer.choosePrecision();
  const lines = {
    recipe: `${recipe.name}: ${recipe.summary}`,
    data: `${shownDataset(name)}: ${count} ${kind === 'pairs' ? 'pairs' : 'images'} of ${describeSpecs(specs)}`,
    device,
    precision: describePrecision(choice),
    run: resume ? `${folder}, resumed` : folder,
    ...(rules.length > 0 && { rules: rules.join('; ') }),
    ...(stages && { stages: stagesText(stages, settings) }),
    ...(latent?.conditional && { classes: histogramText(keptPart(dataset, 'images')) }),
  };
  for (const [key, text] of Object.entries(lines)) terminal.log(`${key.padEnd(11)}${text}`);
  const early = stages && earlyEnd(stages, settings.steps);
  if (early) terminal.warn(early);
  if (init) tellInitialisation(init, terminal);
  const { classNames } = dataset.parts.images ?? {};
  const data = { name, count, specs, ...(classNames?.length && { classNames }) };
  const start = {
    recipe: recipe.name,
    data,
    device,
    ...choice,
    run: folder,
    settings,
    ...(rules.length > 0 && { rules }),
    ...(stages && { stages: stages.list }),
  };
  terminal.record({ event: 'start', ...start, ...(init && { init }) });
}

/** `1×32×32, 10 classes`, or `a 3×64×64, b 3×64×64`. */
function describeSpecs(specs: DataSpecs): string {
  const { images } = specs;
  if (images)
    return `${shapeText(images)}, ${images.classes > 0 ? `${images.classes} classes` : 'no labels'}`;
  return Object.entries(specs)
    .map(([name, spec]) => `${name} ${shapeText(spec)}`)
    .join(', ');
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

function fitOptions({ recipe, settings, folder, resume, resumeStep, changes }: TrainingPlan): FitOptions {
  const { steps, sampleEvery, checkpointEvery, keep, logEvery } = settings;
  const { onDivergence, skipLimit, rollbackFactor, rollbackLimit } = settings;
  return {
    ...{ onDivergence, skipLimit, rollbackFactor, rollbackLimit },
    steps,
    sampleEvery,
    checkpointEvery,
    keep,
    logEvery,
    out: folder,
    resume,
    resumeStep,
    changes,
    settings: { ...settings },
    fixedLength: recipe.fixedLength,
    page: { commandLine },
  };
}

/** The steps that are to be profiled, where there are any. */
function profiling({ profile: steps }: TrainingPlan, view: ReportView): Pick<FitOptions, 'profile'> {
  if (steps === undefined) return {};
  return { profile: { steps, warmup: PROFILE_WARMUP, onProfile: (profile) => view.showProfile(profile) } };
}

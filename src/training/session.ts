import { join, relative } from 'node:path';
import type { Loader } from '../data/loader';
import { GanError } from '../errors';
import { readJsonObject } from '../io/json';
import { native } from '../native/addon';
import { writeReport } from '../report/page/write-report';
import { isCpu } from '../tensor/device';
import { span } from '../tensor/profiler';
import { version } from '../version';
import { BEST, checkpointName, writeCheckpoint } from './checkpoint';
import { RunEvaluator, type TrainingEvaluation } from './evaluation';
import type { EvaluationOptions } from './evaluation-options';
import { checkFitOptions, type FitOptions } from './fit-options';
import { assertFinite, diverged } from './guard';
import { latentShape } from './latent';
import type { CheckpointDescription } from './manifest';
import type { Report } from './report';
import { latestCheckpoint, RunDirectory } from './run-directory';
import { SampleGrids } from './sample-grids';
import type { StepNumbers } from './scoreboard';
import { StepProfile } from './step-profile';
import type { Training } from './training';
import { captureState, nonFiniteState, restoreState } from './training-state';

interface Intervals {
  readonly logEvery: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
}

/** One call of `fit`: what happens around the steps. */
export class Session {
  /** Profiles some of the steps, where that is wanted. */
  profiling: StepProfile | undefined;
  readonly #training: Training;
  readonly #loader: Loader;
  readonly #options: FitOptions;
  readonly #intervals: Intervals;
  readonly #run: RunDirectory | null;
  readonly #notes: string[] = [];
  #settings: Readonly<Record<string, unknown>>;
  #changes: readonly unknown[] = [];
  readonly #checksEachStep: boolean;
  #grids: SampleGrids | undefined;
  #samples: string | undefined;
  #checkpoint: string | undefined;
  #checkpointStep = -1;
  #evaluator: RunEvaluator | undefined;
  #evaluation: TrainingEvaluation | undefined;
  #reported: { step: number; images: number; time: number };

  private constructor(training: Training, loader: Loader, run: RunDirectory | null, options: FitOptions) {
    const { logEvery = 10, sampleEvery = 100, checkpointEvery = 500 } = options;
    this.#training = training;
    this.#loader = loader;
    this.#options = options;
    this.#intervals = { logEvery, sampleEvery, checkpointEvery };
    this.#run = run;
    this.#settings = options.settings ?? {};
    this.#checksEachStep = (options.checkLosses ?? (isCpu(training.device) ? 'step' : 'log')) === 'step';
    this.#reported = { step: training.step, images: training.images, time: performance.now() };
  }

  /** Opens the run directory, and goes back to its newest checkpoint on `resume`. */
  static async begin(training: Training, loader: Loader, options: FitOptions): Promise<Session> {
    checkFitOptions(options);
    const { out, resume = false } = options;
    const run =
      out === undefined ? null : resume ? await RunDirectory.open(out) : await RunDirectory.create(out);
    const session = new Session(training, loader, run, options);
    try {
      if (run && resume) await session.#restore(run);
      if (run) await session.#beginGrids();
      await session.#beginEvaluation();
      session.#beginProfile();
      // Also on resume: the run may be told to go further than it was.
      await run?.writeConfig(session.#config());
      run?.openLogs(training.step);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #beginGrids(): Promise<void> {
    const training = this.#training;
    const { sampler } = training;
    if (!sampler) return;
    const { sampleCount: count = 64, heldOut } = this.#options;
    this.#grids = await SampleGrids.begin(training, sampler, { count, loader: this.#loader, heldOut });
  }

  async #beginEvaluation(): Promise<void> {
    const { evaluation } = this.#options;
    if (!evaluation) return;
    const training = this.#training;
    const earlier = this.#run ? await this.#run.evaluationsUpTo(training.step) : [];
    this.#evaluator = await RunEvaluator.begin(evaluation, training, earlier);
  }

  /** Judges the weights as they are now: no random generator, batch statistic or loader moves. */
  async #evaluate(): Promise<void> {
    const training = this.#training;
    const run = this.#run;
    const checkpoint = this.#checkpointStep === training.step ? this.#checkpoint : undefined;
    const evaluation = await this.#evaluator?.evaluate(training, {
      folder: run?.path,
      checkpoint: checkpoint && run ? relative(run.path, checkpoint) : undefined,
    });
    if (!evaluation) return;
    if (run && evaluation.isBest)
      await writeCheckpoint(join(run.path, BEST), this.#describe(), this.#captureFinite());
    await run?.addEvaluation(evaluation.row);
    this.#evaluation = evaluation;
    // The speed that reports tell is that of the training.
    this.#reported = { ...this.#reported, time: this.#reported.time + evaluation.seconds * 1000 };
  }

  #beginProfile(): void {
    const { profile, steps } = this.#options;
    const { device, step } = this.#training;
    if (profile)
      this.profiling = new StepProfile(profile, { device, folder: this.#run?.path, steps: steps - step });
  }

  /** Checks the step's losses, and logs, samples and saves where it is time; a report where one is due. */
  async afterStep(): Promise<Report | null> {
    const { step, board } = this.#training;
    const last = step >= this.#options.steps || this.#options.signal?.aborted === true;
    const due = (interval: number) => last || step % interval === 0;
    const every = this.#evaluator?.every;
    const evaluates = every !== undefined && (step % every === 0 || step >= this.#options.steps);
    const logs = evaluates || due(this.#intervals.logEvery);
    const saves = this.#run !== null && due(this.#intervals.checkpointEvery);
    const numbers = logs || saves || this.#checksEachStep ? board.read() : null;
    if (numbers) assertFinite(numbers, { step, checkpoint: this.#checkpoint });
    if (due(this.#intervals.sampleEvery)) await span('samples', () => this.#drawSamples());
    if (saves) await span('checkpoint', () => this.#save());
    if (evaluates) await span('evaluation', () => this.#evaluate());
    return logs && numbers ? this.#report(numbers) : null;
  }

  /** Saves what an interruption left unsaved. */
  async finish(): Promise<Report | null> {
    const { step } = this.#training;
    if (!this.#run || this.#checkpointStep === step || step === 0) return null;
    const numbers = this.#training.board.read();
    assertFinite(numbers, { step, checkpoint: this.#checkpoint });
    await this.#drawSamples();
    await this.#save();
    return this.#report(numbers);
  }

  /** Draws the run's page anew. */
  async writePage(): Promise<void> {
    const { page = {} } = this.#options;
    if (this.#run && page) await writeReport(this.#run.path, page);
  }

  /** Closes the logs and releases what the session held. */
  close(): void {
    this.profiling?.close();
    this.#evaluator?.dispose();
    this.#grids?.dispose();
    this.#run?.close();
  }

  #report(numbers: StepNumbers): Report {
    const { step, images } = this.#training;
    const now = performance.now();
    const seconds = (now - this.#reported.time) / 1000;
    const imagesPerSecond = seconds > 0 ? (images - this.#reported.images) / seconds : 0;
    // An interruption may report a step again, with the checkpoint it has now: the logs have its line already.
    if (step > this.#reported.step)
      this.#run?.log(step, { imagesPerSecond, ...numbers.losses, ...numbers.statistics });
    this.#reported = { step, images, time: now };
    return {
      step,
      steps: this.#options.steps,
      epoch: this.#loader.epoch,
      imagesPerSecond,
      losses: numbers.losses,
      statistics: numbers.statistics,
      samples: this.#samples,
      checkpoint: this.#checkpoint,
      evaluation: this.#takeEvaluation(),
      notes: [...this.#notes.splice(0), ...this.#training.takeNotes()],
    };
  }

  #takeEvaluation(): TrainingEvaluation | undefined {
    const evaluation = this.#evaluation;
    this.#evaluation = undefined;
    return evaluation;
  }

  async #drawSamples(): Promise<void> {
    const training = this.#training;
    const { step } = training;
    if (!this.#run || !this.#grids) return;
    this.#samples = await this.#run.writeSamples(step, { picture: this.#grids.draw(training) });
    for (const [name, picture] of Object.entries(this.#grids.drawFurther(training)))
      await this.#run.writeSamples(step, { name, picture });
  }

  async #save(): Promise<void> {
    if (!this.#run) return;
    const { step } = this.#training;
    const path = join(this.#run.checkpoints, checkpointName(step));
    await writeCheckpoint(path, this.#describe(), this.#captureFinite());
    this.#checkpoint = path;
    this.#checkpointStep = step;
  }

  /** @throws GanError `ERR_DIVERGED` where what would be saved is not finite: the last good checkpoint stays the newest */
  #captureFinite(): ReturnType<typeof captureState> {
    const training = this.#training;
    const files = captureState(training);
    const found = nonFiniteState(training, files);
    if (found === null) return files;
    const { step } = training;
    throw diverged(
      { step, checkpoint: this.#checkpoint },
      `finite weights but ${found} holds NaN or infinity, and was not saved`,
    );
  }

  async #restore(run: RunDirectory): Promise<void> {
    const { path, description, files, damaged } = await latestCheckpoint(run.path, (found) =>
      nonFiniteState(this.#training, found),
    );
    requireSameData(description, this.#loader);
    const { changes = [] } = this.#options;
    const groups = this.#training.phases.flatMap(({ running }) => running.groups);
    const rates = groups.map(({ lr }) => lr);
    restoreState(this.#training, files);
    if (changes.length > 0) for (const [i, group] of groups.entries()) group.lr = rates[i];
    this.#recordChanges(run, changes);
    for (const { guard } of this.#training.phases) guard.reset();
    this.#loader.setState(description.loader);
    if (description.precision) this.#training.restorePrecision(description.precision);
    this.#settings = this.#options.settings ?? description.settings;
    this.#checkpoint = path;
    this.#checkpointStep = this.#training.step;
    this.#reported = { step: this.#training.step, images: this.#training.images, time: performance.now() };
    for (const problem of damaged) this.#notes.push(`${problem}; going on from ${path}`);
  }

  /** Each change with the step it holds from, after those that config.json tells of already. */
  #recordChanges(run: RunDirectory, changes: readonly string[]): void {
    const { changes: earlier } = readJsonObject(join(run.path, 'config.json'));
    const { step } = this.#training;
    const told = changes.map((change) => `from step ${step} on: ${change}`);
    this.#changes = [...(Array.isArray(earlier) ? earlier : []), ...told];
    this.#notes.push(...told);
  }

  #describe(): CheckpointDescription {
    const { step, images, precision, networks } = this.#training;
    const { specs, batchesPerEpoch } = this.#loader;
    const topology = Object.fromEntries(
      Object.entries(networks).map(([name, network]) => [name, network.toString()]),
    );
    return {
      step,
      images,
      precision: precision?.precision,
      topology,
      specs,
      batchesPerEpoch,
      loader: this.#loader.state(),
      settings: this.#settings,
      versions: versions(),
    };
  }

  #config() {
    const { device, precision, seed, accumulate, latent } = this.#training;
    const { name, specs, batch } = this.#loader;
    const { topology } = this.#describe();
    const { evaluation } = this.#options;
    return {
      settings: this.#settings,
      ...(this.#changes.length > 0 ? { changes: this.#changes } : {}),
      ...(evaluation ? { evaluation: describeEvaluation(evaluation) } : {}),
      device,
      precision: precision?.precision,
      ...(precision?.times ? { passMs: precision.times } : {}),
      seed,
      batch,
      accumulate,
      dataset: { name, specs },
      ...(latent ? { latentShape: latentShape(latent) } : {}),
      topology,
      versions: versions(),
    };
  }
}

/** @throws GanError `ERR_LOADER_STATE` where a loader does not run through the data as the run's did */
function requireSameData({ batchesPerEpoch: batches }: CheckpointDescription, loader: Loader): void {
  if (batches === loader.batchesPerEpoch) return;
  throw new GanError(
    'ERR_LOADER_STATE',
    `expected the data set the run was trained on, with ${batches} batches an epoch, but "${loader.name}" has ${loader.batchesPerEpoch} of ${loader.batch}: check the data set, its folder and the batch`,
  );
}

function versions(): Record<string, string> {
  return { 'libtorch-gan': version, libtorch: native().version(), node: process.versions.node };
}

function describeEvaluation(options: EvaluationOptions) {
  const { features, featuresFrom = features?.name, every, metrics, count, bestBy } = options;
  return { every, metrics, count, bestBy, features: featuresFrom, featuresSha256: features?.sha256 };
}

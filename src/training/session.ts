import { join, relative } from 'node:path';
import type { Loader } from '../data/loader';
import { UsageError } from '../errors';
import { native } from '../native/addon';
import { type ReportOptions, writeReport } from '../report/page/write-report';
import { isCpu } from '../tensor/device';
import { span } from '../tensor/profiler';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { version } from '../version';
import { BEST, checkpointName, writeCheckpoint } from './checkpoint';
import { type EvaluationOptions, RunEvaluator, type TrainingEvaluation } from './evaluation';
import { Grids } from './grids';
import { assertFinite } from './guard';
import { latentShape } from './latent';
import { latestCheckpoint, RunDirectory } from './run-directory';
import { drawSamples, generateImages } from './samples';
import type { StepNumbers } from './scoreboard';
import { type ProfileOptions, StepProfile } from './step-profile';
import { CLASS_COLUMNS, type Report, type Trainer } from './trainer';
import { captureState, restoreState } from './trainer-state';

/** How long to train, and what to leave on disk. */
export interface FitOptions {
  /** The step to reach, those of a resumed run included. */
  readonly steps: number;
  /** The run directory; nothing is written without. */
  readonly out?: string;
  /** Goes on with the run in `out` (false). */
  readonly resume?: boolean;
  /** Steps between reports and lines of metrics.jsonl (10). */
  readonly logEvery?: number;
  /** Steps between sample grids (100). */
  readonly sampleEvery?: number;
  /** Steps between checkpoints (500). */
  readonly checkpointEvery?: number;
  /** Images of a sample grid (64). */
  readonly sampleCount?: number;
  /**
   * When losses are read to see whether they are finite: after each step, or only where they are logged or saved. Reading
   * makes the host wait for the device (`step` on the CPU, `log` on CUDA).
   */
  readonly checkLosses?: 'step' | 'log';
  /** Ends the training after the step in work, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Measures where the time of some steps goes, once. */
  readonly profile?: ProfileOptions;
  /** How `report.html` is written at the end; false for not at all. */
  readonly page?: false | ReportOptions;
  /** Judges the generator now and then, and keeps the best weights in the run's `best/`. */
  readonly evaluation?: EvaluationOptions;
  /** Kept in config.json and in checkpoints, for whoever builds the same model again. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

interface Intervals {
  readonly logEvery: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
}

/** One call of `fit`: what happens around the steps. */
export class Session {
  /** Profiles some of the steps, where that is wanted. */
  profiling: StepProfile | undefined;
  readonly #trainer: Trainer;
  readonly #loader: Loader;
  readonly #options: FitOptions;
  readonly #intervals: Intervals;
  readonly #run: RunDirectory | null;
  readonly #latents: Tensor | null;
  readonly #notes: string[] = [];
  #settings: Readonly<Record<string, unknown>>;
  readonly #checksEachStep: boolean;
  #grids: Grids | undefined;
  #samples: string | undefined;
  #checkpoint: string | undefined;
  #checkpointStep = -1;
  #evaluator: RunEvaluator | undefined;
  #evaluation: TrainingEvaluation | undefined;
  #reported: { step: number; images: number; time: number };

  private constructor(trainer: Trainer, loader: Loader, run: RunDirectory | null, options: FitOptions) {
    const { logEvery = 10, sampleEvery = 100, checkpointEvery = 500, sampleCount = 64 } = options;
    this.#trainer = trainer;
    this.#loader = loader;
    this.#options = options;
    this.#intervals = { logEvery, sampleEvery, checkpointEvery };
    this.#run = run;
    this.#settings = options.settings ?? {};
    this.#checksEachStep = (options.checkLosses ?? (isCpu(trainer.device) ? 'step' : 'log')) === 'step';
    const drawsGrids = run !== null && trainer.sampler !== undefined && [1, 3].includes(loader.spec.channels);
    this.#latents = drawsGrids ? keep(trainer.fixedLatents(sampleCount)) : null;
    this.#reported = { step: trainer.step, images: trainer.images, time: performance.now() };
  }

  /** Opens the run directory, and goes back to its newest checkpoint on `resume`. */
  static async begin(trainer: Trainer, loader: Loader, options: FitOptions): Promise<Session> {
    checkOptions(options);
    if (!options.resume) trainer.choosePrecision(loader);
    const { out, resume = false } = options;
    if (out === undefined) {
      const session = new Session(trainer, loader, null, options);
      await session.#beginEvaluation();
      return session.#beginProfile();
    }
    const run = resume ? await RunDirectory.open(out) : await RunDirectory.create(out);
    const session = new Session(trainer, loader, run, options);
    try {
      if (resume) await session.#restore(run);
      if (session.#drawsGrids) session.#grids = await Grids.begin(loader);
      await session.#beginEvaluation();
      session.#beginProfile();
      // Also on resume: the run may be told to go further than it was.
      await run.writeConfig(session.#config());
      run.openLogs(trainer.step);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  get #drawsGrids(): boolean {
    return this.#latents !== null && Object.keys(this.#trainer.grids).length > 0;
  }

  async #beginEvaluation(): Promise<void> {
    const { evaluation } = this.#options;
    if (!evaluation) return;
    const trainer = this.#trainer;
    const earlier = this.#run ? await this.#run.evaluationsUpTo(trainer.step) : [];
    this.#evaluator = await RunEvaluator.begin(evaluation, trainer, earlier);
  }

  /** Judges the weights as they are now: no random generator, batch statistic or loader moves. */
  async #evaluate(): Promise<void> {
    const trainer = this.#trainer;
    const run = this.#run;
    const checkpoint = this.#checkpointStep === trainer.step ? this.#checkpoint : undefined;
    const evaluation = await this.#evaluator?.evaluate(trainer, {
      folder: run?.path,
      checkpoint: checkpoint && run ? relative(run.path, checkpoint) : undefined,
    });
    if (!evaluation) return;
    if (run && evaluation.isBest) {
      const files = captureState(trainer, this.#loader);
      await writeCheckpoint(join(run.path, BEST), this.#describe(), files);
    }
    await run?.addEvaluation(evaluation.row);
    this.#evaluation = evaluation;
    // The speed that reports tell is that of the training.
    this.#reported = { ...this.#reported, time: this.#reported.time + evaluation.seconds * 1000 };
  }

  #beginProfile(): this {
    const { profile, steps } = this.#options;
    const { device, step } = this.#trainer;
    if (profile)
      this.profiling = new StepProfile(profile, { device, folder: this.#run?.path, steps: steps - step });
    return this;
  }

  /** Checks the step's losses, and logs, samples and saves where it is time; a report where one is due. */
  async afterStep(): Promise<Report | null> {
    const { step, board } = this.#trainer;
    const last = step >= this.#options.steps || this.#options.signal?.aborted === true;
    const due = (interval: number) => last || step % interval === 0;
    const every = this.#evaluator?.every;
    const evaluates = every !== undefined && (step % every === 0 || step >= this.#options.steps);
    const logs = evaluates || due(this.#intervals.logEvery);
    const saves = this.#run !== null && due(this.#intervals.checkpointEvery);
    const numbers = logs || saves || this.#checksEachStep ? board.read() : null;
    if (numbers) assertFinite(numbers.losses, { step, checkpoint: this.#checkpoint });
    if (due(this.#intervals.sampleEvery)) await span('samples', () => this.#drawSamples());
    if (saves) await span('checkpoint', () => this.#save());
    if (evaluates) await span('evaluation', () => this.#evaluate());
    return logs && numbers ? this.#report(numbers) : null;
  }

  /** Saves what an interruption left unsaved. */
  async finish(): Promise<Report | null> {
    const { step } = this.#trainer;
    if (!this.#run || this.#checkpointStep === step || step === 0) return null;
    await this.#drawSamples();
    await this.#save();
    return this.#report(this.#trainer.board.read());
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
    this.#latents?.dispose();
    this.#grids?.dispose();
    this.#run?.close();
  }

  #report(numbers: StepNumbers): Report {
    const { step, images } = this.#trainer;
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
      epoch: this.#loader.state().epoch,
      imagesPerSecond,
      ...numbers,
      samples: this.#samples,
      checkpoint: this.#checkpoint,
      evaluation: this.#takeEvaluation(),
      notes: [...this.#notes.splice(0), ...this.#trainer.takeNotes()],
    };
  }

  #takeEvaluation(): TrainingEvaluation | undefined {
    const evaluation = this.#evaluation;
    this.#evaluation = undefined;
    return evaluation;
  }

  async #drawSamples(): Promise<void> {
    const { sampler, step } = this.#trainer;
    const latents = this.#latents;
    if (!this.#run || !sampler || !latents) return;
    const columns = this.#trainer.latent.classes ? CLASS_COLUMNS : undefined;
    const picture = scope(() => drawSamples(generateImages(sampler, latents), { columns }));
    this.#samples = await this.#run.writeSamples(step, { picture });
    const others = this.#grids?.draw(this.#trainer, (given) => generateImages(sampler, given)) ?? {};
    for (const [name, drawn] of Object.entries(others))
      await this.#run.writeSamples(step, { name, picture: drawn });
  }

  async #save(): Promise<void> {
    const trainer = this.#trainer;
    if (!this.#run) return;
    const files = captureState(trainer, this.#loader);
    const path = join(this.#run.checkpoints, checkpointName(trainer.step));
    await writeCheckpoint(path, this.#describe(), files);
    this.#checkpoint = path;
    this.#checkpointStep = trainer.step;
  }

  async #restore(run: RunDirectory): Promise<void> {
    const { path, description, files, damaged } = await latestCheckpoint(run.path);
    restoreState(this.#trainer, this.#loader, files);
    if (description.precision) this.#trainer.restorePrecision(description.precision);
    this.#settings = this.#options.settings ?? description.settings;
    this.#checkpoint = path;
    this.#checkpointStep = this.#trainer.step;
    this.#reported = { step: this.#trainer.step, images: this.#trainer.images, time: performance.now() };
    for (const problem of damaged) this.#notes.push(`${problem}; going on from ${path}`);
  }

  #describe() {
    const { step, images, precision, networks, generatorName, latent } = this.#trainer;
    const topology = Object.fromEntries(
      Object.entries(networks).map(([name, network]) => [name, network.toString()]),
    );
    return {
      step,
      images,
      precision,
      topology,
      generator: generatorName,
      latentShape: latentShape(latent),
      spec: this.#loader.spec,
      settings: this.#settings,
      versions: versions(),
    };
  }

  #config() {
    const { device, precision, seed, accumulate } = this.#trainer;
    const { times } = this.#trainer.choosePrecision();
    const { topology, latentShape: shape } = this.#describe();
    const { evaluation } = this.#options;
    return {
      settings: this.#settings,
      ...(evaluation ? { evaluation: describeEvaluation(evaluation) } : {}),
      device,
      precision,
      ...(times ? { passMs: times } : {}),
      seed,
      batch: this.#loader.batch,
      accumulate,
      dataset: { name: this.#loader.name, ...this.#loader.spec },
      latentShape: shape,
      topology,
      versions: versions(),
    };
  }
}

function versions(): Record<string, string> {
  return { 'libtorch-gan': version, libtorch: native().version(), node: process.versions.node };
}

function checkOptions({
  steps,
  resume,
  out,
  logEvery,
  sampleEvery,
  checkpointEvery,
  sampleCount,
}: FitOptions): void {
  const counts = { steps, logEvery, sampleEvery, checkpointEvery, sampleCount };
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new UsageError(`fit expected ${name} to be a positive integer but received ${value}`);
  if (resume && out === undefined)
    throw new UsageError('fit expected the run directory in `out` to resume but received none');
}

function describeEvaluation(options: EvaluationOptions) {
  const { features, featuresFrom = features.name, every, metrics, count, bestBy } = options;
  return { every, metrics, count, bestBy, features: featuresFrom, featuresSha256: features.sha256 };
}

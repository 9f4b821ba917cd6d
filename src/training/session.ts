import { join, relative } from 'node:path';
import type { DataIdentity } from '../data/identity';
import { type Loader, nextEpochOf } from '../data/loader';
import { GanError, hasCode, messageOf } from '../errors';
import { ofFirst } from '../parallel/of-first';
import { isCpu } from '../tensor/device';
import { span } from '../tensor/profiler';
import { BEST, checkpointName } from './checkpoint';
import { divergenceOptions } from './divergence-policy';
import { DivergenceWatch } from './divergence-watch';
import { changesOf, sameConfig } from './earlier-changes';
import { earlierWarnings } from './earlier-warnings';
import { evaluationDue, RunEvaluator, type TrainingEvaluation } from './evaluation';
import type { FitOptions } from './fit-options';
import { GameWatch } from './game-watch';
import { changedRates, learningRates, lowerRates, putRates, ratesMade } from './learning-rates';
import { lineOf } from './log-line';
import type { CheckpointDescription } from './manifest';
import { recallEvaluations } from './recall-evaluations';
import type { Report } from './report';
import { resumePoint } from './resume-point';
import { rollbackPoint } from './rollback';
import { type Rollback, rollbackProducts, rollbackSentence } from './rollback-record';
import { describeCheckpoint, describeRun, type RunRecord } from './run-description';
import type { ResumePoint } from './run-directory';
import { RunGrids } from './run-grids';
import { openRun, type RunWriter } from './run-writer';
import { checkSameData } from './same-data';
import type { StepNumbers } from './scoreboard';
import { requireSameData, sharedNumbers } from './shared-numbers';
import { membersNotes } from './shared-random';
import { broadcastModel } from './shared-state';
import { Speed } from './speed';
import { fitLoader, lastStage, placeOf } from './stages';
import { profileOf, type StepProfile } from './step-profile';
import type { Training } from './training';
import { captureState, gatherMembers, nonFiniteState, restoreState } from './training-state';
import { waitedFor } from './waited-for';

type Intervals = Required<Pick<FitOptions, 'logEvery' | 'sampleEvery' | 'checkpointEvery'>>;

/** One call of `fit`: what happens around the steps. */
export class Session {
  /** Profiles some of the steps, where that is wanted. */
  profiling: StepProfile | undefined;
  readonly #training: Training;
  readonly #loader: Loader;
  readonly #options: FitOptions;
  readonly #intervals: Intervals;
  readonly #run: RunWriter | null;
  readonly #notes: string[] = [];
  #settings: Readonly<Record<string, unknown>>;
  #data: DataIdentity | undefined;
  #changes: readonly unknown[] = [];
  #rollbacks: readonly Rollback[] = [];
  readonly #watch: DivergenceWatch;
  #init: Readonly<Record<string, unknown>> | undefined;
  readonly #checksEachStep: boolean;
  readonly #game: GameWatch;
  #grids: RunGrids | undefined;
  #samples: string | undefined;
  #checkpoint: string | undefined;
  #checkpointStep = -1;
  #evaluator: RunEvaluator | undefined;
  #evaluation: TrainingEvaluation | undefined;
  readonly #speed: Speed;

  private constructor(training: Training, loader: Loader, run: RunWriter | null, options: FitOptions) {
    const { logEvery = 10, sampleEvery = 100, checkpointEvery = 500 } = options;
    this.#training = training;
    this.#loader = loader;
    this.#options = options;
    this.#intervals = { logEvery, sampleEvery, checkpointEvery };
    this.#run = run;
    this.#settings = options.settings ?? {};
    this.#watch = new DivergenceWatch(training, divergenceOptions(options));
    this.#game = new GameWatch(training, { logEvery, remedies: options.remedies });
    this.#init = options.init && { ...options.init };
    this.#checksEachStep = (options.checkLosses ?? (isCpu(training.device) ? 'step' : 'log')) === 'step';
    this.#speed = new Speed(training);
  }

  /** Opens the run directory, and goes back to its newest checkpoint on `resume`. */
  static async begin(training: Training, loader: Loader, options: FitOptions): Promise<Session> {
    const { out, resume = false } = options;
    const run = out === undefined ? null : await openRun(out, { resume, group: training.group });
    const session = new Session(training, loader, run, options);
    try {
      if (run) session.#data = await loader.identity?.();
      requireSameData(training.group, loader, session.#data);
      if (run && resume) await session.#restore(run);
      broadcastModel(training);
      if (run) session.#grids = await RunGrids.begin(training, loader, { ...options, viewer: session.#game });
      await session.#beginEvaluation();
      session.profiling = profileOf(training, options);
      // Also on resume: the run may be told to go further than it was.
      await session.#writeConfig();
      run?.openLogs(training.step);
      if (resume) await session.#makeUpEvaluation();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #beginEvaluation(): Promise<void> {
    const { evaluation } = this.#options;
    const training = this.#training;
    if (!evaluation) return;
    this.#evaluator = await RunEvaluator.begin(evaluation, training);
    this.#notes.push(...(await recallEvaluations(this.#run, this.#evaluator, training.step)));
  }

  /** Judges the weights as they are now: no random generator, batch statistic or loader moves. */
  async #evaluate(): Promise<void> {
    const training = this.#training;
    const { group } = training;
    const run = this.#run;
    const checkpoint = this.#checkpointStep === training.step ? this.#checkpoint : undefined;
    const evaluation = await this.#evaluator?.evaluate(training, {
      folder: run?.path,
      checkpoint: checkpoint && run ? relative(run.path, checkpoint) : undefined,
    });
    const isBest = ofFirst(group, () => evaluation?.isBest ?? false);
    if (run && isBest) {
      if (evaluation?.beginsAnew) this.#notes.push(...(await run.setBestAside(training.step)));
      await run.writeCheckpoint(join(run.path, BEST), this.#describe(), this.#captureFinite());
    }
    if (!evaluation) return;
    await run?.addEvaluation(evaluation.row);
    this.#evaluation = evaluation;
    // The speed that reports tell is that of the training.
    this.#speed.leaveOut(evaluation.seconds);
  }

  /** Makes the evaluation that was due after the checkpoint gone on from, where the training ended between the two. */
  async #makeUpEvaluation(): Promise<void> {
    const { step, group } = this.#training;
    const judged = ofFirst(group, () => this.#evaluator?.hasJudged(step) ?? true);
    if (judged || !evaluationDue(this.#options, step)) return;
    this.#notes.push(`step ${step} was not judged when the run ended: it is judged now`);
    await waitedFor(group, 'evaluation', () => this.#evaluate());
  }

  /**
   * Checks the step's losses, and logs, samples and saves where it is time, or goes back to a checkpoint where the step was not finite and
   * that is wanted; a report where one is due.
   */
  async afterStep(): Promise<Report | null> {
    try {
      return await this.#lookAtStep();
    } catch (error) {
      const run = this.#run;
      if (!run || this.#watch.policy.onDivergence !== 'rollback' || !hasCode(error, 'ERR_DIVERGED'))
        throw error;
      return await waitedFor(this.#training.group, 'going back', () => this.#goBack(run, error));
    }
  }

  async #lookAtStep(): Promise<Report | null> {
    const { step, board, group } = this.#training;
    const last = step >= this.#options.steps || this.#options.signal?.aborted === true;
    const due = (interval: number) => last || step % interval === 0;
    const evaluates = evaluationDue(this.#options, step);
    const logs = evaluates || due(this.#intervals.logEvery);
    const saves = this.#run !== null && due(this.#intervals.checkpointEvery);
    const own = logs || saves || this.#checksEachStep ? board.read() : null;
    const numbers = own && logs ? sharedNumbers(group, own) : own;
    if (numbers) this.#notes.push(...this.#watch.check(numbers, this.#checkpoint));
    this.#game.afterStep(logs ? numbers : null);
    // Before the checkpoint: what goes on from it does not write them again. The line first: a picture that fails ends the training.
    await this.#orSave(async () => {
      if (logs && numbers) this.#log(numbers);
      if (due(this.#intervals.sampleEvery))
        await span('samples', () => waitedFor(group, 'samples', () => this.#drawSamples()));
      await this.#tellGame();
    });
    if (saves) await span('checkpoint', () => waitedFor(group, 'checkpoint', () => this.#save()));
    if (evaluates)
      await this.#orSave(() =>
        span('evaluation', () => waitedFor(group, 'evaluation', () => this.#evaluate())),
      );
    return logs && numbers ? this.#report(numbers) : null;
  }

  /** Saves what an interruption left unsaved, and reports an evaluation that no step did after. */
  async finish(): Promise<Report | null> {
    const { step, board, group } = this.#training;
    if (!this.#run || this.#checkpointStep === step || step === 0)
      return this.#evaluation ? this.#report(board.read()) : null;
    const numbers = sharedNumbers(group, board.read());
    this.#notes.push(...this.#watch.check(numbers, this.#checkpoint));
    await this.#orSave(async () => {
      this.#log(numbers);
      await waitedFor(group, 'samples', () => this.#drawSamples());
    });
    await waitedFor(group, 'checkpoint', () => this.#save());
    return this.#report(numbers);
  }

  /** Draws the run's page anew. */
  async writePage(): Promise<void> {
    const { page = {} } = this.#options;
    if (page) await this.#run?.writePage(page);
  }

  /** Closes the logs and releases what the session held. */
  close(): void {
    this.profiling?.close();
    this.#evaluator?.dispose();
    this.#grids?.dispose();
    this.#game.dispose();
    this.#run?.close();
  }

  #log(numbers: StepNumbers): void {
    const { step } = this.#training;
    // An interruption may report a step again, with the checkpoint it has now: the logs have its line already.
    if (step <= this.#speed.step) return;
    const speed = this.#speed.measure();
    const skipped = this.#watch.logged(numbers);
    this.#run?.log(
      step,
      lineOf(this.#training, { speed, numbers, skipped, rollbacks: this.#rollbacks.length }),
    );
  }

  #report(numbers: StepNumbers): Report {
    return {
      step: this.#training.step,
      steps: this.#options.steps,
      stage: placeOf(this.#training),
      epoch: this.#loader.epoch,
      imagesPerSecond: this.#speed.imagesPerSecond,
      losses: numbers.losses,
      statistics: numbers.statistics,
      skipped: this.#watch.skipped(numbers),
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
    if (this.#run && this.#grids) this.#samples = await this.#grids.write(this.#run, this.#training);
  }

  async #tellGame(): Promise<void> {
    const fresh = this.#game.take();
    if (!fresh) return;
    this.#notes.push(...fresh);
    await this.#writeConfig();
  }

  async #save(): Promise<void> {
    if (!this.#run) return;
    await this.#orSave(async () => this.#run?.syncLogs());
    await this.#writeCheckpoint(this.#run);
    const { keep = 3 } = this.#options;
    // What cannot be deleted costs room, and is no reason to end.
    await this.#run
      .removeOldCheckpoints({ keep, step: this.#checkpointStep })
      .catch((error) => this.#notes.push(`an old checkpoint stays: ${messageOf(error)}`));
  }

  async #writeCheckpoint(run: RunWriter): Promise<void> {
    const { step } = this.#training;
    const path = join(run.checkpoints, checkpointName(step));
    await run.writeCheckpoint(path, this.#describe(), this.#captureFinite());
    this.#checkpoint = path;
    this.#checkpointStep = step;
  }

  /** Where something else than a checkpoint cannot be written, the training ends: what it learned is saved before, if that can be. */
  async #orSave(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const { step, board, group } = this.#training;
      // A checkpoint is made by all, and the others know of no error.
      if (!this.#run || group.size > 1 || !hasCode(error, 'ERR_CANNOT_WRITE')) throw error;
      if (this.#watch.allows(board.read()) && this.#checkpointStep !== step)
        await this.#writeCheckpoint(this.#run).catch(() => undefined);
      if (this.#checkpointStep !== step) throw error;
      const message = `${messageOf(error)}; the training so far is in ${this.#checkpoint}`;
      throw new GanError('ERR_CANNOT_WRITE', message, { cause: error });
    }
  }

  /** @throws GanError `ERR_DIVERGED` where what would be saved is not finite: the last good checkpoint stays the newest */
  #captureFinite(): ReturnType<typeof captureState> {
    const training = this.#training;
    const found = nonFiniteState(training);
    const members = gatherMembers(training);
    if (found === null) return training.group.rank > 0 ? {} : captureState(training, members);
    throw this.#watch.diverged(
      `finite weights but ${found} holds NaN or infinity, and was not saved`,
      this.#checkpoint,
    );
  }

  async #restore(run: RunWriter): Promise<void> {
    const { resumeStep, steps, changes = [] } = this.#options;
    const point = await resumePoint(this.#training, { run: run.path, step: resumeStep, steps });
    const { path, description, damaged } = point;
    const { phases } = this.#training;
    this.#settings = this.#options.settings ?? description.settings;
    this.#init = description.init;
    this.#rollbacks = description.rollbacks ?? [];
    const made = ratesMade(phases);
    this.#notes.push(...this.#load(point));
    // Before rates are changed: what is told here is what a schedule of another length changes.
    this.#notes.push(...changedRates(description.learningRates ?? {}, learningRates(phases)));
    const isChanged = changes.length > 0 || !sameConfig(this.#settings, description.settings);
    if (isChanged) putRates(phases, { made, lowered: rollbackProducts(this.#rollbacks) });
    const config = join(run.path, 'config.json');
    const { all, fresh } = changesOf(config, { step: this.#training.step, changes, until: resumeStep });
    this.#changes = all;
    this.#notes.push(...fresh);
    if (description.precision) this.#training.restorePrecision(description.precision);
    this.#watch.resume();
    this.#game.resume(earlierWarnings(config, resumeStep));
    for (const problem of damaged) this.#notes.push(`${problem}; going on from ${path}`);
    // A training that goes on otherwise does not come to them again.
    if (resumeStep !== undefined || isChanged)
      this.#notes.push(...(await run.setAsideAfter(this.#training.step)));
    // What the model is now is read from its newest checkpoint, and a resume brings that to what config.json says, which therefore goes first.
    if (isChanged) await this.#writeConfig().then(() => this.#writeCheckpoint(run));
  }

  /** Puts a checkpoint's state and place in the data into the training; returns what is to be told of the data. */
  #load({ path, description, files }: ResumePoint): readonly string[] {
    const found = { loader: this.#loader, data: this.#data, settings: this.#settings };
    const { stages } = this.#training;
    if (stages) fitLoader(this.#loader, lastStage(stages, description.step));
    const { notes, keepsPlace } = checkSameData(description, found);
    restoreState(this.#training, files);
    this.#loader.setState(keepsPlace ? description.loader : nextEpochOf(this.#loader, description.loader));
    this.#checkpoint = path;
    this.#checkpointStep = this.#training.step;
    this.#speed.restart();
    return [...notes, ...membersNotes(this.#training, files.state)];
  }

  /**
   * Goes back to the newest finite checkpoint, and lowers the learning rates. That checkpoint is written again with them, so that a resume
   * from it is of this training.
   */
  async #goBack(run: RunWriter, cause: unknown): Promise<Report> {
    const training = this.#training;
    const { rollbackFactor: factor, rollbackLimit: limit } = this.#watch.policy;
    const [from, done] = [training.step, this.#rollbacks.length];
    const point = await rollbackPoint(run.path, training, { done, limit, cause });
    this.#load(point);
    training.board.clear();
    lowerRates(training.phases, factor);
    const rates = learningRates(training.phases);
    const rollback = { from, to: training.step, problem: this.#watch.problem, factor, learningRates: rates };
    this.#rollbacks = [...this.#rollbacks, rollback];
    this.#game.goBack();
    this.#notes.push(...(await run.setAsideAfter(training.step)));
    await this.#writeCheckpoint(run);
    run.openLogs(training.step);
    this.#notes.push(...(await recallEvaluations(run, this.#evaluator, training.step)));
    await this.#writeConfig();
    this.#notes.push(...point.damaged, rollbackSentence(rollback, { number: done + 1, limit }));
    return this.#report(training.board.read());
  }

  async #writeConfig(): Promise<void> {
    await this.#run?.writeConfig(describeRun(this.#training, this.#loader, this.#record()));
  }

  #describe(): CheckpointDescription {
    return describeCheckpoint(this.#training, this.#loader, this.#record());
  }

  #record(): RunRecord {
    const { evaluation, fixedLength } = this.#options;
    return {
      settings: this.#settings,
      fixedLength,
      data: this.#data,
      changes: this.#changes,
      rollbacks: this.#rollbacks,
      warnings: this.#game.warnings,
      init: this.#init,
      evaluation,
    };
  }
}

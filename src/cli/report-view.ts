import { join } from 'node:path';
import { recipeFlag } from '../io/program-name';
import { metricFacts, readEvaluations, sameProtocol } from '../report/evaluations';
import { type ModelUse, useOfModel } from '../report/model-use';
import type { Profile } from '../report/profile';
import { formatProfile } from '../report/profile-table';
import { createProgress, formatRate, type Progress } from '../report/progress';
import { formatCount, formatMeasured, formatValue, summaryLines } from '../report/summary';
import { BEST } from '../training/checkpoint';
import type { TrainingEvaluation } from '../training/evaluation';
import type { Report } from '../training/report';
import { commandLine } from './command-line';
import type { Terminal } from './terminal';

/** What a {@link ReportView} is told at its start. */
export interface ReportViewOptions {
  readonly terminal: Terminal;
  /** The step to reach. */
  readonly steps: number;
  /** The run directory. */
  readonly folder: string;
  /** The recipe as the settings have it: commands that are printed name it where it is a file. */
  readonly recipe?: string;
  /** Whether steps were done before: how many, the first report tells. */
  readonly resumed: boolean;
  /** (`sample`) */
  readonly use?: ModelUse;
  /** Why the run stays as long as it is (it can be made longer). */
  readonly fixedLength?: string;
  /** The time in milliseconds (`performance.now`). */
  readonly now?: () => number;
  /** Is told what is warned of. */
  readonly onNote?: (note: string) => void;
}

/** Shows a training on the terminal: its reports as they come, and in the end where to find what it left. */
export class ReportView {
  readonly #options: ReportViewOptions;
  readonly #now: () => number;
  #progress: Progress | undefined;
  #last: Report | undefined;
  #time: number;
  #seconds = 0;
  #images = 0;
  #evaluated: TrainingEvaluation | undefined;
  #evaluationSeconds = 0;

  constructor(options: ReportViewOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#time = this.#now();
    if (!options.resumed) this.#begin(0);
  }

  /** Shows one report. */
  show(report: Report): void {
    const { terminal } = this.#options;
    if (!this.#progress) this.#begin(report.step);
    this.#count(report);
    this.#showStage(report);
    this.#last = report;
    for (const note of report.notes) this.warn(note);
    if (report.evaluation) this.#showEvaluation(report.evaluation);
    this.#progress?.update(report);
    const { notes: _notes, ...numbers } = report;
    terminal.record({ event: 'report', ...numbers });
  }

  /** Says which stage began since the report before. */
  #showStage({ step, stage }: Report): void {
    if (!stage || stage.name === this.#last?.stage?.name) return;
    this.#say(`step ${formatCount(step)}: stage ${stage.number} of ${stage.of}, ${stage.name}`);
  }

  #say(line: string): void {
    if (this.#progress) this.#progress.note(line);
    else this.#options.terminal.log(line);
  }

  /** Shows where the time of the profiled steps went, above the progress. */
  showProfile(profile: Profile): void {
    const { terminal, folder } = this.#options;
    const files = ['profile.json', 'trace.json'].map((name) => join(folder, name));
    const lines = ['', ...formatProfile(profile), '', `profile  ${files.join(', ')}`, ''];
    for (const line of lines) this.#say(line);
    terminal.record({ event: 'profile', ...profile, files });
  }

  /** Says that the training ends early. The bar gives way to plain lines: a second signal would leave its cursor hidden. */
  interrupt(line: string): void {
    const { terminal } = this.#options;
    this.stop();
    terminal.log(line);
    this.#begin(this.#last?.step ?? 0, { bar: false });
  }

  /** Writes a warning, also with `--quiet`. */
  warn(line: string): void {
    this.#options.onNote?.(line);
    if (this.#progress) this.#progress.note(`warning: ${line}`);
    else this.#options.terminal.warn(line);
  }

  /** Ends the progress, so that other lines can follow. */
  stop(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  /** Tells what the training left, and what to type next. */
  conclude({ interrupted }: { readonly interrupted: boolean }): void {
    const { terminal, folder, steps, fixedLength } = this.#options;
    const last = this.#last;
    if (!last) {
      if (interrupted) {
        const nothing = this.#options.resumed
          ? 'interrupted before a step was done: nothing was trained since'
          : 'interrupted before the first step: nothing was trained';
        terminal.warn(nothing);
        return;
      }
      const further = fixedLength
        ? `it cannot be made longer, for ${fixedLength}`
        : 'give --steps a larger number to go on';
      terminal.warn(`${folder} was trained for ${steps} steps or more already: ${further}`);
      return;
    }
    const { samples, checkpoint, step } = last;
    const next = interrupted
      ? commandLine('train', ['--resume', folder, ...recipeFlag(this.#options.recipe)])
      : useCommand(this.#options);
    const imagesPerSecond = this.#seconds > 0 ? this.#images / this.#seconds : last.imagesPerSecond;
    const best = this.#evaluated && join(folder, BEST);
    const report = join(folder, 'report.html');
    for (const line of this.#summary()) terminal.result(line);
    const speed = `${formatRate(imagesPerSecond)} images/s${this.#share()}`;
    for (const [name, text] of Object.entries({ samples, checkpoint, best, report, speed, next }))
      if (text !== undefined) terminal.result(`${name.padEnd(11)}${text}`);
    const evaluation = this.#evaluated && { ...this.#evaluated, seconds: this.#evaluationSeconds };
    terminal.record({
      event: 'end',
      step,
      interrupted,
      samples,
      checkpoint,
      best,
      report,
      imagesPerSecond,
      evaluation,
      next,
    });
  }

  #showEvaluation(evaluation: TrainingEvaluation): void {
    const { row, isBest, collapse, best } = evaluation;
    const earlier = this.#evaluated;
    this.#evaluated = evaluation;
    this.#evaluationSeconds += evaluation.seconds;
    const numbers = Object.entries(row.metrics).map(
      ([name, value]) => `${metricFacts(name).label} ${formatMeasured({ value, error: row.errors[name] })}`,
    );
    const line = `step ${formatCount(row.step)}: ${numbers.join(', ')}${isBest ? ', the best so far' : ''}`;
    this.#say(line);
    // Once when it happens, not with each evaluation after it.
    if (collapse !== undefined && earlier?.collapse === undefined)
      this.warn(
        `${collapse}: ${join(this.#options.folder, BEST)} has the weights of step ${formatCount(best.step)}`,
      );
  }

  /** Of the whole run, what was judged before it was resumed included, as far as it can be compared with the newest. */
  #summary(): string[] {
    if (!this.#evaluated) return [];
    const { protocol } = this.#evaluated.row;
    const rows = readEvaluations(join(this.#options.folder, 'evaluations.jsonl'));
    return summaryLines(
      rows.filter((row) => row.source === 'training' && sameProtocol(row.protocol, protocol)),
    );
  }

  /** How much of the time went into evaluations. */
  #share(): string {
    const total = this.#seconds + this.#evaluationSeconds;
    if (!this.#evaluated || total === 0) return '';
    return `, evaluation ${formatValue((100 * this.#evaluationSeconds) / total)} % of the time`;
  }

  #begin(start: number, { bar = this.#options.terminal.lively } = {}): void {
    const { terminal, steps } = this.#options;
    if (terminal.showsProgress)
      this.#progress = createProgress({ steps, start, stream: terminal.stderr, bar, now: terminal.now });
  }

  /** Weighs each report's speed with the time since the one before. */
  #count(report: Report): void {
    const now = this.#now();
    const seconds = (now - this.#time) / 1000 - (report.evaluation?.seconds ?? 0);
    this.#time = now;
    this.#seconds += seconds;
    this.#images += seconds * report.imagesPerSecond;
  }
}

/** What to type to use the trained model. */
function useCommand({ folder, recipe, use = 'sample' }: ReportViewOptions): string {
  return commandLine(...useOfModel(use, { checkpoint: folder, recipe: recipeFlag(recipe) }));
}

import type { GanError } from '../errors';
import type { Divergence } from './divergence-policy';
import { diverged, divergenceOf } from './guard';
import { SKIPPED_PREFIX } from './log-names';
import type { StepNumbers } from './scoreboard';
import type { Training } from './training';

/** Looks at the numbers of steps for what is not finite, by a training's policy. */
export class DivergenceWatch {
  readonly policy: Divergence;
  readonly #training: Training;
  readonly #told = new Set<string>();
  #problem = '';

  constructor(training: Training, policy: Divergence) {
    this.#training = training;
    this.policy = policy;
  }

  /** What was expected and what came, of the newest error. */
  get problem(): string {
    return this.#problem;
  }

  /**
   * @param checkpoint the last good one
   * @returns sentences for the user: the first of a phase's skipped updates
   * @throws GanError `ERR_DIVERGED`: the step, what was not finite, and that checkpoint
   */
  check(numbers: StepNumbers, checkpoint: string | undefined): string[] {
    const problem = divergenceOf(numbers, this.policy);
    if (problem !== null) throw this.diverged(problem, checkpoint);
    const fresh = Object.entries(this.skipped(numbers) ?? {}).filter(
      ([phase, count]) => count > 0 && !this.#told.has(phase),
    );
    for (const [phase] of fresh) this.#told.add(phase);
    return fresh.map(([phase]) => this.#sentence(phase));
  }

  /** Whether the numbers are such that a checkpoint may be written. */
  allows(numbers: StepNumbers): boolean {
    return divergenceOf(numbers, this.policy) === null;
  }

  /** The error; `problem` says what was expected and what came. */
  diverged(problem: string, checkpoint: string | undefined): GanError {
    this.#problem = problem;
    return diverged({ step: this.#training.step, checkpoint }, problem);
  }

  /** How many updates of each phase were skipped; undefined where none ever is. */
  skipped({ faults }: StepNumbers): Readonly<Record<string, number>> | undefined {
    return this.policy.onDivergence === 'skip' ? faults : undefined;
  }

  /** The same as numbers of a line of the log. */
  logged(numbers: StepNumbers): Readonly<Record<string, number>> {
    const entries = Object.entries(this.skipped(numbers) ?? {});
    return Object.fromEntries(entries.map(([phase, count]) => [SKIPPED_PREFIX + phase, count]));
  }

  /** Tells nothing of phases that have skipped updates already: their run has, before it was resumed. */
  resume(): void {
    for (const { name, guard } of this.#training.phases) if (guard.counts.count > 0) this.#told.add(name);
  }

  #sentence(phase: string): string {
    return `an update of phase ${phase} whose loss or gradients were not finite was skipped, at step ${this.#training.step} or shortly before: the log counts them as ${SKIPPED_PREFIX}${phase}`;
  }
}

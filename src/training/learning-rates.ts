import type { PhaseRun } from './running-phases';

/** The learning rates of a training's phases, one a parameter group, each times its schedule's factor for the next update. */
export type LearningRates = Readonly<Record<string, readonly number[]>>;

/** Those in force now. */
export function learningRates(phases: readonly PhaseRun[]): LearningRates {
  return Object.fromEntries(phases.map(({ name, running }) => [name, running.lr]));
}

/** Multiplies the learning rates of all phases; those that share an optimizer have theirs multiplied once. */
export function lowerRates(phases: readonly PhaseRun[], factor: number): void {
  for (const group of groupsOf(phases)) group.lr *= factor;
}

/** Those that the optimizers have now, of all groups: before a checkpoint is loaded, what they were made with. */
export function ratesMade(phases: readonly PhaseRun[]): readonly number[] {
  return groupsOf(phases).map(({ lr }) => lr);
}

/**
 * Puts the learning rates that optimizers are made with now in the place of those of the checkpoint that was loaded. Where one is what it was
 * made with before, the lowered one of the checkpoint stays.
 *
 * @param options.lowered what rollbacks since some time have multiplied those of the checkpoint by
 */
export function putRates(
  phases: readonly PhaseRun[],
  { made, lowered }: { readonly made: readonly number[]; readonly lowered: readonly number[] },
): void {
  for (const [i, group] of groupsOf(phases).entries()) {
    const isSaved = (factor: number) => Math.abs(made[i] * factor - group.lr) <= 1e-9 * group.lr;
    if (!lowered.some(isSaved)) group.lr = made[i];
  }
}

function groupsOf(phases: readonly PhaseRun[]) {
  return [...new Set(phases.map(({ running }) => running))].flatMap(({ groups }) => groups);
}

/** The names that {@link loggedRates} gives begin so, and no other number of the log does. */
export const RATE_PREFIX = 'learningRate/';

/** As numbers of a line of the log: `learningRate/D`, of several groups `learningRate/D.0` and so on. */
export function loggedRates(phases: readonly PhaseRun[]): Record<string, number> {
  const entries = Object.entries(learningRates(phases)).flatMap(([phase, rates]) =>
    rates.map((rate, group): [string, number] => [
      RATE_PREFIX + (rates.length > 1 ? `${phase}.${group}` : phase),
      rate,
    ]),
  );
  return Object.fromEntries(entries);
}

/**
 * What a resumed run should be told: the phases that go on at another rate than its checkpoint left off at, a sentence each. A schedule that
 * ends with the training is stretched where the training is made longer, and then the rate jumps.
 */
export function changedRates(before: LearningRates, now: LearningRates): string[] {
  return Object.entries(now)
    .filter(([phase, rates]) => before[phase] && String(before[phase]) !== String(rates))
    .map(
      ([phase, rates]) =>
        `phase ${phase} goes on at the learning rate ${rates.join(', ')} and not at ${before[phase].join(', ')}: its schedule was made for another number of steps, so the run is no longer one that was this long from the start`,
    );
}

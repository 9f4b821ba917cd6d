import { positiveInteger } from '../check';

/**
 * A learning-rate schedule: the factor that multiplies lr in the step with this index, counted from 0. A pure function, so
 * a resumed run needs nothing but its step.
 */
export type Schedule = (step: number) => number;

/** A schedule between two factors over a number of steps. */
export interface RampOptions {
  /** The factor of step 0 (1). */
  readonly from?: number;
  /** The factor of step `steps` and every later one (0). */
  readonly to?: number;
  /** How many steps the way takes. */
  readonly steps: number;
}

/** The same factor in every step. */
export function constant(factor = 1): Schedule {
  return () => factor;
}

/**
 * A straight line: from + (to − from) · min(1, step / steps).
 *
 * @throws UsageError unless `steps` is a positive integer
 */
export function linear({ from = 1, to = 0, steps }: RampOptions): Schedule {
  positiveInteger('linear', 'steps', steps);
  return (step) => from + (to - from) * Math.min(1, step / steps);
}

/**
 * Half a cosine wave: to + (from − to) · (1 + cos(π · min(1, step / steps))) / 2 (Loshchilov & Hutter 2017, without restarts).
 *
 * @throws UsageError unless `steps` is a positive integer
 */
export function cosine({ from = 1, to = 0, steps }: RampOptions): Schedule {
  positiveInteger('cosine', 'steps', steps);
  return (step) => to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)));
}

/**
 * Rises in equal parts to 1: (step + 1) / steps, so the first step moves too; then comes `followedBy`, which counts its steps
 * from the end of the warm-up.
 *
 * @throws UsageError unless `steps` is a positive integer
 */
export function warmUp({
  steps,
  followedBy = constant(),
}: {
  readonly steps: number;
  readonly followedBy?: Schedule;
}): Schedule {
  positiveInteger('warmUp', 'steps', steps);
  return (step) => (step < steps ? (step + 1) / steps : followedBy(step - steps));
}

/**
 * Schedules one after another, each counting from its own start; the last goes on for ever. CycleGAN's is
 * `sequence([{ schedule: constant(), steps: n }], linear({ steps: n }))`.
 *
 * @throws UsageError unless every part's `steps` is a positive integer
 */
export function sequence(
  parts: readonly { readonly schedule: Schedule; readonly steps: number }[],
  last: Schedule,
): Schedule {
  for (const { steps } of parts) positiveInteger('sequence', 'steps', steps);
  return (step) => {
    let start = 0;
    for (const { schedule, steps } of parts) {
      if (step < start + steps) return schedule(step - start);
      start += steps;
    }
    return last(step - start);
  };
}

/** The product of several schedules. */
export function product(...schedules: readonly Schedule[]): Schedule {
  return (step) => schedules.reduce((factor, schedule) => factor * schedule(step), 1);
}

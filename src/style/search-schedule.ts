import type { Schedule } from '../optim/schedule';

/** Shares of the search: in which the rate rises, in which it falls, and in which w is disturbed. */
const [RISE, FALL, DISTURBED] = [0.05, 0.25, 0.75];
/** How much of the spread of w the noise is at the start. */
const NOISE = 0.05;

/** The factor of the learning rate (Karras et al. 2020, appendix D): it rises in equal parts over the first 5 %, and falls to 0 as half a cosine over the last quarter. */
export function rateOfStep(steps: number): Schedule {
  const rise = Math.max(1, Math.round(RISE * steps));
  return (step) => {
    const left = Math.min(1, (1 - step / steps) / FALL);
    return Math.min(1, (step + 1) / rise) * 0.5 * (1 - Math.cos(Math.PI * left));
  };
}

/** The noise on w in a step, in spreads of w: 0.05 · max(0, 1 − t / 0.75)², t the share of the search that is over. */
export function noiseOfStep(step: number, steps: number): number {
  return NOISE * Math.max(0, 1 - step / steps / DISTURBED) ** 2;
}

import type { Game, GameProblem, GameScore } from './game';
import type { StepNumbers } from './scoreboard';

/**
 * When a game counts as gone wrong, and as healthy again. docs/reliability.md has the runs that these numbers come from: what healthy trainings
 * reach lies well on the other side.
 */
export const LIMITS = {
  /** Steps at the start in which everything is allowed: networks begin far from what they become. */
  silentSteps: 200,
  /** Steps, and readings, that the discriminator must have won through. Easy images leave a healthy generator behind for some hundreds of steps. */
  window: { steps: 500, readings: 10 },
  /** How sure it must be, from 0 (it guesses) to 1 (it knows), in so many of the readings, and in so many of the last ones in the mean. */
  sure: { certainty: 0.99, share: 0.9, last: 5 },
  /** Healthy again: the mean of the last readings. */
  unsure: 0.95,
  /** By what part of itself the generator's loss falls where it comes back. */
  comesBack: 0.05,
  /**
   * Nearest distance among fakes, in that among real images, in so many sample grids one after the other: all the same, or so much of the most that there
   * was. Less than real images have is no fault by itself: a generator may need a thousand steps to come near them, and begin with noise, which differs more.
   */
  collapsed: { silentSteps: 400, diversity: 0.02, ofMost: 0.35, grids: 3 },
  /** Healthy again. */
  diverse: { diversity: 0.04, ofMost: 0.6 },
  /** How many times as far, relative to their size, one network's weights go in a step, in the median of the last looks. */
  apart: { ratio: 10, looks: 6 },
  /** Healthy again. */
  together: 6,
  /** Steps between looks at the weights. */
  lookEvery: 50,
} as const;

/** What a look at a game found. */
export interface Finding {
  readonly problem: GameProblem;
  /** Whether it is there now, or no more. */
  readonly isThere: boolean;
  /** What was seen, for a sentence. */
  readonly seen: string;
}

interface Reading {
  readonly step: number;
  readonly certainty: number;
  /** The generator's loss. */
  readonly opposed: number;
}

/** Follows one game: each problem is found once, and again only after it was over. */
export class GameHealth {
  readonly #game: Game;
  readonly #there: Set<GameProblem>;
  #readings: Reading[] = [];
  #collapsed = 0;
  /** The largest diversity after the first steps. */
  #most = 0;
  /** Of the generator's movement to the discriminator's. */
  #ratios: readonly number[] = [];

  /** @param there what was found before, and was not over */
  constructor(game: Game, there: readonly GameProblem[] = []) {
    this.#game = game;
    this.#there = new Set(there);
  }

  /** Looks at the numbers of a step. */
  numbers(step: number, numbers: StepNumbers): Finding | null {
    const { score } = this.#game;
    const reading = score && readingOf(score, step, numbers);
    if (!reading || step <= LIMITS.silentSteps) return null;
    this.#readings.push(reading);
    const { window, sure, unsure } = LIMITS;
    while (this.#readings.length > window.readings && this.#readings[1].step <= step - window.steps)
      this.#readings.shift();
    const readings = this.#readings;
    if (readings.length < window.readings || readings[0].step > step - window.steps) return null;
    const isSure = readings.filter(({ certainty }) => certainty >= sure.certainty).length;
    const last = meanOf(readings.slice(-sure.last).map(({ certainty }) => certainty));
    return this.#found('discriminator-wins', {
      isBad: isSure >= sure.share * readings.length && last >= sure.certainty && !comesBack(readings),
      isGood: last < unsure,
      seen: `for ${step - readings[0].step} steps the discriminator${this.#named()} has told real from fake nearly always (${score.probabilities ? probabilitiesText(score.probabilities, numbers) : `its loss is ${percent(1 - last)} of what guessing costs`}), and the generator's loss does not come back`,
    });
  }

  /** @param diversity the nearest distance among fakes, in that among real images */
  diversity(step: number, diversity: number): Finding | null {
    const { collapsed, diverse } = LIMITS;
    if (step <= collapsed.silentSteps || !Number.isFinite(diversity)) return null;
    const bound = (limit: typeof collapsed | typeof diverse) =>
      Math.max(limit.diversity, limit.ofMost * this.#most);
    this.#collapsed = diversity < bound(collapsed) ? this.#collapsed + 1 : 0;
    this.#most = Math.max(this.#most, diversity);
    const before = this.#most > collapsed.diversity ? `; it was ${percent(this.#most)}` : '';
    return this.#found('generator-collapses', {
      isBad: this.#collapsed >= collapsed.grids,
      isGood: diversity >= bound(diverse),
      seen: `the generator${this.#named()} makes the same images again and again: in the last ${this.#collapsed} sample grids the nearest other image is ${percent(diversity)} as far as among real images${before}`,
    });
  }

  /** @param movements |Δw| / |w| of a step */
  movements(
    step: number,
    movements: { readonly generator: number; readonly discriminator: number },
  ): readonly Finding[] {
    const ratio = movements.generator / movements.discriminator;
    // A network that stands still is one that this stage does not train.
    if (step <= LIMITS.silentSteps || !Number.isFinite(ratio) || ratio === 0) return [];
    this.#ratios = [...this.#ratios, ratio].slice(-LIMITS.apart.looks);
    const usual = lowerMedian(this.#ratios);
    return [
      this.#faster('generator', 'discriminator', usual),
      this.#faster('discriminator', 'generator', 1 / usual),
    ].filter((finding) => finding !== null);
  }

  /** Forgets what was read: the training has gone elsewhere. */
  restart(there: readonly GameProblem[]): void {
    this.#readings = [];
    this.#collapsed = 0;
    this.#most = 0;
    this.#ratios = [];
    this.#there.clear();
    for (const problem of there) this.#there.add(problem);
  }

  #faster(
    fast: 'generator' | 'discriminator',
    slow: 'generator' | 'discriminator',
    ratio: number,
  ): Finding | null {
    const { apart, together, lookEvery } = LIMITS;
    return this.#found(`${fast}-faster`, {
      isBad: this.#ratios.length === apart.looks && ratio > apart.ratio,
      isGood: ratio <= together,
      seen: `for ${apart.looks * lookEvery} steps the weights of the ${fast}${this.#named()} have moved ${ratio.toFixed(0)} times as fast as those of the ${slow}, relative to their size`,
    });
  }

  #found(
    problem: GameProblem,
    { isBad, isGood, seen }: { readonly isBad: boolean; readonly isGood: boolean; readonly seen: string },
  ): Finding | null {
    const isThere = this.#there.has(problem);
    if (isThere ? !isGood : !isBad) return null;
    if (isThere) this.#there.delete(problem);
    else this.#there.add(problem);
    return { problem, isThere: !isThere, seen };
  }

  #named(): string {
    const { name } = this.#game;
    return name === undefined ? '' : ` (${name})`;
  }
}

/** How sure D is, by what tells it best: a penalty in its loss hides it, and losses without probabilities have none. */
function readingOf(score: GameScore, step: number, { losses, statistics }: StepNumbers): Reading | null {
  const all = { ...statistics, ...losses };
  const { guessing, knowing } = score.ends;
  const byLoss = 1 - (all[score.discriminator] - knowing) / (guessing - knowing);
  const { real, fake } = score.probabilities ?? {};
  const byProbabilities = real === undefined || fake === undefined ? Number.NaN : all[real] - all[fake];
  const certainty = Math.max(...[byLoss, byProbabilities].filter(Number.isFinite));
  const opposed = all[score.generator];
  return Number.isFinite(certainty) && Number.isFinite(opposed) ? { step, certainty, opposed } : null;
}

function comesBack(readings: readonly Reading[]): boolean {
  const half = Math.floor(readings.length / 2);
  const losses = readings.map(({ opposed }) => opposed);
  const [before, after] = [losses.slice(0, half), losses.slice(-half)].map(meanOf);
  return before - after > LIMITS.comesBack * Math.abs(before);
}

function probabilitiesText(
  { real, fake }: { readonly real: string; readonly fake: string },
  { statistics }: StepNumbers,
): string {
  const said = (name: string): string => `${name} ${Number(statistics[name].toPrecision(2))}`;
  return `${said(real)}, ${said(fake)}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

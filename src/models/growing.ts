import { GanError, UsageError } from '../errors';
import { Module } from '../nn/module';
import type { LoadReport, StateDict } from '../nn/state-dict';
import { noGrad } from '../tensor/autograd';
import { full } from '../tensor/create';
import { interpolate } from '../tensor/functional';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/** Height and width of the lowest level. */
export const FIRST_SIDE = 4;

/** Height and width of a level's images, counted from 0. */
export function sideOf(level: number): number {
  return FIRST_SIDE * 2 ** level;
}

/** low + alpha · (high − low) for an alpha []; also where autocast made one of the two. */
export function fade(low: Tensor, high: Tensor, alpha: Tensor): Tensor {
  return low.add(high.sub(low).mul(alpha));
}

/** Images of half the size, each pixel four times: [N, C, H, W] → [N, C, 2H, 2W]. */
export function doubled(images: Tensor): Tensor {
  return interpolate(images, { scaleFactor: 2 });
}

/**
 * A network with a level for each image size from 4 × 4 on, all of them built, which works at one of them: whole, or while that level fades in beside
 * the one below. Buffers `level` and `alpha` (float32, []) say where it is, so that a state does; it starts as fully grown.
 */
export abstract class GrowingNetwork extends Module {
  /** The highest level, counted from 0. */
  readonly lastLevel: number;
  /** The level that it works at. */
  level: number;
  /** Whether that level is fading in. */
  fading = false;
  /** How much of the level is seen, from 0 to 1. */
  readonly alpha: Tensor;
  protected readonly levelBuffer: Tensor;

  constructor(lastLevel: number) {
    super();
    this.lastLevel = lastLevel;
    this.level = lastLevel;
    this.levelBuffer = this.registerBuffer('level', full([], lastLevel));
    this.alpha = this.registerBuffer('alpha', full([], 1));
  }

  /**
   * Works at a level from now on, of which so much is seen: below 1, the level fades in.
   *
   * @throws UsageError for a level that it does not have, or an alpha that is not from 0 to 1
   */
  growTo(level: number, alpha = 1): void {
    if (!Number.isInteger(level) || level < 0 || level > this.lastLevel)
      throw new UsageError(
        `growTo expected a level from 0 to ${this.lastLevel} (${sideOf(this.lastLevel)}×${sideOf(this.lastLevel)}) but received ${level}`,
      );
    if (!(alpha >= 0 && alpha <= 1) || (level === 0 && alpha < 1))
      throw new UsageError(
        `growTo expected alpha from 0 to 1, and 1 at level 0, but received ${alpha} at level ${level}`,
      );
    this.level = level;
    this.fading = alpha < 1;
    scope(() =>
      noGrad(() => {
        this.levelBuffer.fill_(level);
        this.alpha.fill_(alpha);
      }),
    );
  }

  override loadStateDict(state: StateDict, options?: { readonly strict?: boolean }): LoadReport {
    // A network of more levels gives the weights that fit, and no level.
    const levelOf = (told: number) => (options?.strict === false ? Math.min(told, this.lastLevel) : told);
    // Before anything is loaded. One that is missing, or has another shape, is told with all else that does not fit.
    if (state.level?.numel === 1) requireLevel(this, levelOf(state.level.item()));
    const report = super.loadStateDict(state, options);
    const [told, alpha] = scope(() => [this.levelBuffer.item(), this.alpha.item()]);
    this.growTo(levelOf(told), alpha);
    return report;
  }

  protected override describe(): string {
    return `sizes=4 to ${sideOf(this.lastLevel)}`;
  }
}

/** @throws GanError `ERR_STATE_DICT` */
function requireLevel(network: GrowingNetwork, level: number): void {
  const { lastLevel } = network;
  if (!Number.isInteger(level) || level < 0 || level > lastLevel)
    throw new GanError(
      'ERR_STATE_DICT',
      `the state does not fit ${network.constructor.name}: expected a level from 0 to ${lastLevel} but it is ${level}`,
    );
}

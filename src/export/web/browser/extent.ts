import type { ModelFacts } from './facts';

/** Choices of the longest side of a picture that goes into a model. */
export const SIDES = [128, 256, 512] as const;

/** A width and a height. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** How large pictures are that a model takes. */
export interface Fit {
  readonly least: number;
  readonly most: number;
  /** The one size that a model takes; null where it takes others, too. */
  readonly fixed: Extent | null;
}

/** The sizes that a model takes. */
export function fitOf({ inputs, facts }: ModelFacts, most: number): Fit {
  const [, , height, width] = inputs.find(({ name }) => name === 'images')?.shape ?? [];
  const fixed = typeof height === 'number' && typeof width === 'number' ? { height, width } : null;
  return { least: facts.least ?? 1, most, fixed };
}

/** The size that a picture, or where that is very long its middle, goes into a model with: its own up to the most, and at least the least. */
export function extentFor({ width, height }: Extent, { least, most, fixed }: Fit): Extent {
  if (fixed) return fixed;
  const shrink = Math.min(1, most / Math.max(width, height));
  const factor = Math.max(shrink, least / Math.min(width, height));
  const side = (given: number) => Math.max(least, Math.min(most, Math.round(given * factor)));
  return { width: side(width), height: side(height) };
}

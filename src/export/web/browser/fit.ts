import { element } from './dom';
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

/** A picture, or the newest one of several. */
export interface Picture extends Extent {
  readonly source: CanvasImageSource;
}

/** The sizes that a model takes. */
export function fitOf({ inputs, facts }: ModelFacts, most: number): Fit {
  const [, , height, width] = inputs.find(({ name }) => name === 'images')?.shape ?? [];
  const fixed = typeof height === 'number' && typeof width === 'number' ? { height, width } : null;
  return { least: facts.least ?? 1, most, fixed };
}

/** The size that a picture goes into a model with: its own up to the most, and at least the least. */
export function extentFor({ width, height }: Extent, { least, most, fixed }: Fit): Extent {
  if (fixed) return fixed;
  const shrink = Math.min(1, most / Math.max(width, height));
  const factor = Math.max(shrink, least / Math.min(width, height));
  const side = (given: number) => Math.max(least, Math.round(given * factor));
  return { width: side(width), height: side(height) };
}

/** A picture’s pixels: where another shape is asked for, of its middle. */
export function pixelsOf({ source, width, height }: Picture, to: Extent): ImageData {
  const factor = Math.max(to.width / width, to.height / height);
  const [seenWidth, seenHeight] = [to.width / factor, to.height / factor];
  const context = canvasOf(to);
  context.drawImage(
    ...([source, (width - seenWidth) / 2, (height - seenHeight) / 2, seenWidth, seenHeight] as const),
    ...([0, 0, to.width, to.height] as const),
  );
  return context.getImageData(0, 0, to.width, to.height);
}

/** A picture that stays as it is. */
export function still({ source, width, height }: Picture): Picture {
  const context = canvasOf({ width, height });
  context.drawImage(source, 0, 0);
  return { source: context.canvas, width, height };
}

function canvasOf({ width, height }: Extent): CanvasRenderingContext2D {
  const context = element('canvas', { width, height }).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('this browser has no canvas');
  return context;
}

import { element } from './dom';
import type { Extent } from './extent';

/** A picture, or the newest one of several. */
export interface Picture extends Extent {
  readonly source: CanvasImageSource;
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

import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { shapeText } from './image-size';
import type { ImageSpec } from './image-spec';
import type { PixelSource } from './pixels';

/** Bytes hashed before the event loop turns: about 30 ms of work. */
const PIECE = 1 << 26;

/** Images that can be hashed: a data set's. */
export interface HashedImages {
  readonly pixels: PixelSource;
  readonly count: number;
  readonly spec: ImageSpec;
}

/** The sha256, in lower-case hexadecimal, of a data set's images in their order: equal for equal pixels, whatever the set's name. */
export async function contentHash({ pixels, count, spec }: HashedImages): Promise<string> {
  const hash = createHash('sha256').update(`${count}×${shapeText(spec)}\n`);
  const reader = await pixels.open();
  try {
    const images = Math.max(1, Math.floor(PIECE / pixels.imageBytes));
    for (let start = 0; start < count; start += images) {
      const length = Math.min(images, count - start);
      hash.update(await reader.read(Int32Array.from({ length }, (_, i) => start + i)));
      await turn();
    }
    return hash.digest('hex');
  } finally {
    await reader.close();
  }
}

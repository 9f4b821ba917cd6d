import { UsageError } from '../errors';
import { ImageDataset } from './dataset';
import { Writer } from './handwriting';
import { type Resolution, requireSquare } from './image-size';
import { computedPixels } from './pixels';
import { Prng } from './prng';
import type { OnDataProgress } from './progress';

/** Keeps the stream that orders labels apart from the streams that draw images. */
const LABEL_STREAM = 0x1abe1;

/** Which digits, and how large. */
export interface DigitsOptions {
  /** Height and width in pixels, the same, 8–512 (32). */
  readonly resolution?: Resolution;
  /** Number of images (60,000). */
  readonly count?: number;
  /** A non-negative integer (0). */
  readonly seed?: number;
  readonly progress?: OnDataProgress;
}

/**
 * The built-in labelled set: handwriting-like digits 0–9, white on black, drawn by code, so that training needs no download.
 *
 * Image i and its label depend on `seed` and i alone, whatever the count; any ten images from a multiple of ten on hold each digit
 * once, in random order; and image i is the same shape at every resolution.
 * @throws ERR_USAGE when an option is out of range.
 */
export async function digits({
  resolution: asked = 32,
  count = 60_000,
  seed = 0,
  progress,
}: DigitsOptions = {}): Promise<ImageDataset> {
  const resolution = requireSquare('digits', asked);
  requireInteger('resolution', resolution, { low: 8, high: 512 });
  requireInteger('count', count, { low: 1, high: 10_000_000 });
  requireInteger('seed', seed, { low: 0, high: Number.MAX_SAFE_INTEGER });
  const labels = digitLabels(count, seed);
  const writer = new Writer();
  const random = new Prng(seed);
  const draw = (index: number, target: Uint8Array, offset: number): void => {
    random.reseed(seed, index);
    writer.draw(labels[index], { pixels: target, offset, size: resolution }, random);
  };
  const pixels = await computedPixels(
    { count, imageBytes: resolution * resolution, draw },
    { task: 'drawing digits', progress },
  );
  return new ImageDataset({
    name: 'digits',
    channels: 1,
    height: resolution,
    width: resolution,
    pixels,
    labels,
    classNames: [...'0123456789'],
  });
}

/** Every ten labels are a shuffled 0–9. */
function digitLabels(count: number, seed: number): Uint8Array {
  const labels = new Uint8Array(count);
  const random = new Prng(seed);
  for (let start = 0; start < count; start += 10) {
    random.reseed(seed, start, LABEL_STREAM);
    const ten = random.permutation(10);
    for (let i = start; i < Math.min(start + 10, count); i++) labels[i] = ten[i - start];
  }
  return labels;
}

function requireInteger(name: string, value: number, { low, high }: { low: number; high: number }): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw new UsageError(`digits: ${name} must be an integer from ${low} to ${high}, got ${value}`);
}

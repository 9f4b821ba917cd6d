import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { makeFolder } from '../io/make-folder';
import { writePng } from '../io/png';
import { type ImageBatch, sampleGrid } from '../report/grid';

/** Digits of a file's name: enough for the most images that `--count` takes. */
const DIGITS = 5;

/** Whether `--out` names a folder, for one file an image: it is one, or ends as one. */
export function isFolder(out: string): boolean {
  return /[\\/]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
}

/**
 * Checks that a folder holds no pictures but those that will be written over: what counts its files later should not count those of
 * another call.
 *
 * @throws UsageError naming one that would stay
 */
export function checkFolder(out: string, count: number): void {
  if (!existsSync(out) || !statSync(out).isDirectory()) return;
  const written = new Set(Array.from({ length: count }, (_, i) => nameOf(i)));
  const other = readdirSync(out).find(
    (file) => /\.(png|jpe?g|gif|webp|bmp)$/i.test(file) && !written.has(file),
  );
  if (other !== undefined)
    throw new UsageError(
      `--out ${out} holds ${other}, which the ${count} images would lie beside: choose an empty folder`,
    );
}

/** Writes each image alone, without a border, into a folder that is made: `00000.png`, `00001.png`, … in the order of the images. */
export async function writeImages(out: string, { values, shape }: ImageBatch): Promise<void> {
  makeFolder(out);
  for (const [i, image] of eachImage({ values, shape }).entries())
    await writePng(join(out, nameOf(i)), sampleGrid(image, { padding: 0 }));
}

/** Images one by one. */
export function eachImage({ values, shape }: ImageBatch): ImageBatch[] {
  const [count, ...rest] = shape;
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => ({
    values: values.subarray(i * size, (i + 1) * size),
    shape: [1, ...rest],
  }));
}

function nameOf(index: number): string {
  return `${String(index).padStart(DIGITS, '0')}.png`;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SIDE = 28;

/** Puts a data set of some images and labels 0–9 where `--dataset mnist --data-dir FOLDER` finds it. */
export function writeTinyMnist(folder: string, count = 48): void {
  const home = join(folder, 'mnist');
  mkdirSync(home, { recursive: true });
  const pixels = Uint8Array.from(
    { length: count * SIDE * SIDE },
    (_, index) => (index * 31 + (index >> 7)) % 256,
  );
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 10);
  writeFileSync(join(home, 'train-images-idx3-ubyte'), idx([count, SIDE, SIDE], pixels));
  writeFileSync(join(home, 'train-labels-idx1-ubyte'), idx([count], labels));
}

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

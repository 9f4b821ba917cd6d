import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../src/io/png';

const SIDE = 28;

/** Puts a data set of some images and labels 0–9 where `--dataset mnist --data-dir FOLDER` finds it; and images to test, where asked for. */
export function writeTinyMnist(
  folder: string,
  { count = 48, held = 0 }: { readonly count?: number; readonly held?: number } = {},
): void {
  const home = join(folder, 'mnist');
  mkdirSync(home, { recursive: true });
  for (const [split, images] of Object.entries({ train: count, t10k: held }).filter(([, n]) => n > 0)) {
    const pixels = Uint8Array.from(
      { length: images * SIDE * SIDE },
      (_, index) => (index * 31 + (index >> 7)) % 256,
    );
    const labels = Uint8Array.from({ length: images }, (_, index) => index % 10);
    writeFileSync(join(home, `${split}-images-idx3-ubyte`), idx([images, SIDE, SIDE], pixels));
    writeFileSync(join(home, `${split}-labels-idx1-ubyte`), idx([images], labels));
  }
}

/** What `train` is called with to learn what {@link writeTinyMnist} put in a folder, in batches of 8. */
export function tinyMnist(folder: string): string[] {
  return ['--dataset', 'mnist', '--data-dir', folder, '--resolution', '16', '--batch', '8'];
}

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

/** Puts pictures of a height and width where `pairs:FOLDER` finds them: trainA and trainB, and as many as `held` in testA and testB. */
export function writeTinyPairs(
  folder: string,
  { count = 6, held = 3, height = 16, width = 16 }: TinyPictures = {},
): void {
  for (const [split, pictures] of Object.entries({ train: count, test: held }))
    for (const domain of pictures > 0 ? ['A', 'B'] : [])
      writePictures(join(folder, `${split}${domain}`), {
        count: pictures,
        height,
        width,
        phase: domain === 'A' ? 0 : 90,
      });
}

/** Puts pictures where `unpaired:FOLDER` finds them, more of them in domain A. */
export function writeTinyDomains(
  folder: string,
  { count = 5, height = 24, width = 24, held = 2 }: TinyPictures = {},
): void {
  for (const [domain, more] of [
    ['A', 2],
    ['B', 0],
  ] as const) {
    const shape = { height, width, phase: more };
    writePictures(join(folder, `train${domain}`), { count: count + more, ...shape });
    if (held > 0) writePictures(join(folder, `test${domain}`), { count: held, ...shape });
  }
}

/** How many pictures of each domain, of what size. */
export interface TinyPictures {
  /** To learn. */
  readonly count?: number;
  /** That are not learned; none where it is 0. */
  readonly held?: number;
  readonly height?: number;
  readonly width?: number;
}

function writePictures(
  folder: string,
  { count, height, width, phase }: Required<Omit<TinyPictures, 'held'>> & { readonly phase: number },
): void {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const pixels = Uint8Array.from(
      { length: height * width * 3 },
      (_, place) => (place * 5 + (place >> 4) * (i + 1) * 7 + phase) % 256,
    );
    writeFileSync(join(folder, `${i}.png`), encodePng({ width, height, channels: 3, pixels }));
  }
}

import { join } from 'node:path';
import sharp from 'sharp';
import { put } from '../data/files';

/** Pixels along each side. */
const SIDE = 16;

/** An RGB picture that looks random, the same everywhere; `shade` makes it darker. */
function picture(seed: number, shade = 1): Promise<Buffer> {
  const pixels = Uint8Array.from(
    { length: 3 * SIDE * SIDE },
    (_, i) => shade * (128 + 127 * Math.sin(seed + Math.floor(i / 3) * 0.31 + (i % 3) * 0.7)),
  );
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .png()
    .toBuffer();
}

/** Counts of images by split. */
export type Counts = Readonly<Record<'train' | 'test', number>>;

/** Writes trainA, trainB, testA and testB of pictures that belong together: those of B are half as bright. */
export async function writePairs(folder: string, { train, test }: Counts): Promise<void> {
  for (const [split, count] of Object.entries({ train, test }))
    for (let i = 0; i < count; i++)
      for (const [domain, shade] of [
        ['A', 1],
        ['B', 0.5],
      ] as const)
        put(
          join(folder, `${split}${domain}`, `${i}.png`),
          await picture(i + (split === 'test' ? 0.5 : 0), shade),
        );
}

/** Writes a folder with `train` and `test`, each with pictures of some classes. */
export async function writeClasses(
  folder: string,
  { train, test, classes }: Counts & { readonly classes: readonly string[] },
): Promise<void> {
  for (const [split, count] of Object.entries({ train, test }))
    for (let i = 0; i < count; i++) {
      const label = classes[i % classes.length];
      put(join(folder, split, label, `${i}.png`), await picture(3 * (i % classes.length) + 0.01 * i));
    }
}

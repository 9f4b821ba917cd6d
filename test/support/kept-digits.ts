// The built-in digits, drawn once in a run of all tests: to draw 60,000 takes seconds, and dozens of tests learn of them or compare with them.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageDataset } from '../../src/data/dataset';
import type * as drawing from '../../src/data/digits';

/** Fewer are drawn each time. */
const MANY = 10_000;

/** The module, with a `digits` that finds sets of many in the folder `LIBTORCH_GAN_COMPILED`, or leaves them there: the same bytes. */
export function keeping(module: typeof drawing): typeof drawing {
  return {
    ...module,
    async digits(options = {}) {
      const { resolution = 32, count = 60_000, seed = 0 } = options;
      if (typeof resolution !== 'number' || !(count >= MANY)) return module.digits(options);
      const file = join(process.env.LIBTORCH_GAN_COMPILED ?? '', `digits-${resolution}-${count}-${seed}`);
      if (existsSync(file)) return read(file, { count, resolution });
      const drawn = await module.digits(options);
      await write(file, drawn);
      return drawn;
    },
  };
}

/** What `digits` makes of such pixels; labels stand behind them. */
function read(
  file: string,
  { count, resolution: side }: { count: number; resolution: number },
): ImageDataset {
  const bytes = readFileSync(file);
  const pixels = new Uint8Array(bytes.buffer, bytes.byteOffset, count * side * side);
  const labels = new Uint8Array(bytes.subarray(pixels.length));
  const shape = { channels: 1, height: side, width: side };
  return new ImageDataset({ name: 'digits', ...shape, pixels, labels, classNames: [...'0123456789'] });
}

/** Nobody finds half of one. Sets that are not held in memory are left out. */
async function write(file: string, { pixels, labels, count }: ImageDataset): Promise<void> {
  if (!labels || count * pixels.imageBytes > 2 ** 27) return;
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, Buffer.concat([await pixels.readAll(), Uint8Array.from(labels)]));
  renameSync(partial, file);
}

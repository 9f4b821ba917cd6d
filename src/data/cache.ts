import { join } from 'node:path';
import { cacheFolder } from '../native/root';

/** Where data sets are kept when `--data-dir` does not say: `LIBTORCH_GAN_DATA`, else a folder in the cache. */
export function dataFolder(): string {
  return process.env.LIBTORCH_GAN_DATA || join(cacheFolder(), 'data');
}

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The folder for what can be made again: `$XDG_CACHE_HOME/libtorch-gan`, else `~/.cache/libtorch-gan`. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  // The XDG specification asks for relative paths to be ignored.
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'libtorch-gan');
}

/** Where data sets are kept when `--data-dir` does not say: `LIBTORCH_GAN_DATA`, else a folder in the cache. */
export function dataFolder(): string {
  return process.env.LIBTORCH_GAN_DATA || join(cacheFolder(), 'data');
}

import { GanError } from '../errors';
import { findLibtorch, type Libtorch } from '../native/libtorch';
import { packageRoot } from '../native/root';
import { type BuildResult, buildAddon } from './build';
import { fetchLibtorch } from './fetch';
import type { ProcessContext } from './progress';
import { missingTools, toolchain } from './toolchain';

/** What to set up. */
export interface SetupOptions extends ProcessContext {
  /** With CUDA: a LibTorch that is a CPU build does not serve. */
  readonly cuda?: boolean;
}

/**
 * Makes the addon ready: finds LibTorch, or fetches it into the user's cache, and compiles what is not up to date.
 *
 * @throws GanError `ERR_NO_TOOLCHAIN` (before anything is fetched), `ERR_LIBTORCH` (`$LIBTORCH` names one that does not serve),
 * `ERR_FETCH`, `ERR_WRONG_HASH`, `ERR_COMPILE`.
 */
export async function setup(options: SetupOptions): Promise<BuildResult> {
  const missing = missingTools(toolchain(options.env));
  if (missing) throw new GanError('ERR_NO_TOOLCHAIN', missing);
  return buildAddon(await findOrFetch(options), packageRoot(), options);
}

async function findOrFetch(options: SetupOptions): Promise<Libtorch> {
  const { env, cuda = false } = options;
  const { found, rejected } = findLibtorch({ cuda, env });
  if (found) return found;
  if (env.LIBTORCH)
    throw new GanError(
      'ERR_LIBTORCH',
      `LIBTORCH is ${env.LIBTORCH}: ${rejected.at(-1)?.reason}; correct it, or unset it to have one found or fetched`,
    );
  return fetchLibtorch(cuda ? 'cuda' : 'cpu', options);
}

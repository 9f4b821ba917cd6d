import { GanError, hasCode, messageOf } from '../errors';
import { findLibtorch, type Libtorch } from '../native/libtorch';
import { packageRoot } from '../native/root';
import { type BuildResult, buildAddon } from './build';
import { BUILDS, gigabytes, nameOf } from './builds';
import { type Choice, chooseBuild, misfit, VARIABLE } from './choice';
import { fetchLibtorch } from './fetch';
import { buildMpi, type MpiResult } from './mpi';
import type { ProcessContext } from './progress';
import { missingTools, toolchain } from './toolchain';

/** What to set up. */
export interface SetupOptions extends ProcessContext {
  /** With CUDA: a LibTorch that is a CPU build does not serve. */
  readonly cuda?: boolean;
}

/** What a setup did. */
export interface SetupResult extends BuildResult {
  /** The addon that connects processes, which Open MPI is needed for. */
  readonly mpi: MpiResult;
}

/**
 * Makes the addon ready: finds LibTorch, or fetches it into the user's cache, and compiles what is not up to date. Where an NVIDIA driver answers
 * it is one with CUDA that this driver runs; `LIBTORCH_GAN_LIBTORCH=cpu|cuda` decides otherwise.
 * Where Open MPI is found, the addon that connects processes is compiled too; that it cannot be is no failure.
 *
 * @throws UsageError where that variable is neither; GanError `ERR_NO_TOOLCHAIN` (before anything is fetched), `ERR_LIBTORCH` (`$LIBTORCH` names one that does not serve),
 * `ERR_FETCH`, `ERR_WRONG_HASH`, `ERR_COMPILE`.
 */
export async function setup(options: SetupOptions): Promise<SetupResult> {
  const missing = missingTools(toolchain(options.env));
  if (missing) throw new GanError('ERR_NO_TOOLCHAIN', missing);
  const root = packageRoot();
  const addon = await buildAddon(await findOrFetch(options), root, options);
  return { ...addon, mpi: await buildMpi(root, options) };
}

/**
 * The LibTorch of this machine: one that was found, or else fetched. Where nobody asked for CUDA and it cannot be fetched, the CPU build takes its
 * place, and a line says why.
 *
 * @throws UsageError where `LIBTORCH_GAN_LIBTORCH` is neither `cpu` nor `cuda`; GanError as `setup`.
 */
export async function findOrFetch(options: SetupOptions): Promise<Libtorch> {
  const { env, stderr } = options;
  const choice = chooseBuild(options);
  const { found, rejected } = findLibtorch({ env, misfit: (libtorch) => misfit(libtorch, choice) });
  // One that is there may have CUDA all the same.
  const taken = found && found.cuda !== null ? `LibTorch ${found.version} in ${found.root}` : 'a CPU build';
  if (choice.warning) stderr?.write(`warning: ${choice.warning}; ${taken} is taken\n`);
  if (found) return found;
  if (env.LIBTORCH)
    throw new GanError(
      'ERR_LIBTORCH',
      `LIBTORCH is ${env.LIBTORCH}: ${rejected.at(-1)?.reason}; correct it, or unset it to have one found or fetched`,
    );
  announce(choice, options);
  if (choice.kind === 'cpu' || choice.asked) return fetchLibtorch(choice.kind, options);
  try {
    return await fetchLibtorch(choice.kind, options);
  } catch (error) {
    // What is not what it says it is must end here, as everywhere.
    if (!hasCode(error, 'ERR_FETCH')) throw error;
    stderr?.write(
      `warning: ${messageOf(error)}; a CPU build is taken, and the GPU stays unused until setup runs again\n`,
    );
    return findLibtorch({ env }).found ?? fetchLibtorch('cpu', options);
  }
}

/** Says before gigabytes come how many, why, and how to have it otherwise. */
function announce({ kind, reason, search }: Choice, { stderr }: SetupOptions): void {
  if (kind === 'cpu') return;
  const { download, size } = BUILDS[kind];
  const gpu = search.driver === null ? '' : ` with ${search.driver.gpus[0].name}`;
  stderr?.write(
    `fetching ${nameOf(kind)}, since ${reason}${gpu}: about ${gigabytes(download)} to download and ${gigabytes(size)} on the disk; ` +
      `${VARIABLE}=cpu takes the CPU build (${gigabytes(BUILDS.cpu.download)})\n`,
  );
}

import { GanError, hasCode, messageOf } from '../errors';
import { findLibtorch, type Libtorch } from '../native/libtorch';
import { localBuild } from '../native/local-build';
import { againstLibtorch, findPrebuilt, type Prebuilt, type PrebuiltSearch } from '../native/prebuilt';
import { againstAll, rememberLibtorch, withLibtorch } from '../native/prebuilt-choice';
import { packageRoot } from '../native/root';
import { type BuildResult, buildAddon } from './build';
import { BUILDS, gigabytes, type Kind, nameOf } from './builds';
import { type Choice, chooseBuild, misfit, VARIABLE } from './choice';
import { fetchLibtorch } from './fetch';
import { buildMpi, type MpiResult } from './mpi';
import { probeAddon } from './probe';
import type { ProcessContext } from './progress';
import { missingTools, toolchain } from './toolchain';

/** What to set up. */
export interface SetupOptions extends ProcessContext {
  /** With CUDA: a LibTorch that is a CPU build does not serve. */
  readonly cuda?: boolean;
  /** Compile, also where a prebuilt addon fits. */
  readonly compile?: boolean;
}

/** What setup did. */
export interface SetupResult extends BuildResult {
  /** The package whose addon is used; `null` where it is compiled here. */
  readonly prebuilt: string | null;
  /** The addon that connects processes, which Open MPI is needed for. */
  readonly mpi: MpiResult;
}

/**
 * Makes the addon ready: finds LibTorch, or fetches it into the user's cache, and takes a prebuilt addon that fits it, or compiles what is not up to
 * date. Where an NVIDIA driver answers it is a LibTorch with CUDA that this driver runs; `LIBTORCH_GAN_LIBTORCH=cpu|cuda` decides otherwise. Without a
 * compiler it is one that a prebuilt addon works with.
 * Where Open MPI is found, the addon that connects processes is compiled too; that it cannot be is no failure.
 *
 * @param root the folder of the package
 * @throws UsageError where that variable is neither; GanError `ERR_NO_TOOLCHAIN` (before anything is fetched), `ERR_LIBTORCH` (`$LIBTORCH` names one that does not serve),
 * `ERR_FETCH`, `ERR_WRONG_HASH`, `ERR_COMPILE`.
 */
export async function setup(options: SetupOptions, root: string = packageRoot()): Promise<SetupResult> {
  const missing = missingTools(toolchain(options.env));
  const prebuilt = prebuiltFor(options, root, missing);
  if (missing && prebuilt.fitting.length === 0)
    throw new GanError('ERR_NO_TOOLCHAIN', [missing, ...told(prebuilt)].join('; found '));
  const only = missing ? { prebuilt: prebuilt.fitting, missing } : undefined;
  const libtorch = await findOrFetch(options, only);
  const taken = takePrebuilt(libtorch, prebuilt, { root, context: options });
  if (typeof taken !== 'string') return { ...taken, mpi: await buildMpi(root, options) };
  if (missing) throw new GanError('ERR_NO_TOOLCHAIN', `${missing}; found ${taken}`);
  if (taken) options.stderr?.write(`note: the addon is compiled: found ${taken}\n`);
  return {
    ...(await buildAddon(libtorch, root, options)),
    prebuilt: null,
    mpi: await buildMpi(root, options),
  };
}

/** The LibTorch that is looked for where nothing can be compiled. */
export interface Restriction {
  /** Addons of which one must work with it. */
  readonly prebuilt: readonly Prebuilt[];
  /** Why nothing can be compiled, as a sentence. */
  readonly missing: string;
}

/**
 * The LibTorch of this machine: one that was found, or else fetched. Where nobody asked for CUDA and it cannot be fetched, or nothing can be compiled
 * for it, the CPU build takes its place, and a line says why.
 *
 * @throws UsageError where `LIBTORCH_GAN_LIBTORCH` is neither `cpu` nor `cuda`; GanError as `setup`.
 */
export async function findOrFetch(options: SetupOptions, only?: Restriction): Promise<Libtorch> {
  const { env, stderr } = options;
  const choice = within(chooseBuild(options), only);
  const { found, rejected } = findLibtorch({
    env,
    misfit: (libtorch) => misfit(libtorch, choice) ?? (only ? againstAll(only.prebuilt, libtorch) : null),
  });
  // One that is there may have CUDA all the same.
  const taken = found && found.cuda !== null ? `LibTorch ${found.version} in ${found.root}` : 'a CPU build';
  if (choice.warning) stderr?.write(`warning: ${choice.warning}; ${taken} is taken\n`);
  if (found) return found;
  if (env.LIBTORCH)
    throw new GanError(
      'ERR_LIBTORCH',
      `LIBTORCH is ${env.LIBTORCH}: ${rejected.at(-1)?.reason}; correct it, or unset it to have one found or fetched`,
    );
  if (only && !canBeHad(choice.kind, only))
    throw new GanError(
      'ERR_NO_TOOLCHAIN',
      `${only.missing}; found ${only.prebuilt[0].name} for LibTorch ${only.prebuilt[0].manifest.libtorch}, where ${nameOf(choice.kind)} is what would be fetched`,
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

/** Without a compiler a GPU that no prebuilt addon is for goes unused, unless CUDA was asked for. */
function within(choice: Choice, only: Restriction | undefined): Choice {
  const { kind, asked, reason } = choice;
  if (!only || kind === 'cpu' || asked || only.prebuilt.some(({ manifest }) => manifest.cuda)) return choice;
  return {
    ...choice,
    kind: 'cpu',
    warning: `${reason}, but ${only.missing}, and no prebuilt addon has CUDA`,
  };
}

/** Whether a prebuilt addon works with what would be fetched. */
function canBeHad(kind: Kind, { prebuilt }: Restriction): boolean {
  const { version, cuda } = BUILDS[kind];
  return prebuilt.some(({ manifest }) => manifest.libtorch === version && manifest.cuda === (cuda !== null));
}

/** The prebuilt addons that may be taken: none where one that is compiled is asked for, or there and can be kept up to date. */
function prebuiltFor(
  { env, compile = false }: SetupOptions,
  root: string,
  missing: string | null,
): PrebuiltSearch {
  const none = { fitting: [], rejected: [] };
  if (compile || env.GAN_SANITIZE) return none;
  const local = localBuild(root, env);
  return local.built && local.unfit === null && missing === null ? none : findPrebuilt(root);
}

/** A prebuilt addon that loads with this LibTorch; else why none does, or nothing where there is none. */
function takePrebuilt(
  libtorch: Libtorch,
  search: PrebuiltSearch,
  { root, context }: { root: string; context: ProcessContext },
): Omit<SetupResult, 'mpi'> | string {
  const reasons = told(search);
  for (const each of search.fitting) {
    const against = againstLibtorch(each, libtorch);
    const addon = withLibtorch(each, libtorch);
    const probe = against === null ? probeAddon({ path: addon.path, prebuilt: addon }, context.env) : null;
    if (probe && 'facts' in probe) {
      rememberLibtorch(root, addon);
      context.stderr?.write(
        `nothing to compile: ${each.name} has the addon for LibTorch ${libtorch.version}, in ${libtorch.root}\n`,
      );
      return { path: addon.path, compiled: false, prebuilt: each.name };
    }
    reasons.push(`${each.name}: ${against ?? `it does not load: ${probe?.failure}`}`);
  }
  return reasons.join('; ');
}

function told({ rejected }: PrebuiltSearch): string[] {
  return rejected.map(({ name, reason }) => `${name}: ${reason}`);
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

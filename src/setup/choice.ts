import { UsageError } from '../errors';
import type { Libtorch } from '../native/libtorch';
import { BUILDS, type Kind, nameOf } from './builds';
import { type Driver, type DriverSearch, FIRST_DRIVERS, findDriver } from './driver';

/** The variable that decides which LibTorch is built with, whatever GPU there is. */
export const VARIABLE = 'LIBTORCH_GAN_LIBTORCH';

/** Which LibTorch this machine gets. */
export interface Choice {
  readonly kind: Kind;
  /** Whether somebody asked for this kind; else the machine was looked at, and where it cannot be had a CPU build serves. */
  readonly asked: boolean;
  /** Why, after "since". */
  readonly reason: string;
  /** A GPU that is there, or seems to be meant to be, and goes unused: what is wrong, as a sentence. */
  readonly warning: string | null;
  readonly search: DriverSearch;
}

/** What decides. */
export interface ChoiceOptions {
  readonly env: NodeJS.ProcessEnv;
  /** A build with CUDA is asked for by a flag. */
  readonly cuda?: boolean;
  /** What a look for a driver found, where one was taken already. */
  readonly search?: DriverSearch;
}

/**
 * Chooses between the CPU build and those with CUDA: by a flag, by `LIBTORCH_GAN_LIBTORCH=cpu|cuda`, else by the machine: with CUDA where an
 * NVIDIA driver answers that runs one with kernels for its GPUs.
 *
 * @throws UsageError where the variable is neither.
 */
export function chooseBuild({ env, cuda = false, ...options }: ChoiceOptions): Choice {
  const variable = decision(env);
  const search = options.search ?? findDriver({ env });
  const runs = search.driver === null ? null : (kindFor(search.driver) ?? null);
  if (cuda || variable === 'cuda')
    return {
      kind: runs ?? 'cuda',
      asked: true,
      reason: cuda ? 'CUDA was asked for' : `${VARIABLE} is cuda`,
      warning: null,
      search,
    };
  if (variable === 'cpu')
    return { kind: 'cpu', asked: true, reason: `${VARIABLE} is cpu`, warning: null, search };
  if (search.driver === null) {
    const { reason, expected } = search;
    return { kind: 'cpu', asked: false, reason, warning: expected ? reason : null, search };
  }
  if (runs !== null)
    return { kind: runs, asked: false, reason: `${search.driver.name} is there`, warning: null, search };
  const warning = unserved(search.driver);
  return { kind: 'cpu', asked: false, reason: warning, warning, search };
}

function decision(env: NodeJS.ProcessEnv): 'cpu' | 'cuda' | null {
  const value = env[VARIABLE];
  if (value === undefined || value === '') return null;
  if (value === 'cpu' || value === 'cuda') return value;
  throw new UsageError(
    `expected ${VARIABLE} to be cpu or cuda but received ${JSON.stringify(value)}: correct it, or unset it to have the machine decide`,
  );
}

const CUDA_KINDS = ['cuda', 'cuda12'] as const;

/** The build that the driver runs and that has kernels for all its GPUs, or for one at least. */
function kindFor(driver: Driver): Kind | undefined {
  const running = CUDA_KINDS.filter((kind) => majorOf(BUILDS[kind].cuda) <= driver.cuda);
  const serves = (kind: Kind) => driver.gpus.map(({ capability }) => knows(kind, capability));
  return (
    running.find((kind) => serves(kind).every(Boolean)) ?? running.find((kind) => serves(kind).some(Boolean))
  );
}

function knows(kind: Kind, capability: number | null): boolean {
  const [lowest, highest] = BUILDS[kind].capabilities;
  return capability === null || (lowest <= capability && capability <= highest);
}

function unserved({ name, cuda, gpus }: Driver): string {
  const [{ name: gpu, capability }] = gpus;
  const needs = CUDA_KINDS.filter((kind) => knows(kind, capability)).map((kind) =>
    majorOf(BUILDS[kind].cuda),
  );
  if (needs.length === 0)
    return `${gpu} has compute capability ${capability}, and no build has kernels for it`;
  const least = Math.min(...needs);
  const from = FIRST_DRIVERS.find((first) => first.cuda === least)?.driver;
  return `${name} runs CUDA ${cuda} at most, and ${gpu} needs CUDA ${least} here: update the driver to ${from} or later`;
}

function majorOf(cuda: string): number {
  return Number.parseInt(cuda, 10);
}

/**
 * Why a LibTorch that was found does not serve where `choice` was made; `null` where it does. `$LIBTORCH` is a decision of its own: only another
 * one speaks against it.
 */
export function misfit({ cuda, source }: Libtorch, { kind, asked, search }: Choice): string | null {
  const { driver } = search;
  if (kind === 'cpu') return asked && cuda !== null ? 'a CUDA build, and a CPU build was asked for' : null;
  if (source === 'LIBTORCH' && !asked) return null;
  if (cuda === null)
    return asked
      ? 'a CPU build, and a CUDA build was asked for'
      : `a CPU build, and ${driver?.name ?? 'a driver'} runs ${nameOf(kind)}`;
  if (driver !== null && majorOf(cuda) > driver.cuda)
    return `for CUDA ${cuda}, and ${driver.name} runs CUDA ${driver.cuda} at most`;
  return null;
}

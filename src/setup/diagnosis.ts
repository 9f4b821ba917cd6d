import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { messageOf } from '../errors';
import { findLibtorch, type LibtorchSearch } from '../native/libtorch';
import { type AddonFiles, addonFiles } from '../native/load';
import { installMpiCommand, type MpiFiles, mpiFiles } from '../native/mpi';
import { cacheFolder, packageRoot, setupCommand, trainCommand } from '../native/root';
import { BUILDS, type Kind } from './builds';
import { type Choice, chooseBuild, misfit, VARIABLE } from './choice';
import { type Driver, type DriverSearch, findDriver } from './driver';
import { type AddonFacts, probeAddon } from './probe';
import { firstLine } from './run';
import { missingTools, type Tool, toolchain } from './toolchain';

/** Everything `doctor` tells. */
export interface Diagnosis {
  readonly node: string;
  readonly platform: string;
  readonly cpu: { readonly model: string; readonly cores: number; readonly memoryBytes: number };
  readonly tools: readonly Tool[];
  readonly libtorch: LibtorchSearch;
  readonly addon: AddonFiles & { readonly facts: AddonFacts | null; readonly failure: string | null };
  /** As the driver tells; empty without one. */
  readonly gpus: readonly string[];
  /** Which LibTorch setup takes here, and why. */
  readonly choice: {
    /** `null` where `LIBTORCH_GAN_LIBTORCH` is wrong. */
    readonly kind: Kind | null;
    readonly reason: string;
  };
  /** What connects processes on the CPU. */
  readonly mpi: MpiFiles & {
    /** What `mpirun` says of itself; `null` where it is missing. */
    readonly version: string | null;
    /** What to type to get Open MPI. */
    readonly install: string;
  };
  /** The version of sharp, which image folders need; `null` where it is not installed. */
  readonly sharp: string | null;
  readonly caches: readonly { readonly path: string; readonly bytes: number }[];
  /** Whether training can run. */
  readonly ready: boolean;
  /** What to type next, and why. */
  readonly next: { readonly command: string; readonly reason: string };
}

/** Looks at the machine, LibTorch and the addon. It changes nothing, loads nothing into this process, and does not throw. */
export function diagnose(env: NodeJS.ProcessEnv = process.env, root: string = packageRoot()): Diagnosis {
  const files = addonFiles(root, env);
  const obstacle = files.built ? files.unfit : 'it is not built';
  const probe = obstacle === null ? probeAddon(files, env) : { failure: obstacle };
  const search = findDriver({ env });
  const { choice, reason } = choose(env, search);
  const findings = {
    node: process.versions.node,
    platform: `${os.type()} ${os.release()} ${process.arch}`,
    cpu: {
      model: os.cpus()[0]?.model ?? 'unknown',
      cores: os.availableParallelism(),
      memoryBytes: os.totalmem(),
    },
    tools: toolchain(env),
    libtorch: findLibtorch({ env, misfit: (found) => choice && misfit(found, choice) }),
    addon: {
      ...files,
      facts: 'facts' in probe ? probe.facts : null,
      failure: 'failure' in probe ? probe.failure : null,
    },
    gpus: search.driver === null ? [] : namesOf(search.driver),
    choice: { kind: choice?.kind ?? null, reason },
    mpi: {
      ...mpiFiles(root, env),
      version: firstLine('mpirun', ['--version'], env),
      install: installMpiCommand(),
    },
    sharp: sharpVersion(root),
    caches: caches(cacheFolder(env)),
  };
  return { ...findings, ready: findings.addon.facts !== null, next: nextStep(findings, env) };
}

/** The first thing that stands in the way, and the command that removes it. */
function nextStep(
  { addon, libtorch, tools, choice }: Omit<Diagnosis, 'ready' | 'next'>,
  env: NodeJS.ProcessEnv,
): Diagnosis['next'] {
  const build = setupCommand();
  if (choice.kind === null) return { command: `unset ${VARIABLE}`, reason: choice.reason };
  if (addon.facts) {
    if (addon.stale) return { command: build, reason: addon.stale };
    // A LIBTORCH for the CPU is a decision.
    if (choice.kind !== 'cpu' && !addon.facts.cuda && !env.LIBTORCH)
      return { command: build, reason: 'there is a GPU, and the addon is built for CPU only' };
    return { command: trainCommand(), reason: 'all is ready' };
  }
  const missing = missingTools(tools);
  // A prebuilt addon whose LibTorch can be had needs no compiler.
  const awaited = addon.awaits.find((version) =>
    Object.values(BUILDS).some((one) => one.version === version),
  );
  if (awaited && missing && !env.LIBTORCH)
    return { command: build, reason: `fetches LibTorch ${awaited}, which a prebuilt addon is there for` };
  if (missing)
    return {
      command: tools
        .filter((tool) => tool.required && tool.version === null)
        .map((tool) => tool.install)
        .join(' && '),
      reason: missing.replace(/: .*/, ''),
    };
  if (env.LIBTORCH && !libtorch.found)
    return {
      command: 'unset LIBTORCH',
      reason: `LIBTORCH does not serve: ${libtorch.rejected.at(-1)?.reason}`,
    };
  const how = libtorch.found ? 'compiles the addon' : 'fetches LibTorch and compiles the addon';
  return {
    command: build,
    reason: `${how}: ${addon.built ? 'the present one does not load' : addon.failure}`,
  };
}

function choose(
  env: NodeJS.ProcessEnv,
  search: DriverSearch,
): { readonly choice: Choice | null; readonly reason: string } {
  try {
    const choice = chooseBuild({ env, search });
    return { choice, reason: choice.reason };
  } catch (error) {
    return { choice: null, reason: messageOf(error) };
  }
}

function namesOf({ name: driver, gpus }: Driver): readonly string[] {
  return gpus.map(({ name, memory, capability }) => {
    const known = capability === null ? '' : `, compute capability ${capability.toFixed(1)}`;
    return `${name}, ${memory}${known}, ${driver}`;
  });
}

function sharpVersion(root: string): string | null {
  try {
    // It is the application's: seen from where the command was typed, or from the package.
    let folder = path.dirname(require.resolve('sharp', { paths: [process.cwd(), root] }));
    while (!fs.existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
    return (JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string })
      .version;
  } catch {
    return null;
  }
}

/** Without folders that are being made: their names begin with a dot. */
function caches(folder: string): Diagnosis['caches'] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => ({ path: path.join(folder, name), bytes: sizeOf(path.join(folder, name)) }));
}

/** Of what can be read. */
function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of entriesOf(folder)) {
    const inner = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += sizeOf(inner);
    else if (entry.isFile()) bytes += fs.statSync(inner, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** None where there is no folder, or none that can be read: what cannot is no reason to tell nothing. */
function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findLibtorch, type LibtorchSearch } from '../native/libtorch';
import { type AddonFiles, addonFiles } from '../native/load';
import { cacheFolder, packageRoot, setupCommand, trainCommand } from '../native/root';
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
  /** As nvidia-smi tells; empty without one. */
  readonly gpus: readonly string[];
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
  const probe = obstacle === null ? probeAddon(files.path, env) : { failure: obstacle };
  const findings = {
    node: process.versions.node,
    platform: `${os.type()} ${os.release()} ${process.arch}`,
    cpu: {
      model: os.cpus()[0]?.model ?? 'unknown',
      cores: os.availableParallelism(),
      memoryBytes: os.totalmem(),
    },
    tools: toolchain(env),
    libtorch: findLibtorch({ env }),
    addon: {
      ...files,
      facts: 'facts' in probe ? probe.facts : null,
      failure: 'failure' in probe ? probe.failure : null,
    },
    gpus: graphicsCards(env),
    sharp: sharpVersion(root),
    caches: caches(cacheFolder(env)),
  };
  return { ...findings, ready: findings.addon.facts !== null, next: nextStep(findings, env) };
}

/** The first thing that stands in the way, and the command that removes it. */
function nextStep(
  { addon, libtorch, tools, gpus }: Omit<Diagnosis, 'ready' | 'next'>,
  env: NodeJS.ProcessEnv,
): Diagnosis['next'] {
  const build = setupCommand();
  if (addon.facts) {
    if (addon.stale) return { command: build, reason: addon.stale };
    if (gpus.length > 0 && !addon.facts.cuda)
      return {
        command: `${build}${build.startsWith('npm ') ? ' --' : ''} --cuda`,
        reason: 'there is a GPU, and the addon is built for CPU only',
      };
    return { command: trainCommand(), reason: 'all is ready' };
  }
  const missing = missingTools(tools);
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

function graphicsCards(env: NodeJS.ProcessEnv): readonly string[] {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const first = firstLine('nvidia-smi', query, env);
  return first ? [first] : [];
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

function caches(folder: string): Diagnosis['caches'] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ path: path.join(folder, name), bytes: sizeOf(path.join(folder, name)) }));
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile())
      bytes += fs.statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

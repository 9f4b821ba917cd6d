import * as fs from 'node:fs';
import * as path from 'node:path';
import { findLibtorch, inspectLibtorch } from './libtorch';
import { thisMachine } from './machine';
import { againstLibtorch, findPrebuilt, type LibtorchLike, type Prebuilt } from './prebuilt';

/** An addon of a prebuilt package, with the LibTorch that it is loaded with. */
export interface PrebuiltAddon {
  /** The package's name. */
  readonly name: string;
  readonly path: string;
  readonly libtorch: LibtorchLike;
  readonly compiler: string;
  /** The module that loads `libraries`. */
  readonly opener: string;
  /** Files that must be loaded before it, in this order. */
  readonly libraries: readonly string[];
}

/** What came of looking for a prebuilt addon. */
export interface PrebuiltChoice {
  readonly addon: PrebuiltAddon | null;
  /** Versions of LibTorch that would make a package here serve; empty where one does. */
  readonly awaits: readonly string[];
  /** Packages that do not serve: a line each. */
  readonly passedOver: readonly string[];
}

/**
 * Chooses the prebuilt package that fits this machine, the library in `root` and a LibTorch: `$LIBTORCH` alone where it is set, else the one that
 * `setup` took, else the first that is found.
 */
export function choosePrebuilt(
  root: string,
  env: NodeJS.ProcessEnv,
  machine = thisMachine(),
): PrebuiltChoice {
  const { fitting, rejected } = findPrebuilt(root, machine);
  const passedOver = rejected.map(({ name, reason }) => `${name}: ${reason}`);
  if (fitting.length === 0) return { addon: null, awaits: [], passedOver };
  const libtorch = remembered(root, fitting, env) ?? search(fitting, env);
  const taken = libtorch && fitting.find((each) => againstLibtorch(each, libtorch) === null);
  const addon = taken && libtorch ? withLibtorch(taken, libtorch) : null;
  const awaits = addon ? [] : fitting.map(({ manifest }) => manifest.libtorch);
  const others = fitting
    .filter((each) => each !== taken)
    .map((each) => `${each.name}: ${libtorch ? againstLibtorch(each, libtorch) : without(each, env)}`);
  return { addon, awaits, passedOver: [...passedOver, ...others] };
}

/** The addon of a package with a LibTorch that it works with. */
export function withLibtorch(
  { name, folder, manifest }: Prebuilt,
  { root, version, cuda }: LibtorchLike,
): PrebuiltAddon {
  return {
    name,
    path: path.join(folder, manifest.addon.name),
    libtorch: { root, version, cuda },
    compiler: manifest.compiler,
    opener: path.join(folder, manifest.opener.name),
    libraries: manifest.libraries.map((library) => path.join(root, 'lib', library)),
  };
}

/**
 * Keeps which LibTorch `setup` took for a prebuilt addon, so that no later process has to look for it. Where the package cannot be written to, each
 * looks for itself.
 */
export function rememberLibtorch(root: string, { libtorch }: PrebuiltAddon): void {
  const file = recordFile(root);
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    fs.writeFileSync(temporary, `${JSON.stringify({ libtorch: libtorch.root })}\n`);
    fs.renameSync(temporary, file);
  } catch {
    // What is said above.
  }
}

function remembered(root: string, fitting: readonly Prebuilt[], env: NodeJS.ProcessEnv): LibtorchLike | null {
  if (env.LIBTORCH) return null;
  try {
    const { libtorch } = JSON.parse(fs.readFileSync(recordFile(root), 'utf8'));
    const now = inspectLibtorch(String(libtorch), { ...env, LIBTORCH_GAN_ANY_VERSION: '1' });
    if (typeof now === 'string') return null;
    return fitting.some((each) => againstLibtorch(each, now) === null) ? now : null;
  } catch {
    return null;
  }
}

function search(fitting: readonly Prebuilt[], env: NodeJS.ProcessEnv): LibtorchLike | null {
  return findLibtorch({ env, misfit: (libtorch) => againstAll(fitting, libtorch) }).found;
}

/** Why none of these works with a LibTorch, told of the first; `null` where one does. */
export function againstAll(fitting: readonly Prebuilt[], libtorch: LibtorchLike): string | null {
  const reasons = fitting.map((each) => {
    const reason = againstLibtorch(each, libtorch);
    return reason && `${each.name} is ${reason}`;
  });
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}

function without({ manifest }: Prebuilt, { LIBTORCH }: NodeJS.ProcessEnv): string {
  const kind = manifest.cuda ? 'with CUDA' : 'for the CPU';
  const here = LIBTORCH ? `LIBTORCH=${LIBTORCH} is another` : 'none is here';
  return `it works with LibTorch ${manifest.libtorch} ${kind} alone, and ${here}`;
}

function recordFile(root: string): string {
  return path.join(root, 'build', 'prebuilt.json');
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { GanError, messageOf, UsageError } from '../errors';
import type { NativeAddon } from './interface';
import { inspectLibtorch } from './libtorch';
import { doctorCommand, packageRoot, setupCommand } from './root';

/** What the addon was built with: build/Release/build.json. */
export interface BuildStamp {
  /** The LibTorch folder. */
  readonly libtorch: string;
  readonly version: string;
  readonly cuda: boolean;
  readonly compiler: string;
  readonly source: string;
}

/** The addon on disk, without loading it. */
export interface AddonFiles {
  readonly path: string;
  readonly built: boolean;
  readonly stamp: BuildStamp | null;
  /** Why it must not be loaded: the LibTorch it was built with is gone, broken or another version. */
  readonly unfit: string | null;
  /** Why it is not the one that would be built now, though it may serve. */
  readonly stale: string | null;
}

/**
 * Loads the native module. It is `native()` of ./addon that keeps it: call that.
 *
 * @throws GanError `ERR_NO_ADDON` where it is not built or does not load: what was looked for, what was found, what to type.
 */
export function loadAddon(root: string = packageRoot()): NativeAddon {
  const files = addonFiles(root);
  if (!files.built)
    throw new GanError(
      'ERR_NO_ADDON',
      `the native addon is not built: expected ${files.path}; run \`${setupCommand()}\`, or \`${doctorCommand()}\` to see what is missing`,
    );
  const again = `run \`${setupCommand()}\` to build it again, or \`${doctorCommand()}\` to see what is wrong`;
  // Symbols of another version may resolve and yet mean something else: better not to try.
  if (files.unfit)
    throw new GanError('ERR_NO_ADDON', `the native addon does not fit: ${files.unfit}; ${again}`);
  try {
    return require(files.path) as NativeAddon;
  } catch (error) {
    const reason = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
    throw new GanError('ERR_NO_ADDON', `the native addon ${files.path} does not load: ${reason}; ${again}`, {
      cause: error,
    });
  }
}

/**
 * Where the addon is built: `build`, or with the sanitizers that `GAN_SANITIZE` names a folder of its own in it, `build/address`
 * say, so that neither build takes the other's place.
 *
 * @throws UsageError for what is no list of sanitizers.
 */
export function buildFolder(root: string, env: NodeJS.ProcessEnv): string {
  const sanitizers = env.GAN_SANITIZE;
  if (!sanitizers) return path.join(root, 'build');
  if (!/^[a-z]+(,[a-z]+)*$/.test(sanitizers))
    throw new UsageError(
      `expected GAN_SANITIZE to name sanitizers, such as address or address,undefined, but received ${JSON.stringify(sanitizers)}`,
    );
  return path.join(root, 'build', sanitizers.replaceAll(',', '-'));
}

/** Where the addon is expected, whether it is there, and whether it still fits LibTorch and its sources. */
export function addonFiles(root: string = packageRoot(), env: NodeJS.ProcessEnv = process.env): AddonFiles {
  const file = path.join(buildFolder(root, env), 'Release', 'libtorch_gan.node');
  if (!fs.existsSync(file)) return { path: file, built: false, stamp: null, unfit: null, stale: null };
  const stamp = readStamp(path.join(path.dirname(file), 'build.json'));
  const newer = newerSource(path.join(root, 'native'), fs.statSync(file).mtimeMs);
  return {
    path: file,
    built: true,
    stamp,
    unfit: stamp && misfit(stamp, env),
    stale: newer ? `native/${newer} is newer than the addon` : stamp && elsewhere(stamp, env),
  };
}

function misfit(stamp: BuildStamp, env: NodeJS.ProcessEnv): string | null {
  const now = inspectLibtorch(stamp.libtorch, { ...env, LIBTORCH_GAN_ANY_VERSION: '1' });
  if (typeof now !== 'string' && now.version === stamp.version) return null;
  const why = typeof now === 'string' ? `where now ${now}` : `which is version ${now.version} now`;
  return `it was built with LibTorch ${stamp.version} in ${stamp.libtorch}, ${why}`;
}

function elsewhere(stamp: BuildStamp, env: NodeJS.ProcessEnv): string | null {
  if (!env.LIBTORCH || !fs.existsSync(env.LIBTORCH)) return null;
  if (fs.realpathSync(env.LIBTORCH) === stamp.libtorch) return null;
  return `it was built with LibTorch ${stamp.version} in ${stamp.libtorch}, but LIBTORCH is ${env.LIBTORCH} now`;
}

function newerSource(folder: string, time: number): string | undefined {
  if (!fs.existsSync(folder)) return undefined;
  // native/mpi is an addon of its own.
  const sources = fs.readdirSync(folder).filter((name) => name !== 'mpi');
  return sources.find((name) => fs.statSync(path.join(folder, name)).mtimeMs > time);
}

function readStamp(file: string): BuildStamp | null {
  try {
    const stamp = JSON.parse(fs.readFileSync(file, 'utf8')) as BuildStamp;
    const texts = [stamp.libtorch, stamp.version, stamp.compiler, stamp.source];
    return texts.every((text) => typeof text === 'string') ? stamp : null;
  } catch {
    return null;
  }
}

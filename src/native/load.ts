import { GanError, messageOf } from '../errors';
import type { NativeAddon } from './interface';
import { type LocalBuild, localBuild } from './local-build';
import { choosePrebuilt, type PrebuiltAddon } from './prebuilt-choice';
import { doctorCommand, packageRoot, setupCommand } from './root';

/** The addon on disk, without loading it. */
export interface AddonFiles extends LocalBuild {
  /** The package that it comes from; `null` for one that was compiled here. */
  readonly prebuilt: PrebuiltAddon | null;
  /** Versions of LibTorch that would make a prebuilt package serve, where no addon does. */
  readonly awaits: readonly string[];
  /** What was looked at before it and does not serve: a line each. */
  readonly passedOver: readonly string[];
}

/**
 * Loads the native module. It is `native()` of ./addon that keeps it: call that.
 *
 * @throws GanError `ERR_NO_ADDON` where it is not built or does not load: what was looked for, what was found, what to type.
 */
export function loadAddon(root: string = packageRoot()): NativeAddon {
  const files = addonFiles(root);
  if (!files.built) {
    const found = files.passedOver.map((line) => `; found ${line}`).join('');
    throw new GanError(
      'ERR_NO_ADDON',
      `the native addon is not built: expected ${files.path}${found}; run \`${setupCommand()}\`, or \`${doctorCommand()}\` to see what is missing`,
    );
  }
  const again = `run \`${setupCommand()}\` to build it again, or \`${doctorCommand()}\` to see what is wrong`;
  // Symbols of another version may resolve and yet mean something else: better not to try.
  if (files.unfit)
    throw new GanError('ERR_NO_ADDON', `the native addon does not fit: ${files.unfit}; ${again}`);
  try {
    openLibraries(files.prebuilt);
    return require(files.path) as NativeAddon;
  } catch (error) {
    const reason = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
    throw new GanError('ERR_NO_ADDON', `the native addon ${files.path} does not load: ${reason}; ${again}`, {
      cause: error,
    });
  }
}

/**
 * Where the addon is, whether it is there, and whether it fits: one that was compiled here and fits its LibTorch, else that of a prebuilt package,
 * else what is wrong with the former.
 */
export function addonFiles(root: string = packageRoot(), env: NodeJS.ProcessEnv = process.env): AddonFiles {
  const local = localBuild(root, env);
  // Sanitizers are asked for, and no package has them.
  if ((local.built && local.unfit === null) || env.GAN_SANITIZE)
    return { ...local, prebuilt: null, awaits: [], passedOver: [] };
  const { addon, awaits, passedOver } = choosePrebuilt(root, env);
  if (addon === null) return { ...local, prebuilt: null, awaits, passedOver };
  const { libtorch, compiler, path } = addon;
  const stamp = {
    libtorch: libtorch.root,
    version: libtorch.version,
    cuda: libtorch.cuda !== null,
    compiler,
    source: addon.name,
  };
  const before = local.unfit === null ? [] : [`${local.path}: ${local.unfit}`];
  return {
    path,
    built: true,
    stamp,
    unfit: null,
    stale: null,
    prebuilt: addon,
    awaits,
    passedOver: [...before, ...passedOver],
  };
}

/** Loads LibTorch's libraries for an addon that names them without a folder; one that was compiled here knows the folder. */
function openLibraries(prebuilt: PrebuiltAddon | null): void {
  if (prebuilt === null) return;
  const opener = require(prebuilt.opener) as { open(path: string): void };
  for (const library of prebuilt.libraries) opener.open(library);
}

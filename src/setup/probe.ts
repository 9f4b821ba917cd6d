import { spawnSync } from 'node:child_process';
import type { AddonFiles } from '../native/load';

/** What the addon tells of itself and of LibTorch, once it is loaded. */
export interface AddonFacts {
  /** LibTorch's version. */
  readonly version: string;
  readonly cuda: boolean;
  /** E.g. `91300` for cuDNN 9.13; empty without it. */
  readonly cudnn: string;
  /** The vector instructions LibTorch's kernels use here, e.g. `AVX512`. */
  readonly cpuCapability: string;
  readonly threads: number;
  /** The names of the CUDA devices. */
  readonly devices: readonly string[];
}

/** What came of loading the addon. */
export type Probe = { readonly facts: AddonFacts } | { readonly failure: string };

const PROBE = `
const [file, opener, ...libraries] = process.argv.slice(1);
for (const library of libraries) require(opener).open(library);
const addon = require(file);
const devices = Array.from({ length: addon.cudaDeviceCount() }, (_, i) => addon.cudaDeviceName('cuda:' + i));
process.stdout.write(JSON.stringify({
  version: addon.version(), cuda: addon.builtWithCuda(), cudnn: addon.cudnnVersion(),
  cpuCapability: addon.cpuCapability(), threads: addon.threads(), devices,
}));`;

/**
 * Loads the addon in a process of its own and asks it for its facts: whatever a broken LibTorch does there, a crash included, the
 * caller goes on.
 */
export function probeAddon(
  { path, prebuilt }: Pick<AddonFiles, 'path' | 'prebuilt'>,
  env: NodeJS.ProcessEnv = process.env,
): Probe {
  const before = prebuilt === null ? [] : [prebuilt.opener, ...prebuilt.libraries];
  const child = spawnSync(process.execPath, ['-e', PROBE, path, ...before], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  if (child.status === 0) return { facts: JSON.parse(child.stdout) as AddonFacts };
  if (child.error) return { failure: child.error.message };
  if (child.signal) return { failure: `it ends the process with ${child.signal}` };
  const error = child.stderr.split('\n').find((line) => /^(\w*Error\b|\[.*Error)/.test(line));
  return {
    failure:
      (error ?? child.stderr.trim().split('\n').at(-1) ?? '').replace(/^Error: /, '') || 'it says nothing',
  };
}

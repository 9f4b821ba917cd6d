import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { GanError } from '../errors';
import type { Libtorch } from '../native/libtorch';
import { type BuildStamp, buildFolder, localBuild } from '../native/local-build';
import { configureAnew } from './configure';
import { withLock } from './lock';
import { type ProcessContext, withProgress } from './progress';
import { run } from './run';

/** What a build did. */
export interface BuildResult {
  /** The addon. */
  readonly path: string;
  /** Whether anything had to be compiled. */
  readonly compiled: boolean;
}

/**
 * Compiles the addon of the package in `root` with CMake, only what changed since the last time. A build folder made with another
 * LibTorch, or another version of it, is configured afresh. Everything CMake prints is in build/setup.log. The variable
 * `GAN_SANITIZE` builds with sanitizers, in a folder of its own.
 *
 * @throws GanError `ERR_COMPILE` where CMake fails, with its output as the cause.
 */
export async function buildAddon(
  libtorch: Libtorch,
  root: string,
  context: ProcessContext,
): Promise<BuildResult> {
  const folder = buildFolder(root, context.env);
  const log = path.join(folder, 'setup.log');
  return withLock(
    path.join(folder, '.lock'),
    () => {
      fs.writeFileSync(log, '');
      return compile(libtorch, { root, folder, log, context });
    },
    () => context.stderr?.write('another process is compiling the addon here: waiting for it\n'),
  );
}

interface Job {
  readonly root: string;
  readonly folder: string;
  readonly log: string;
  readonly context: ProcessContext;
}

function compile(libtorch: Libtorch, job: Job): Promise<BuildResult> {
  const { path: addon } = localBuild(job.root, job.context.env);
  const before = modified(addon);
  return withProgress(`compiling the addon with LibTorch ${libtorch.version}`, job.context, {
    work: async (progress) => {
      if (!isConfigured(libtorch, job)) await configure(libtorch, job);
      await cmake(['--build', job.folder, '--parallel', String(parallelJobs())], job, (text) => {
        const at = lastProgress(text);
        if (at !== null) progress.update(at);
      });
      return { path: addon, compiled: modified(addon) !== before };
    },
    outcome: ({ compiled }) => (compiled ? addon : 'up to date'),
  });
}

/** Whether the build folder was made for this LibTorch: CMakeLists.txt leaves a build.json there when it ends well. */
function isConfigured(libtorch: Libtorch, { root, folder }: Job): boolean {
  try {
    const stamp = JSON.parse(fs.readFileSync(path.join(folder, 'build.json'), 'utf8')) as BuildStamp;
    const same = stamp.libtorch === libtorch.root && stamp.version === libtorch.version;
    const here = fs.realpathSync(stamp.source) === fs.realpathSync(root);
    return same && here && fs.existsSync(path.join(folder, 'CMakeCache.txt'));
  } catch {
    return false;
  }
}

async function configure(libtorch: Libtorch, job: Job): Promise<void> {
  const { env } = job.context;
  const sanitize = `-DGAN_SANITIZE=${env.GAN_SANITIZE ?? ''}`;
  const anew = configureAnew(job.root, job.folder, env);
  await cmake([...anew, `-DLIBTORCH=${libtorch.root}`, sanitize], job);
}

async function cmake(args: string[], job: Job, onOutput?: (text: string) => void): Promise<void> {
  const { code, output } = await run('cmake', args, { cwd: job.root, env: job.context.env, onOutput });
  fs.appendFileSync(job.log, output);
  if (code !== 0)
    throw new GanError('ERR_COMPILE', `compiling the addon failed: see ${job.log}`, { cause: output });
}

/** A compiler takes over a gigabyte of memory here. */
function parallelJobs(): number {
  return Math.max(1, Math.min(os.availableParallelism(), Math.floor(os.totalmem() / 2e9)));
}

/** Ninja says `[3/20]`, make `[ 15%]`. */
function lastProgress(text: string): number | null {
  const last = [...text.matchAll(/\[\s*(?:(\d+)\/(\d+)|(\d+)%)\]/g)].at(-1);
  if (!last) return null;
  return last[3] ? Number(last[3]) / 100 : Number(last[1]) / Number(last[2]);
}

function modified(file: string): number | null {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

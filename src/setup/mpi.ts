import * as fs from 'node:fs';
import * as path from 'node:path';
import { messageOf } from '../errors';
import { type MpiFiles, mpiFiles, mpiFolder } from '../native/mpi';
import { configureAnew } from './configure';
import { withLock } from './lock';
import { type ProcessContext, withProgress } from './progress';
import { run } from './run';

/** What became of the addon for MPI. */
export interface MpiResult {
  /** The addon; `null` where there is none. */
  readonly path: string | null;
  /** Why there is none; `null` where there is one. */
  readonly reason: string | null;
}

/**
 * Compiles native/mpi with CMake where MPI's compiler is found, only what changed since the last time. It never throws: who trains in one
 * process needs none of it. Everything CMake prints is in build/mpi/setup.log.
 */
export async function buildMpi(root: string, context: ProcessContext): Promise<MpiResult> {
  const files = mpiFiles(root, context.env);
  if (files.compiler === null) return { path: null, reason: 'no Open MPI' };
  const work = () =>
    withProgress('compiling the addon for MPI', context, {
      work: () => compile(root, files, context),
      outcome: (failure) => (failure === null ? files.path : `failed, see ${files.log}`),
    });
  try {
    const failure = await withLock(path.join(mpiFolder(root), '.lock'), work);
    if (failure === null) return { path: files.path, reason: null };
    return { path: null, reason: `compiling it failed: see ${files.log}` };
  } catch (error) {
    // Nothing can be written there, say.
    return { path: null, reason: `compiling it failed: ${messageOf(error)}` };
  }
}

/** What was printed by what failed; `null` where nothing did. */
async function compile(root: string, { log }: MpiFiles, { env }: ProcessContext): Promise<string | null> {
  const source = path.join(root, 'native', 'mpi');
  const folder = mpiFolder(root);
  fs.writeFileSync(log, '');
  const cmake = async (args: readonly string[]): Promise<string | null> => {
    const { code, output } = await run('cmake', args, { cwd: root, env });
    fs.appendFileSync(log, output);
    return code === 0 ? null : output;
  };
  if (!isConfigured(folder, source)) {
    const failure = await cmake(configureAnew(source, folder, env));
    if (failure !== null) return failure;
  }
  return cmake(['--build', folder]);
}

/** Whether the build folder was made for these sources. */
function isConfigured(folder: string, source: string): boolean {
  try {
    const cache = fs.readFileSync(path.join(folder, 'CMakeCache.txt'), 'utf8');
    return cache.includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${source}\n`);
  } catch {
    return false;
  }
}

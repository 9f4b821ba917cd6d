import * as fs from 'node:fs';
import * as path from 'node:path';
import { type MpiFiles, mpiFiles, mpiFolder } from '../native/mpi';
import { type ProcessContext, withProgress } from './progress';
import { firstLine, run } from './run';

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
  const output = await withProgress('compiling the addon for MPI', context, {
    work: () => compile(root, files, context),
    outcome: (failure) => (failure === null ? files.path : `failed, see ${files.log}`),
  });
  return output === null
    ? { path: files.path, reason: null }
    : { path: null, reason: `compiling it failed: see ${files.log}` };
}

/** What was printed by what failed; `null` where nothing did. */
async function compile(root: string, files: MpiFiles, { env }: ProcessContext): Promise<string | null> {
  const source = path.join(root, 'native', 'mpi');
  const folder = mpiFolder(root);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(files.log, '');
  const cmake = async (args: string[]): Promise<string | null> => {
    const { code, output } = await run('cmake', args, { cwd: root, env });
    fs.appendFileSync(files.log, output);
    return code === 0 ? null : output;
  };
  if (!isConfigured(folder, source)) {
    for (const leftover of ['CMakeCache.txt', 'CMakeFiles'])
      fs.rmSync(path.join(folder, leftover), { recursive: true, force: true });
    const ninja = firstLine('ninja', ['--version'], env) === null ? [] : ['-G', 'Ninja'];
    const failure = await cmake([...ninja, '-S', source, '-B', folder]);
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

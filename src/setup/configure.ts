import * as fs from 'node:fs';
import * as path from 'node:path';
import { firstLine } from './run';

/** Removes what CMake was configured with in `folder`, and gives the arguments that configure it for `source`: by Ninja, where it is installed. */
export function configureAnew(source: string, folder: string, env: NodeJS.ProcessEnv): readonly string[] {
  for (const leftover of ['build.json', 'CMakeCache.txt', 'CMakeFiles'])
    fs.rmSync(path.join(folder, leftover), { recursive: true, force: true });
  const ninja = firstLine('ninja', ['--version'], env) === null ? [] : ['-G', 'Ninja'];
  return [...ninja, '-S', source, '-B', folder];
}

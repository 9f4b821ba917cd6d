import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * The sha256 of what an addon is compiled from: the files of `native/`, but for `native/mpi`, and CMakeLists.txt, by their names and bytes. A clone and the package made
 * of it have the same.
 *
 * @param root the folder of CMakeLists.txt
 */
export function nativeSourcesHash(root: string): string {
  const hash = createHash('sha256');
  for (const name of ['CMakeLists.txt', ...sources(path.join(root, 'native'))]) {
    const bytes = fs.readFileSync(path.join(root, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function sources(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return (
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(cc|h|def)$/.test(name))
      .map((name) => `native/${name.replaceAll(path.sep, '/')}`)
      // An addon of its own.
      .filter((name) => !name.startsWith('native/mpi/'))
      .sort()
  );
}

import { open, stat, writeFile } from 'node:fs/promises';
import { writeError } from '../io/file-error';
import { writeWhole } from '../io/whole-file';

/**
 * Ends a profile whose Chrome trace goes into a file that appears whole or not at all: LibTorch, which writes it, does not say where it could not.
 *
 * @param stop ends the profile and writes its trace to the path it is given, none where that is empty; called once, whatever happens
 * @returns what `stop` gave
 * @throws GanError `ERR_CANNOT_WRITE`
 */
export async function writeTrace<T>(file: string, stop: (path: string) => T): Promise<T> {
  const results: T[] = [];
  let called = false;
  const stopOnce = (path: string): void => {
    called = true;
    results.push(stop(path));
  };
  try {
    await writeWhole(file, async (partial) => {
      await writeFile(partial, '');
      stopOnce(partial);
      if (!(await endsAsJson(partial))) throw writeError(file, 'LibTorch stopped writing: is the disk full?');
    });
  } catch (error) {
    if (!called) stopOnce('');
    throw error;
  }
  return results[0];
}

/** Bytes of its end that are looked at. */
const END = 64;

/** Whether a file ends as an object of JSON does; what is no file, a pipe or a device, cannot be read again. */
async function endsAsJson(path: string): Promise<boolean> {
  const found = await stat(path);
  if (!found.isFile()) return true;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(END), 0, END, Math.max(0, found.size - END));
    return buffer.toString('latin1', 0, bytesRead).trimEnd().endsWith('}');
  } finally {
    await file.close();
  }
}

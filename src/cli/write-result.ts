import { dirname } from 'node:path';
import { makeFolder } from '../io/make-folder';
import { writeWhole } from '../io/whole-file';

/** A file that appears whole or not at all, in a folder that is made for it. */
export async function writeResult(path: string, write: (partial: string) => Promise<unknown>): Promise<void> {
  await writeWhole(path, async (partial) => {
    makeFolder(dirname(path));
    await write(partial);
  });
}

import { open } from 'node:fs/promises';

/** Waits until the disk has a file, or the names in a folder: a rename may be lost with the power, though what it renames is safe. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { hasCode } from '../errors';
import { writeError } from './file-error';

/**
 * Writes a file that appears at its path whole or not at all: `write` gets another name beside it, which is renamed when it is done.
 * Readers find the old file or the new one, and two that write at once do not mix.
 *
 * @throws GanError `ERR_CANNOT_WRITE`, which names `file`, and what `write` throws of its own
 */
export async function writeWhole(file: string, write: (partial: string) => Promise<unknown>): Promise<void> {
  const partial = `${file}.${randomUUID()}.tmp`;
  try {
    await write(partial);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    // What `write` could not write has the other name in its error.
    const cause = hasCode(error, 'ERR_CANNOT_WRITE') && error instanceof Error ? error.cause : undefined;
    throw writeError(file, cause ?? error);
  }
}

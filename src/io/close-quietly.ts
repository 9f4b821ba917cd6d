import { closeSync } from 'node:fs';

/** Closes a file that others close after it, whatever the disk says: where an error ends a process, another must not take its place. */
export function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It is closed all the same.
  }
}

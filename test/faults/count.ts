import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Adds to the faults of a kind, `kills` or `failed calls` say, that the suite tells at its end. */
export function countFaults(kind: string, count = 1): void {
  const folder = process.env.LIBTORCH_GAN_FAULTS;
  if (folder !== undefined)
    appendFileSync(join(folder, 'counts.jsonl'), `${JSON.stringify({ kind, count })}\n`);
}

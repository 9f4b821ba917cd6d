import { appendFileSync } from 'node:fs';

/** Adds to the faults of a kind, `kills` or `failed calls` say, that the suite tells at its end. */
export function countFaults(kind: string, count = 1): void {
  const file = process.env.LIBTORCH_GAN_FAULT_COUNTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ kind, count })}\n`);
}

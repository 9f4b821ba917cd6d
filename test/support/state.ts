import { createHash } from 'node:crypto';
import type { TensorRecords } from '../../src/io/safetensors';

/** What counts steps, and not what was learned. */
const PLACE = /^state |^optimizers\/\S+ (steps)$/;

/** The sha256 of every tensor of a state, as `captureState` gives it, without what tells how far a training is. */
export function hashesOf(files: Readonly<Record<string, TensorRecords>>): Record<string, string> {
  const entries = Object.entries(files).flatMap(([file, records]) =>
    Object.entries(records).map(([name, { bytes }]): [string, string] => [
      `${file} ${name}`,
      createHash('sha256').update(bytes).digest('hex'),
    ]),
  );
  return Object.fromEntries(entries.filter(([name]) => !PLACE.test(name)));
}

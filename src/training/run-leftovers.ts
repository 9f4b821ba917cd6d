import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest } from './manifest';

/** What a training writes into its folder before its first checkpoint; hidden files are locks and what was half written. */
const EARLY =
  /^(\..*|.*\.tmp|config\.json|metrics\.jsonl|evaluations\.jsonl|events\.out\.tfevents\..*|report\.html|samples|checkpoints|evaluation)$/;

/** Those that it writes into folders. */
const PICTURE = /^(.*\.png|neighbours\.json)$/;

/**
 * Whether a folder holds nothing but what a training left that ended before its first checkpoint: there is nothing to go on with. False
 * where there is a checkpoint, damaged or not, or anything that a training does not write.
 */
export function isLeftover(folder: string): boolean {
  if (!existsSync(join(folder, 'config.json'))) return false;
  const checkpoints = join(folder, 'checkpoints');
  const pictures = [...entriesOf(join(folder, 'samples')), ...entriesOf(join(folder, 'evaluation'))];
  return (
    entriesOf(folder).every((name) => EARLY.test(name) && !isComplete(join(folder, name))) &&
    entriesOf(checkpoints).every((name) => name.startsWith('.') && !isComplete(join(checkpoints, name))) &&
    pictures.every((name) => PICTURE.test(name) || name.endsWith('.tmp'))
  );
}

/** A checkpoint whose process died before or between two renames has a hidden name, and is put back at a resume. Its manifest is written last. */
function isComplete(checkpoint: string): boolean {
  try {
    parseManifest(readFileSync(join(checkpoint, 'manifest.json'), 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Removes what {@link isLeftover} has seen, but for hidden files: one may be the lock of this process. */
export function removeLeftovers(folder: string): void {
  for (const name of entriesOf(folder))
    if (!name.startsWith('.')) rmSync(join(folder, name), { recursive: true, force: true });
}

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

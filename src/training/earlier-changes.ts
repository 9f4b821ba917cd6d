import { readSealedJson } from '../io/sealed-json';

/** The changes that a run's `config.json` tells of. None where the file is damaged: it is written again from the checkpoint, which does not know of them. */
export function earlierChanges(config: string): readonly unknown[] {
  try {
    const { changes } = readSealedJson(config);
    return Array.isArray(changes) ? changes : [];
  } catch {
    return [];
  }
}

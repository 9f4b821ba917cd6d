import type { LoadedModel } from '../training/load';

/** What to tell of a loaded model: damaged checkpoints that were passed over, and averages that it does not have. */
export function notesOf({ notes, weights }: LoadedModel, asked: string | undefined): readonly string[] {
  if (asked !== 'ema' || weights === 'ema') return notes;
  return [...notes, 'this model keeps no averaged weights: those in training are used'];
}

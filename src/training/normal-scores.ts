import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonObject } from '../io/json';
import { writeWhole } from '../io/whole-file';
import type { LoadedModel } from './load';

/** What a trained model scores images that it should take for normal ones: thresholds are taken from them. */
export interface NormalScores {
  /** The scorer's name: scores of another kind do not compare. */
  readonly score: string;
  /** Which images were held out, in words: `611 images of mnist (normal 3), held out`. */
  readonly of: string;
  /** Of normal images that were not learned, the smallest first. */
  readonly heldOut: readonly number[];
  /** Of images that were learned, the smallest first. */
  readonly learned: readonly number[];
}

/**
 * The least threshold that lets at most this share of normal images lie above it, in the mean over draws of held-out images (Vovk et al.
 * 2005): of n scores the ⌈(n + 1) · (1 − share)⌉-th; the largest where n is too small for the share.
 */
export function thresholdAt({ heldOut }: Pick<NormalScores, 'heldOut'>, falseAlarms: number): number {
  const place = Math.ceil((heldOut.length + 1) * (1 - falseAlarms));
  return heldOut[Math.min(heldOut.length, Math.max(1, place)) - 1];
}

/** The share of scores above a threshold. */
export function shareAbove(scores: readonly number[], threshold: number): number {
  return scores.filter((score) => score > threshold).length / scores.length;
}

type Place = Pick<LoadedModel, 'checkpoint' | 'weights'>;

/** Beside the checkpoint's manifest: it goes where the checkpoint goes, and is of its weights alone. */
function fileOf({ checkpoint, weights }: Place): string {
  return join(checkpoint, `normal-scores-${weights}.json`);
}

/** What was kept in a checkpoint by {@link writeNormalScores}; null for nothing, for other scores, and for a damaged file. */
export function readNormalScores(place: Place, score: string): NormalScores | null {
  try {
    const { of, heldOut, learned, ...rest } = readJsonObject(fileOf(place));
    if (rest.score !== score || typeof of !== 'string' || !areScores(heldOut) || !areScores(learned))
      return null;
    return { score, of, heldOut, learned };
  } catch {
    return null;
  }
}

function areScores(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.length > 0 && values.every(Number.isFinite);
}

/** Keeps scores in the folder of a checkpoint. @throws GanError `ERR_CANNOT_WRITE` */
export async function writeNormalScores(place: Place, scores: NormalScores): Promise<void> {
  await writeWhole(fileOf(place), (partial) => writeFile(partial, `${JSON.stringify(scores)}\n`));
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { isJsonObject, readJsonObject } from '../io/json';
import { nearest } from '../nearest';

/** Class names that a line tells. */
const TOLD = 20;

/**
 * The classes of the images that a run, or the model of a checkpoint, learned, in the order of their numbers; none where its files
 * do not say, or cannot be read. Needs no LibTorch: `--help` shows them.
 */
export function classNamesOf(checkpoint: string): readonly string[] {
  const manifest = join(checkpoint, 'manifest.json');
  try {
    if (existsSync(manifest)) return namesIn(readJsonObject(manifest).data);
    const { dataset } = readJsonObject(join(checkpoint, 'config.json'));
    return isJsonObject(dataset) ? namesIn(dataset.data) : [];
  } catch {
    return [];
  }
}

function namesIn(data: unknown): readonly string[] {
  const images = isJsonObject(data) ? data.images : undefined;
  const names = isJsonObject(images) ? images.classNames : undefined;
  return Array.isArray(names) ? names.map(String) : [];
}

/** `0 bird, 1 cat`: names with the numbers of their classes. */
export function describeClasses(names: readonly string[]): string {
  const told = names.slice(0, TOLD).map((name, i) => `${i} ${name}`);
  return names.length > TOLD ? `${told.join(', ')} and ${names.length - TOLD} more` : told.join(', ');
}

/** The classes that a model makes images of. */
interface ModelClasses {
  readonly conditional?: boolean;
  readonly classes?: number;
  readonly names: readonly string[];
}

/** The class of `--label`, where it is given. @throws UsageError for one that the model does not have, or a model without labels */
export function chosenClass(
  label: string | undefined,
  { conditional, classes = 0, names }: ModelClasses,
): number | undefined {
  if (label === undefined) return undefined;
  if (conditional) return labelOf(label, { classes, names });
  throw new UsageError(
    '--label: this model was trained without labels: leave it out, or name a conditional model',
  );
}

/**
 * The class that `--label` means: by its name, else by its number.
 *
 * @throws UsageError for what is neither, with the nearest name
 */
export function labelOf(
  given: string,
  { classes, names }: { readonly classes: number; readonly names: readonly string[] },
): number {
  const named = names.indexOf(given);
  if (named >= 0) return named;
  if (/^\d+$/.test(given) && Number(given) < classes) return Number(given);
  const isNumbered = names.every((name, i) => name === String(i));
  const guess = isNumbered ? null : nearest(given, [...names]);
  throw new UsageError(
    `--label expects a class from 0 to ${classes - 1}${isNumbered ? '' : ` or its name, of ${describeClasses(names)}`}, but got ${given}${guess === null ? '' : `: did you mean ${guess}?`}`,
  );
}

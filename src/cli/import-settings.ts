import { UsageError } from '../errors';
import { type ConfigOf, integer, optional, text } from '../recipes/config';
import { resolutionField } from './resolution';

/** A field for each flag of `import`, apart from `--set`. */
export const importFields = {
  weights: optional(text('netG.pth')),
  key: optional(text('state_dict')),
  recipe: optional(text('mine.ts')),
  out: optional(text('runs/imported')),
  resolution: optional(resolutionField(64)),
  channels: integer(3, { min: 1, max: 4 }),
  classes: optional(text('10')),
};

/** What `import` was asked to do. */
export type ImportSettings = ConfigOf<typeof importFields>;

/** The most classes that a number makes. */
const MOST_CLASSES = 10_000;

/**
 * Names of classes as `--classes` says them: so many, by their numbers, or a list of names; none where it is not given.
 *
 * @throws UsageError for more than anybody has, and for names that are empty or come twice
 */
export function readClasses(classes: string | undefined): readonly string[] {
  if (classes === undefined) return [];
  if (/^\d+$/.test(classes)) {
    if (Number(classes) <= MOST_CLASSES) return Array.from({ length: Number(classes) }, (_, i) => String(i));
    throw new UsageError(`--classes expects at most ${MOST_CLASSES}, but got ${classes}`);
  }
  const names = classes.split(',').map((name) => name.trim());
  const wrong = names.find((name, i) => name === '' || names.indexOf(name) !== i);
  if (wrong === undefined) return names;
  throw new UsageError(
    `--classes expects a name for each class, cat,dog, but got ${wrong === '' ? 'an empty one' : `${wrong} twice`}`,
  );
}

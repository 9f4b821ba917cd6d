import { type ConfigOf, choice, integer, optional, type Source } from '../recipes/config';
import { sampleFields } from './sample-settings';

/** The most images of a request, and the most in a row of its picture. */
const MOST = 256;

/** What may be said of images that are asked for: as `sample` has it. */
export const imagesFields = {
  count: optional(integer(16, { min: 1, max: MOST })),
  columns: optional(integer(8, { min: 1, max: MOST })),
  seed: sampleFields.seed,
  label: sampleFields.label,
  truncation: sampleFields.truncation,
};

/** What may be said of a picture that is sent in: as `apply` has it. */
export const appliedFields = {
  direction: sampleFields.label,
  seed: sampleFields.seed,
  depth: optional(choice('16', ['8', '16'])),
};

/** What {@link imagesFields} give. */
export type ImagesSettings = ConfigOf<typeof imagesFields>;

/** A query as a source of settings. */
export function querySource(values: Readonly<Record<string, string>>): Source {
  return { values, texts: true, name: (key) => key, example: (key, value) => `${key}=${value}` };
}

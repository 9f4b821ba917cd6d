import { type ConfigOf, integer, optional, text } from '../recipes/config';
import { deviceField } from './settings';

/** A field for each flag of `serve`. */
export const serveFields = {
  port: integer(0, { min: 0, max: 65_535 }),
  host: text('127.0.0.1', { pattern: /^[\w.:-]+$/, expected: 'an address or a name of this machine' }),
  token: optional(text('a-secret-of-your-own')),
  recipe: optional(text('mine.ts')),
  device: deviceField,
};

/** What `serve` was asked to do. */
export type ServeSettings = ConfigOf<typeof serveFields> & {
  /** Run directories, or folders of them. */
  readonly paths: readonly string[];
};

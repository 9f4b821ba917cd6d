import { type ConfigOf, choice, integer, number, optional, text } from '../recipes/config';
import { deviceField } from './settings';

/** A field for each flag of `invert`. */
export const invertFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  in: optional(text('photo.png')),
  out: optional(text('found')),
  space: choice('w', ['w', 'w+']),
  steps: integer(1_000, { min: 1, max: 1_000_000 }),
  rate: number(0.1, { min: 1e-6, max: 10 }),
  label: optional(text('3')),
  features: optional(text('classifier')),
  dataset: optional(text('fashion-mnist')),
  dataDir: optional(text('data')),
  weights: optional(choice('ema', ['ema', 'live'])),
  batch: integer(16, { min: 1, max: 1_024 }),
  seed: integer(0, { min: 0 }),
  onBadImage: choice('fail', ['fail', 'skip']),
  device: deviceField,
};

/** What `invert` was asked to do. */
export type InvertSettings = ConfigOf<typeof invertFields> & {
  readonly checkpoint: string;
  readonly in: string;
  readonly out: string;
};

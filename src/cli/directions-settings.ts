import { type ConfigOf, choice, integer, number, optional, text } from '../recipes/config';
import { truncationField } from './sample-settings';
import { deviceField } from './settings';

/** A field for each flag of `directions`. */
export const directionsFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  count: integer(5, { min: 1, max: 1_000 }),
  out: text('directions.png', { pattern: /.\.png$/i, expected: 'a picture, NAME.png' }),
  by: choice('weights', ['weights', 'pca']),
  layers: optional(text('1-4')),
  reach: number(3, { min: 0.01, max: 100 }),
  columns: integer(7, { min: 2, max: 100 }),
  seed: integer(0, { min: 0 }),
  label: optional(text('3')),
  truncation: optional(truncationField),
  truncationLayers: optional(integer(4, { min: 1, max: 1_000 })),
  weights: optional(choice('ema', ['ema', 'live'])),
  device: deviceField,
};

/** What `directions` was asked to do. */
export type DirectionsSettings = ConfigOf<typeof directionsFields> & { readonly checkpoint: string };

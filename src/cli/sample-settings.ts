import {
  boolean,
  type ConfigOf,
  choice,
  type Field,
  integer,
  number,
  optional,
  text,
} from '../recipes/config';
import { deviceField } from './settings';

/** Far beyond what changes an image, and far below what float32 holds. */
const MOST = 1_000;
const psi = number(0.7, { min: 0, max: MOST });

/** `--truncation`: 0 makes every w the mean one, but next to 0 numbers that lie within it would be drawn for ever. */
export const truncationField: Field<number> = {
  ...psi,
  expected: `a number from 0.01 to ${MOST}, or 0`,
  accepts: (value): value is number => psi.accepts(value) && (value === 0 || value >= 0.01),
};

/** A field for each flag of `sample`. */
export const sampleFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  count: optional(integer(64, { min: 1, max: 100_000 })),
  seed: integer(0, { min: 0 }),
  label: optional(text('3')),
  weights: optional(choice('ema', ['ema', 'live'])),
  latents: optional(text('latents.safetensors')),
  truncation: optional(truncationField),
  truncationLayers: optional(integer(4, { min: 1, max: 1_000 })),
  standingStatistics: optional(integer(100, { min: 0, max: 100_000 })),
  interpolate: optional(text('1:2', { pattern: /^\d{1,15}:\d{1,15}$/, expected: 'two seeds A:B' })),
  mix: optional(text('4:6')),
  mixLayers: optional(text('1-4')),
  frames: optional(integer(30, { min: 2, max: 1_000 })),
  gridSweep: boolean(false),
  out: optional(text('grid.png')),
  raw: optional(text('images.safetensors')),
  columns: optional(integer(8, { min: 1 })),
  device: deviceField,
};

/** What `sample` was asked to do. */
export type SampleSettings = ConfigOf<typeof sampleFields>;

/** What is to be drawn: the class by its number. */
export type DrawSettings = Omit<SampleSettings, 'label'> & { readonly label: number | undefined };

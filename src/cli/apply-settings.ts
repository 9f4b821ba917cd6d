import { type ConfigOf, choice, integer, optional, text } from '../recipes/config';
import { deviceField } from './settings';

/** A field for each flag of `apply`. */
export const applyFields = {
  checkpoint: optional(text('runs/mine')),
  in: optional(text('photos')),
  out: optional(text('made')),
  direction: optional(text('ab')),
  weights: optional(choice('ema', ['ema', 'live'])),
  batch: integer(8, { min: 1, max: 1024 }),
  seed: integer(0, { min: 0 }),
  tile: optional(integer(512, { min: 16, max: 8192 })),
  onBadImage: choice('fail', ['fail', 'skip']),
  raw: optional(text('images.safetensors')),
  device: deviceField,
};

/** What `apply` was asked to do. */
export type ApplySettings = ConfigOf<typeof applyFields>;

import { type ConfigOf, choice, integer, optional, text } from '../recipes/config';
import { deviceField } from './settings';

/** A field for each flag of `apply`. */
export const applyFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  in: optional(text('photos')),
  out: optional(text('made')),
  mask: optional(text('hole.png')),
  direction: optional(text('ab')),
  weights: optional(choice('ema', ['ema', 'live'])),
  batch: optional(integer(8, { min: 1, max: 1024 })),
  seed: integer(0, { min: 0 }),
  scale: optional(integer(2, { min: 1, max: 64 })),
  tile: optional(integer(512, { min: 1, max: 65_536 })),
  overlap: optional(integer(64, { min: 0, max: 65_536 })),
  depth: optional(choice('16', ['8', '16'])),
  onBadImage: choice('fail', ['fail', 'skip']),
  raw: optional(text('images.safetensors')),
  device: deviceField,
};

/** What `apply` was asked to do; `out`, `raw` or both say where what is made goes. */
export type ApplySettings = ConfigOf<typeof applyFields> & {
  readonly checkpoint: string;
  readonly in: string;
};

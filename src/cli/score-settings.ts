import { type ConfigOf, choice, integer, number, optional, text } from '../recipes/config';
import { deviceField } from './settings';

/** A field for each flag of `score`. */
export const scoreFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  in: optional(text('photos')),
  maps: optional(text('maps')),
  masks: optional(text('masks')),
  out: optional(text('scores.jsonl')),
  falseAlarms: optional(number(0.05, { min: 0, max: 1 })),
  dataset: optional(text('fashion-mnist')),
  dataDir: optional(text('data')),
  weights: optional(choice('ema', ['ema', 'live'])),
  batch: optional(integer(250, { min: 1, max: 65_536 })),
  onBadImage: choice('fail', ['fail', 'skip']),
  device: deviceField,
};

/** What `score` was asked to do. */
export type ScoreSettings = ConfigOf<typeof scoreFields> & {
  readonly checkpoint: string;
  readonly in: string;
};

export { Adam, type AdamOptions, AdamW, adam, adamw, type Betas } from './adam';
export type { Batch, ParameterState } from './bucket';
export { clampParameters, clipGradNorm, clipGradValue } from './clip';
export { Ema, type EmaOptions } from './ema';
export type { ParameterGroup, ParameterGroups } from './groups';
export {
  Optimizer,
  type OptimizerFactory,
  type OptimizerGroup,
  type OptimizerOptions,
  type Rates,
  type UpdateOptions,
} from './optimizer';
export { Rmsprop, type RmspropOptions, rmsprop } from './rmsprop';
export {
  constant,
  cosine,
  linear,
  product,
  type RampOptions,
  type Schedule,
  sequence,
  warmUp,
} from './schedule';
export { Sgd, type SgdOptions, sgd } from './sgd';

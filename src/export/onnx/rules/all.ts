import type { Rule } from '../call';
import { NORMALIZE } from './normalize';
import { POINTWISE } from './pointwise';
import { PRODUCTS } from './products';
import { REDUCE } from './reduce';
import { RESAMPLE } from './resample';
import { SHAPE } from './shape';

/** How each operator is written, by its name in `native/ops.def`. */
export const RULES: Readonly<Record<string, Rule>> = {
  ...POINTWISE,
  ...SHAPE,
  ...REDUCE,
  ...PRODUCTS,
  ...NORMALIZE,
  ...RESAMPLE,
};

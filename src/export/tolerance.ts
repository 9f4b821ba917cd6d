import type { DType } from '../native/types';

/** The largest difference from LibTorch in float32. */
export const TOLERANCE = 1e-4;

/** The largest difference of outputs: bytes may be the next ones, where a number is at the border of two. */
export function toleranceOf(outputs: readonly DType[]): number {
  return outputs.includes('uint8') ? 1 : TOLERANCE;
}

/** Half of what one of a picture’s 256 levels takes of [−1, 1]: no picture is further off than one level. */
export const HALF_LEVEL = 1 / 255;

import { UsageError } from '../errors';

/** Checks the height of the feature map that gets self-attention. @throws UsageError where no block makes a map of that height */
export function checkAttention(attention: number | null, heights: readonly number[]): void {
  if (attention === null || heights.includes(attention)) return;
  const known = [...new Set(heights)].join(', ');
  throw new UsageError(
    `attention expects the height of one of the feature maps, ${known}, but is ${attention}`,
  );
}

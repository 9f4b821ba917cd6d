import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';

const BESIDE = { generator: 'its latents', discriminator: 'the images' } as const;

/**
 * The labels [N] of a conditional network's input.
 *
 * @throws UsageError where it was given none, as `forward` of any module may be
 */
export function requireLabels(labels: Tensor | undefined, network: keyof typeof BESIDE): Tensor {
  if (labels === undefined)
    throw new UsageError(
      `a conditional ${network} expects labels [N] beside ${BESIDE[network]} but received none`,
    );
  return labels;
}

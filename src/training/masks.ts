import { UsageError } from '../errors';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';

/**
 * Masks [N, 1, H, W] as they are, once they are known to be masks of holes: 1 in the hole and 0 elsewhere.
 *
 * @throws UsageError for other numbers, a mask without a hole, or one that is all hole
 */
export function checkedMasks(masks: Tensor): Tensor {
  if (masks.dim !== 4 || masks.numel === 0)
    throw new UsageError(`masks expected [N, 1, H, W] but received [${masks.shape.join(', ')}]`);
  const [others, shares] = scope(() => {
    const isOther = masks.ne(0).float().mul(masks.ne(1).float());
    return [isOther.sum().item(), Array.from(masks.float().mean([1, 2, 3]).toTypedArray(), Number)];
  });
  if (others > 0)
    throw new UsageError('masks expected 1 in the hole and 0 elsewhere but received other numbers');
  const empty = shares.indexOf(0);
  if (empty >= 0)
    throw new UsageError(`mask ${empty} has no hole: mark what is to be filled by 1 in it, or leave it out`);
  const full = shares.indexOf(1);
  if (full >= 0) throw new UsageError(`mask ${full} is all hole: nothing is left of the image to fill it by`);
  return masks;
}

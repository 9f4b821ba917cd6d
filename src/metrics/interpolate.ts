import { ops } from '../native/ops.generated';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';

/** Two latents a row [N, z], and how far to go from the first to the second [N, 1], 0 to 1. */
export interface Path {
  readonly from: Tensor;
  readonly to: Tensor;
  readonly at: Tensor;
}

/** The straight line from + at · (to − from), where latents fill their space evenly, as in StyleGAN's w. */
export function linearInterpolation({ from, to, at }: Path): Tensor {
  return from.add(to.sub(from).mul(at));
}

/**
 * The great circle (Shoemake 1985), where latents lie near a sphere, as normal ones do: the direction turns evenly from one
 * to the other and the length goes evenly, so what is between them is as likely as they are. A straight line would pass where
 * no latent ever is. Opposite latents have no way between them that is the shortest: they go through 0.
 */
export function sphericalInterpolation({ from, to, at }: Path): Tensor {
  const [a, b] = [from, to].map((latents) => {
    const length = latents.norm({ dim: 1, keepdim: true });
    return { length, unit: latents.div(length.where(length.gt(0), 1)) };
  });
  const angle = angleBetween(a.unit, b.unit);
  const across = b.unit.sub(a.unit.mul(a.unit.mul(b.unit).sum(1, { keepdim: true })));
  const acrossLength = across.norm({ dim: 1, keepdim: true });
  const side = across.div(acrossLength.where(acrossLength.gt(0), 1));
  const turned = a.unit.mul(angle.mul(at).cos()).add(side.mul(angle.mul(at).sin()));
  return turned.mul(linearInterpolation({ from: a.length, to: b.length, at }));
}

/** 2 atan(‖a − b‖ / ‖a + b‖) of unit vectors [N, z] as [N, 1]: exact where the arc cosine has half its digits (Kahan). */
function angleBetween(a: Tensor, b: Tensor): Tensor {
  const [apart, together] = [a.sub(b), a.add(b)].map((sum) => sum.norm({ dim: 1, keepdim: true }));
  return wrap(ops.atan2(apart.handle, together.handle), 'atan2').mul(2);
}

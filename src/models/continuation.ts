import { withoutAutocast } from '../tensor/autograd';
import { arange } from '../tensor/create';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Pixels, the deviations of the Gaussians that a power of the distance is made of. */
const DEVIATIONS = [0.5, 1, 2, 4, 8, 16, 32];

/** Of the distance that weights fall with. */
const POWER = 4;

/** Pixels along each axis beyond which nothing counts. */
export const CONTINUATION_REACH = 64;

/** Where nothing known is near, the mean is 0. */
const LEAST_WEIGHT = 1e-12;

/**
 * Images continued into their holes: each pixel is the mean of the known ones, weighted by 1 / distance⁴ (Shepard 1968), so that what is next to the
 * hole goes on smoothly and leaves no edge. Known pixels get some such mean too.
 *
 * y = Σ k(q) x(q) w(p − q) / Σ k(q) w(p − q), where w(d) = Σ over s = ½, 1, 2, …, 32 of s⁻⁴ exp(−|d|² / 2s²) is |d|⁻⁴ up to a factor, and separable: a
 * product of two matrices for each s. Pixels that are more than 64 away along an axis do not count; where no others are, y is 0.
 *
 * @param known [N, C, H, W], 0 in holes
 * @param mask [N, 1, H, W], 1 in holes and 0 elsewhere
 */
export function continued(known: Tensor, mask: Tensor): Tensor {
  const [, channels, height, width] = known.shape;
  // Sums over a whole image are no work for 8 bits of precision.
  return withoutAutocast(known.device, () => {
    const values = cat([known, mask.neg().add(1)], 1);
    const sums = DEVIATIONS.map((deviation) =>
      gaussian(height, deviation, known)
        .matmul(values)
        .matmul(gaussian(width, deviation, known))
        .mul(deviation ** -POWER),
    ).reduce((sum, each) => sum.add(each));
    const weights = sums.narrow(1, { start: channels, length: 1 });
    return sums.narrow(1, { start: 0, length: channels }).div(weights.clamp({ min: LEAST_WEIGHT }));
  });
}

/** exp(−(i − j)² / 2s²) [length, length], 0 out of reach, of the dtype and on the device of `like`. */
function gaussian(length: number, deviation: number, like: Tensor): Tensor {
  const places = arange({ end: length }, { device: like.device }).to({ dtype: like.dtype });
  const squares = places.unsqueeze(1).sub(places).square();
  const near = squares.le(CONTINUATION_REACH ** 2).to({ dtype: like.dtype });
  return squares
    .div(-2 * deviation ** 2)
    .exp()
    .mul(near);
}

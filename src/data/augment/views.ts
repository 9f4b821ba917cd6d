import { noGrad, withoutAutocast } from '../../tensor/autograd';
import { rand } from '../../tensor/create';
import { inFull } from '../../tensor/full-precision';
import type { Tensor } from '../../tensor/tensor';
import { product, rotation, scaling, shear, translation } from './matrices';
import { moved } from './moved';

/** At strength 1: radians, shift of a row by its place, share of the side, and the logarithm of a factor, either way. */
const [TURN, SHEAR, SHIFT, SCALE] = [0.35, 0.35, 0.06, 0.25];

/** Numbers drawn for an image. */
const DRAWS = 6;

/**
 * Images [N, C, H, W] as they could have been written or photographed as well: each is sheared by up to 0.35, turned by up to 20°, stretched along
 * either side by up to e^¼ and shifted by up to 6 % of it, all times `strength`; 0 leaves them as they are. Drawn from the device's
 * default generator; gradients of every order go through. Computes in float32 inside autocast.
 */
export function affineViews(images: Tensor, strength: number): Tensor {
  if (strength === 0) return images;
  return withoutAutocast(images.device, () => {
    const source = inFull(images);
    return moved(
      source,
      noGrad(() => drawPlaces(source, strength)),
    );
  });
}

function drawPlaces(images: Tensor, strength: number): Tensor {
  const [count, , height, width] = images.shape;
  const { dtype, device } = images;
  const drawn = rand([DRAWS, count], { dtype, device })
    .mul(2 * strength)
    .sub(strength)
    .unbind(0);
  const [angle, slant, x, y, across, down] = drawn;
  return product([
    translation(x.mul(SHIFT * width), y.mul(SHIFT * height)),
    scaling(across.mul(SCALE).exp(), down.mul(SCALE).exp()),
    rotation(angle.mul(TURN)),
    shear(slant.mul(SHEAR)),
  ]);
}

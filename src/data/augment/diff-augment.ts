import { UsageError } from '../../errors';
import { noGrad, withoutAutocast } from '../../tensor/autograd';
import { arange, rand } from '../../tensor/create';
import { inFull } from '../../tensor/full-precision';
import type { Tensor } from '../../tensor/tensor';
import { onColours } from './colours';

/** A group of augmentations. */
export type DiffAugmentation = 'color' | 'translation' | 'cutout';

/** Options of {@link diffAugment}. */
export interface DiffAugmentOptions {
  /** Which ones, applied in this order (`color`, `translation`, `cutout`). */
  readonly policy?: readonly DiffAugmentation[];
}

/** Changes images [N, C, H, W] at random, differentiably; `draws` are its random numbers, drawn where absent. */
export type Augmentation<Draws> = (images: Tensor, draws?: Draws) => Tensor;

/** Images are shifted by up to this share of their size. */
const SHIFT = 0.125;
/** The hole's share of their size. */
const HOLE = 0.5;

/** The rows of the draws. */
const DRAWS = ['brightness', 'saturation', 'contrast', 'shiftY', 'shiftX', 'holeY', 'holeX'] as const;
type Draw = (name: (typeof DRAWS)[number]) => Tensor;

const STEPS: Readonly<Record<DiffAugmentation, (images: Tensor, draw: Draw) => Tensor>> = {
  color: (images, draw) =>
    onColours(images, (colours) => {
      const image = [1, 2, 3];
      const bright = colours.add(each(draw('brightness').sub(0.5)));
      const saturated = around(bright, bright.mean(1, { keepdim: true }), draw('saturation').mul(2));
      return around(saturated, saturated.mean(image, { keepdim: true }), draw('contrast').add(0.5));
    }),
  translation: (images, draw) => {
    const [, , height, width] = images.shape;
    const rows = shiftMatrix(draw('shiftY'), { size: height, like: images });
    const columns = shiftMatrix(draw('shiftX'), { size: width, like: images });
    return rows.matmul(images).matmul(columns.transpose(2, 3));
  },
  cutout: (images, draw) => {
    const [, , height, width] = images.shape;
    const rows = hole(draw('holeY'), height).unsqueeze(3);
    const columns = hole(draw('holeX'), width).unsqueeze(2);
    return images.mul(rows.mul(columns).rsub(1));
  },
};

/**
 * DiffAugment (Zhao et al. 2020) with the paper's settings: brightness by ±0.5, saturation by 0 to 2, contrast by 0.5 to 1.5; translation
 * by up to an eighth of the size, with 0 where nothing is; a square hole of half the size, filled with 0. Drawn for each image from
 * the device's default generator.
 *
 * It works where the discriminator sees real images and fakes, in both phases: `D.forward(augment(real))` and
 * `D.forward(augment(fake))`. Gradients of every order go through to the images. Computes in float32 inside autocast.
 *
 * The function it returns takes draws [7, N] from U[0, 1) for tests: brightness, saturation, contrast, shift along height and
 * width, hole along height and width. The colour of images with alpha (2 or 4 channels) changes, their alpha does not.
 *
 * @throws UsageError for a policy that is none of the three
 */
export function diffAugment({
  policy = ['color', 'translation', 'cutout'],
}: DiffAugmentOptions = {}): Augmentation<Tensor> {
  const unknown = policy.find((name) => !Object.hasOwn(STEPS, name));
  if (unknown !== undefined)
    throw new UsageError(
      `diffAugment expected a policy of ${Object.keys(STEPS).join(', ')} but received '${unknown}'`,
    );
  return (images, draws) =>
    withoutAutocast(images.device, () => {
      const { dtype, device } = inFull(images);
      const drawn = draws ?? rand([DRAWS.length, images.shape[0]], { dtype, device });
      const draw: Draw = (name) => drawn.select(0, DRAWS.indexOf(name));
      return policy.reduce((changed, name) => STEPS[name](changed, draw), inFull(images));
    });
}

/** A number an image, [N] as [N, 1, 1, 1]. */
function each(numbers: Tensor): Tensor {
  return numbers.reshape([-1, 1, 1, 1]);
}

function around(images: Tensor, center: Tensor, factor: Tensor): Tensor {
  return images.sub(center).mul(each(factor)).add(center);
}

/**
 * Matrices [N, 1, size, size] that shift by whole pixels and leave 0 behind. As a product it is differentiable in every order, and
 * deterministic on CUDA too, where scattered gradients are not.
 */
function shiftMatrix(
  draws: Tensor,
  { size, like }: { readonly size: number; readonly like: Tensor },
): Tensor {
  const most = Math.round(size * SHIFT);
  return noGrad(() => {
    const positions = arange({ end: size }, { device: like.device, dtype: like.dtype });
    const shift = draws
      .mul(2 * most + 1)
      .floor()
      .sub(most)
      .reshape([-1, 1, 1, 1]);
    const sources = positions.reshape([1, 1, size, 1]).add(shift);
    return sources.eq(positions.reshape([1, 1, 1, size])).to({ dtype: like.dtype });
  });
}

/** 1 inside a hole along one side [N, 1, size], else 0. Its middle may be anywhere on the image. */
function hole(draws: Tensor, size: number): Tensor {
  const length = Math.round(size * HOLE);
  return noGrad(() => {
    const middle = draws
      .mul(size + 1 - (length % 2))
      .floor()
      .reshape([-1, 1, 1]);
    const offset = arange({ end: size }, { device: draws.device, dtype: draws.dtype })
      .sub(middle)
      .add(Math.floor(length / 2));
    return offset.ge(0).mul(offset.lt(length)).to({ dtype: draws.dtype });
  });
}

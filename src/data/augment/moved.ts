import { noGrad } from '../../tensor/autograd';
import { arange, ones } from '../../tensor/create';
import { stack } from '../../tensor/shapes';
import type { Tensor } from '../../tensor/tensor';
import { resampleAt } from './resample';

/**
 * Images [N, C, H, W] moved by affine maps, differentiably in every order.
 *
 * @param places [N, 3, 3] from a place in the result to its place in the source, in pixels around the middle
 */
export function moved(images: Tensor, places: Tensor): Tensor {
  const [, , height, width] = images.shape;
  const { dtype, device } = images;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const { x, y } = noGrad(() => {
    const across = arange({ end: width }, { dtype, device }).sub(middleX).reshape([1, width]);
    const down = arange({ end: height }, { dtype, device }).sub(middleY).reshape([height, 1]);
    const shape = [height, width];
    const grid = stack([across.expand(shape), down.expand(shape), ones(shape, { dtype, device })]);
    const found = places.matmul(grid.reshape([1, 3, height * width]));
    return { x: found.select(1, 0).add(middleX), y: found.select(1, 1).add(middleY) };
  });
  return resampleAt(images, { x, y });
}

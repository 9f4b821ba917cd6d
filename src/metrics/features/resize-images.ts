import { type Resolution, sizeOf, sizeText } from '../../data/image-size';
import { UsageError } from '../../errors';
import { interpolate } from '../../tensor/functional';
import type { Tensor } from '../../tensor/tensor';

/** How images are brought to a network's size; both low-pass before shrinking. */
export type ResizeFilter = 'bilinear' | 'bicubic';

/**
 * Images [N, C, H, W] at another size, by the filter of PyTorch's `interpolate(…, antialias=True)`: widened when shrinking, so that no
 * detail turns into noise (Parmar, Zhang and Zhu 2022). Images that have the size come back as they are. Bicubic results are
 * clamped to [−1, 1], which they overshoot at edges.
 */
export function resizeImages(
  images: Tensor,
  { size, filter = 'bilinear' }: { readonly size: Resolution; readonly filter?: ResizeFilter },
): Tensor {
  const [, , height, width] = images.shape;
  const to = sizeOf(size);
  if (height === to.height && width === to.width) return images;
  const resized = interpolate(images, { size: [to.height, to.width], mode: filter, antialias: true });
  return filter === 'bicubic' ? resized.clamp_({ min: -1, max: 1 }) : resized;
}

/** {@link resizeImages} in words, for protocols. */
export function resizeWords({
  size,
  filter = 'bilinear',
}: {
  size: Resolution;
  filter?: ResizeFilter;
}): string {
  return `${filter}, antialiased, to ${sizeText(sizeOf(size))}`;
}

/** @throws UsageError unless `images` is float32 [N, C, H, W] with C among `channels`. */
export function requireImages(owner: string, images: Tensor, channels: readonly number[]): void {
  const { shape, dtype } = images;
  if (dtype === 'float32' && shape.length === 4 && channels.includes(shape[1])) return;
  throw new UsageError(
    `${owner} expects images float32 [N, ${channels.join(' or ')}, H, W] in [-1, 1] but received ${dtype} [${shape.join(', ')}]`,
  );
}

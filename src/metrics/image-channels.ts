import { hasAlpha } from '../data/image-spec';
import { onesLike, tensor } from '../tensor/create';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Images [N, C, H, W] in [−1, 1] without their alpha, laid on white; those without any as they are. */
export function onWhite(images: Tensor): Tensor {
  const [, channels] = images.shape;
  if (!hasAlpha(channels)) return images;
  const colours = images.narrow(1, { start: 0, length: channels - 1 });
  const cover = images
    .narrow(1, { start: channels - 1, length: 1 })
    .add(1)
    .div(2);
  return colours.sub(1).mul(cover).add(1);
}

/**
 * Images [N, C, H, W] in [−1, 1] in other channels, 1 to 4: grey is repeated to RGB, RGB becomes its luma 0.299 R + 0.587 G + 0.114 B, alpha
 * that is not asked for lays its image on white, and new alpha is opaque.
 */
export function inChannels(images: Tensor, channels: number): Tensor {
  const [, given] = images.shape;
  if (given === channels) return images;
  const wanted = channels < 3 ? 1 : 3;
  if (!hasAlpha(channels)) return inColours(onWhite(images), wanted);
  const plane = (start: number) => images.narrow(1, { start, length: 1 });
  if (!hasAlpha(given)) return cat([inColours(images, wanted), onesLike(plane(0))], 1);
  const colours = images.narrow(1, { start: 0, length: given - 1 });
  return cat([inColours(colours, wanted), plane(given - 1)], 1);
}

/** {@link inChannels} in words, for protocols; empty where nothing changes. */
export function channelWords(from: number, to: number): string {
  if (from === to) return '';
  const words = [
    hasAlpha(from) && !hasAlpha(to) ? 'on white' : '',
    from < 3 && to >= 3 ? 'grey to RGB' : '',
    from >= 3 && to < 3 ? 'to grey' : '',
    !hasAlpha(from) && hasAlpha(to) ? 'opaque' : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

function inColours(images: Tensor, colours: 1 | 3): Tensor {
  const [count, given, ...size] = images.shape;
  if (given === colours) return images;
  if (colours === 3) return images.expand([count, 3, ...size]);
  const luma = tensor([0.299, 0.587, 0.114], { device: images.device }).reshape([1, 3, 1, 1]);
  return images.mul(luma).sum([1], { keepdim: true });
}

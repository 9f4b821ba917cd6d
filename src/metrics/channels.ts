import { hasAlpha } from '../data/image-spec';
import { UsageError } from '../errors';
import { onesLike, tensor } from '../tensor/create';
import { scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';

/** Rec. 601 */
const LUMA = [0.299, 0.587, 0.114];

/**
 * Images [N, C, H, W] in [−1, 1] in other channels: 1 grey, 2 with alpha, 3 RGB, 4 RGBA. Transparent parts are laid on white, RGB becomes its
 * luma 0.299 R + 0.587 G + 0.114 B, grey is repeated to RGB, and images without alpha become opaque.
 *
 * @throws UsageError for a change from or to channels other than 1 to 4
 */
export function inChannels(images: Tensor, channels: number): Tensor {
  const [, given] = images.shape;
  if (given === channels) return images;
  requireChannels(given, channels);
  return scope(() => {
    const opaque = hasAlpha(given) && !hasAlpha(channels) ? onWhite(images) : images;
    const colours = inColours(opaque, channels < 3 ? 1 : 3);
    return hasAlpha(channels) ? cat([colours, alphaOf(images)], 1) : colours;
  });
}

/** {@link inChannels} in words, for protocols; empty where nothing is to be done. */
export function channelWords(from: number, to: number): string {
  if (from === to) return '';
  const words = [
    ...(hasAlpha(from) && !hasAlpha(to) ? ['transparency on white'] : []),
    ...(from >= 3 && to < 3 ? ['to grey'] : []),
    ...(from < 3 && to >= 3 ? ['grey to RGB'] : []),
    ...(!hasAlpha(from) && hasAlpha(to) ? ['opaque'] : []),
  ];
  return words.join(', ');
}

/** What channels are called in protocols. @throws UsageError for channels other than 1 to 4 */
export function colourSpace(channels: number): string {
  requireChannels(channels);
  return ['grey', 'grey with alpha', 'RGB', 'RGBA'][channels - 1];
}

/** @throws UsageError for channels other than 1 to 4 */
export function requireChannels(...given: readonly number[]): void {
  const wrong = given.find((count) => ![1, 2, 3, 4].includes(count));
  if (wrong !== undefined)
    throw new UsageError(`images can be converted between 1 to 4 channels, but there are ${wrong}`);
}

function alphaOf(images: Tensor): Tensor {
  const { shape } = images;
  if (!hasAlpha(shape[1])) return onesLike(images.narrow(1, { start: 0, length: 1 }));
  return images.narrow(1, { start: shape[1] - 1, length: 1 });
}

function onWhite(images: Tensor): Tensor {
  const opacity = alphaOf(images).add(1).div(2);
  const colours = images.narrow(1, { start: 0, length: images.shape[1] - 1 });
  // White is 1.
  return colours.sub(1).mul(opacity).add(1);
}

/** One or three channels of colour; alpha is left out. */
function inColours(images: Tensor, channels: 1 | 3): Tensor {
  const [count, given, ...size] = images.shape;
  const colours = images.narrow(1, { start: 0, length: given < 3 ? 1 : 3 });
  if (colours.shape[1] === channels) return colours;
  if (channels === 3) return colours.expand([count, 3, ...size]);
  const luma = tensor(LUMA, { device: images.device }).reshape([1, 3, 1, 1]);
  return colours.mul(luma).sum([1], { keepdim: true });
}

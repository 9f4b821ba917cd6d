import type { DecodedForm } from './decoded-form';
import { enlarge, grows } from './enlarge';
import { hasAlpha } from './image-spec';
import { luma } from './luma';
import { type OpenImage, shownSize } from './open-image';
import type { PlainPng } from './plain-png';

/** `Fit` in CSS's words, which are sharp's. */
const OBJECT_FIT = { crop: 'cover', pad: 'contain', stretch: 'fill' } as const;

/** An image in a form: uint8 [C, H, W] in sRGB. Without a channel for alpha, transparent parts are laid on white. */
export async function renderBytes(
  opened: OpenImage,
  { channels, height, width, fit }: DecodedForm,
): Promise<Uint8Array> {
  const from = await shownSize(opened);
  const to = { height, width };
  if (!grows({ from, to, fit })) return shrunkBytes(opened, { channels, height, width, fit });
  // Only what grows along both axes keeps its size until then.
  const between =
    fit === 'stretch' ? { height: Math.min(from.height, height), width: Math.min(from.width, width) } : from;
  const pixels = await shrunkBytes(opened, { channels, ...between, fit: 'stretch' });
  return enlarge(pixels, { from: between, to, fit });
}

/** {@link renderBytes} where no axis grows. */
async function shrunkBytes(
  { image, profiledGrey, plain }: OpenImage,
  { channels, height, width, fit }: DecodedForm,
): Promise<Uint8Array> {
  if (plain?.channels === channels && plain.height === height && plain.width === width)
    return planesOf(plain);
  const keepsAlpha = hasAlpha(channels);
  const background = { r: 255, g: 255, b: 255, alpha: keepsAlpha ? 0 : 1 };
  const sized = image
    .resize(width, height, { fit: OBJECT_FIT[fit], kernel: 'lanczos3', background })
    .toColourspace(profiledGrey ? 'b-w' : 'srgb');
  const formed = keepsAlpha ? sized.ensureAlpha() : sized.flatten({ background: 'white' });
  const { data, info } = await formed.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const area = height * width;
  return toPlanes({ data, from: info.channels, area }, new Uint8Array(channels * area));
}

/** uint8 [H, W, C] → [C, H, W] */
function planesOf({ pixels, channels, height, width }: PlainPng): Uint8Array {
  if (channels === 1) return pixels;
  return toPlanes({ data: pixels, from: channels, area: height * width }, new Uint8Array(pixels.length));
}

/** An image of 16 bits at its own size: uint16 [C, H, W] in sRGB, else as {@link renderBytes}. */
export async function renderDeep({ image, profiledGrey }: OpenImage, channels: number): Promise<Uint16Array> {
  const converted = image.toColourspace(profiledGrey ? 'grey16' : 'rgb16');
  const formed = hasAlpha(channels) ? converted.ensureAlpha() : converted;
  const { data: bytes, info } = await formed.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
  const data = new Uint16Array(Uint8Array.from(bytes).buffer);
  const pixels = { data, from: info.channels, area: info.height * info.width };
  if (hasAlpha(info.channels) && !hasAlpha(channels)) layOnWhite(pixels);
  return toPlanes(pixels, new Uint16Array(channels * pixels.area));
}

/** Pixels whose channels lie beside each other: RGB or RGBA. */
interface Interleaved<T extends Uint8Array | Uint16Array> {
  /** [H, W, from] */
  readonly data: T;
  readonly from: number;
  /** H · W */
  readonly area: number;
}

/** Interleaved pixels in `planes`, [C, H, W]. */
function toPlanes<T extends Uint8Array | Uint16Array>({ data, from, area }: Interleaved<T>, planes: T): T {
  const channels = planes.length / area;
  const isGrey = channels < 3;
  if (isGrey)
    for (let i = 0, at = 0; i < area; i++, at += from) planes[i] = luma(data[at], data[at + 1], data[at + 2]);
  for (let c = isGrey ? 1 : 0; c < channels; c++) {
    const source = isGrey ? from - 1 : c;
    for (let i = 0; i < area; i++) planes[c * area + i] = data[i * from + source];
  }
  return planes;
}

/** Where they are; sharp's white of 16 bits is 65280. */
function layOnWhite({ data, from, area }: Interleaved<Uint16Array>): void {
  for (let i = 0; i < area; i++) {
    const end = (i + 1) * from - 1;
    const cover = data[end] / 65535;
    for (let at = i * from; at < end; at++) data[at] = Math.round(65535 + (data[at] - 65535) * cover);
  }
}

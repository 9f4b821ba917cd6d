import { readFile, stat } from 'node:fs/promises';
import type sharp from 'sharp';
import { GanError, messageOf } from '../errors';
import type { ImageShape } from './dataset';

/** The sharp module. */
export type Sharp = typeof sharp;

/** 8192 × 8192: larger images are refused before they are decoded. */
const MAX_PIXELS = 2 ** 26;
const MAX_FILE_BYTES = 2 ** 29;

/**
 * Loads sharp, the optional package that decodes images.
 * @throws ERR_NO_SHARP with the command that installs it.
 */
export async function loadSharp(): Promise<Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    const why = messageOf(error).split('\n')[0];
    throw new GanError(
      'ERR_NO_SHARP',
      `image folders need the package sharp, which could not be loaded (${why}); install it with: npm install sharp`,
      { cause: error },
    );
  }
}

/**
 * Decodes a JPEG, PNG or WebP file into uint8 [C, H, W]: turned as its EXIF orientation says, transparent parts on
 * white, scaled with a Lanczos filter until it covers that size, and the middle cut out. Runs in sharp's threads.
 * @throws ERR_BAD_IMAGE, naming the file, when it is no such image, is damaged or truncated, or has over 67 million pixels.
 */
export async function decodeImage(
  load: Sharp,
  path: string,
  { channels, height, width }: ImageShape,
): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error(`${size} bytes are more than the ${MAX_FILE_BYTES} allowed`);
    const bytes = await readFile(path);
    requireImage(bytes);
    const { data, info } = await load(bytes, {
      autoOrient: true,
      failOn: 'error',
      limitInputPixels: MAX_PIXELS,
    })
      .resize(width, height, { fit: 'cover', kernel: 'lanczos3' })
      .flatten({ background: 'white' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return planar(data, { from: info.channels, channels, area: height * width });
  } catch (error) {
    const lines = new Set(messageOf(error).split('\n'));
    throw new GanError('ERR_BAD_IMAGE', `${path} is not a readable image: ${[...lines].join('; ')}`);
  }
}

/** The first bytes decide, not the name: other formats that libvips reads (SVG, PDF, …) are not let in. */
function requireImage(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new Error('it is empty');
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  const known =
    start.startsWith('\xff\xd8\xff') ||
    start.startsWith('\x89PNG\r\n\x1a\n') ||
    (start.startsWith('RIFF') && start.endsWith('WEBP'));
  if (!known) {
    const hex = Buffer.from(bytes.subarray(0, 4)).toString('hex');
    throw new Error(`a JPEG, PNG or WebP file is expected, but it begins with the bytes ${hex}`);
  }
}

/** Interleaved [H, W, from] → planes [channels, H, W]; a grey image fills all planes. */
function planar(
  data: Uint8Array,
  { from, channels, area }: { from: number; channels: number; area: number },
): Uint8Array {
  const planes = new Uint8Array(channels * area);
  for (let c = 0; c < channels; c++) {
    const source = Math.min(c, from - 1);
    for (let i = 0; i < area; i++) planes[c * area + i] = data[i * from + source];
  }
  return planes;
}

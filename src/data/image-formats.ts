import { extname } from 'node:path';

/** A format that image folders are read from. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'bmp';

/** The formats in words. */
export const FORMATS = 'JPEG, PNG, WebP, GIF, TIFF or BMP';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.bmp']);

/** Whether a file is to be read as an image, by its name. */
export function isImageName(name: string): boolean {
  return EXTENSIONS.has(extname(name).toLowerCase());
}

/** How files begin, in Latin-1: TIFF in both byte orders, and BigTIFF. */
const BEGINNINGS: readonly (readonly [string, ImageFormat])[] = [
  ['\xff\xd8\xff', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0', 'tiff'],
  ['MM\0+', 'tiff'],
  ['BM', 'bmp'],
];

/**
 * The format of a file, by its first bytes whatever its name: other formats that libvips reads (SVG, PDF, …) are not let in.
 * @throws Error saying what the file is instead
 */
export function formatOf(bytes: Uint8Array): ImageFormat {
  if (bytes.length === 0) throw new Error('it is empty');
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'webp';
  const known = BEGINNINGS.find(([beginning]) => start.startsWith(beginning));
  if (known) return known[1];
  const hex = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  throw new Error(`a ${FORMATS} file is expected, but it begins with the bytes ${hex}`);
}

/** Decoded pixels: rows from top to bottom, the channels of a pixel beside each other. */
export interface RawPixels {
  readonly width: number;
  readonly height: number;
  /** 3 = RGB, 4 = RGBA, not premultiplied. */
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

/** What the headers of a BMP file say. */
interface Header {
  readonly width: number;
  readonly height: number;
  /** The first row is the top one; else the bottom one. */
  readonly topDown: boolean;
  readonly bits: number;
  /** Where the rows begin. */
  readonly pixelsAt: number;
  /** [blue, green, red] of each index, `paletteEntry` bytes apart; empty where pixels are colours themselves. */
  readonly palette: Uint8Array;
  readonly paletteEntry: number;
  /** The bits of red, green, blue and alpha in a pixel; 0 = none. */
  readonly masks: readonly number[];
}

const FILE_HEADER = 14;
/** OS/2's first header, in which sizes have 16 bits. */
const CORE_HEADER = 12;
const INFO_HEADER = 40;
/** From this header on there is a mask for alpha. */
const ALPHA_HEADER = 56;

const UNCOMPRESSED = 0;
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;
const COMPRESSIONS: Readonly<Record<number, string>> = { 1: 'RLE', 2: 'RLE', 4: 'JPEG', 5: 'PNG' };

const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x03e0, 0x001f, 0],
  24: [0xff0000, 0xff00, 0xff, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
};

/**
 * Decodes a BMP file, which libvips does not: 1, 4 and 8 bits a pixel with a palette, 16, 24 and 32 bits, with bit masks or without.
 * Alpha is read where the header has a mask for it.
 * @throws Error saying what is wrong with it: cut off, compressed, over `maxPixels` pixels, …
 */
export function decodeBmp(bytes: Uint8Array, { maxPixels }: { readonly maxPixels: number }): RawPixels {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(file, maxPixels);
  const { width, height, bits, pixelsAt } = header;
  const stride = 4 * Math.ceil((width * bits) / 32);
  if (pixelsAt + stride * height > file.length)
    throw new Error(
      `its pixels take ${stride * height} bytes from byte ${pixelsAt} on, but it has ${file.length} bytes: it is cut off`,
    );
  const channels = header.masks[3] ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  const drawRow = bits <= 8 ? indexedRow(file, header) : maskedRow(file, header);
  for (let y = 0; y < height; y++) {
    const row = header.topDown ? y : height - 1 - y;
    drawRow(pixelsAt + row * stride, data, y * width * channels);
  }
  return { width, height, channels, data };
}

/** Decodes the row at byte `from` of the file into `data` from `to` on. */
type DrawRow = (from: number, data: Uint8Array, to: number) => void;

function indexedRow(file: Buffer, { width, bits, palette, paletteEntry }: Header): DrawRow {
  const perByte = 8 / bits;
  const most = 2 ** bits - 1;
  return (from, data, start) => {
    for (let x = 0, to = start; x < width; x++) {
      const shift = 8 - bits * (1 + (x % perByte));
      const at = ((file[from + Math.floor(x / perByte)] >> shift) & most) * paletteEntry;
      if (at >= palette.length) throw new Error('a pixel has a colour that is not in the palette');
      for (let channel = 2; channel >= 0; channel--) data[to++] = palette[at + channel];
    }
  };
}

function maskedRow(file: Buffer, { width, bits, masks }: Header): DrawRow {
  const size = bits / 8;
  const fields = masks
    .filter((mask) => mask !== 0)
    .map((mask) => {
      const shift = 31 - Math.clz32(mask & -mask);
      return { mask, shift, scale: 255 / (mask >>> shift) };
    });
  return (from, data, start) => {
    for (let x = 0, to = start; x < width; x++) {
      const pixel = file.readUIntLE(from + x * size, size);
      for (const { mask, shift, scale } of fields)
        data[to++] = Math.round(((pixel & mask) >>> shift) * scale);
    }
  };
}

function readHeader(file: Buffer, maxPixels: number): Header {
  const length = file.length < FILE_HEADER + CORE_HEADER ? Number.NaN : file.readUInt32LE(FILE_HEADER);
  if (!(file.length >= FILE_HEADER + length)) throw new Error('its header is cut off');
  const isCore = length === CORE_HEADER;
  if (!isCore && length < INFO_HEADER)
    throw new Error(`its header of ${length} bytes is of no version that is read`);
  const at = FILE_HEADER + 4;
  const width = isCore ? file.readUInt16LE(at) : file.readInt32LE(at);
  const rows = isCore ? file.readUInt16LE(at + 2) : file.readInt32LE(at + 4);
  const height = Math.abs(rows);
  if (width < 1 || height < 1) throw new Error(`it is ${width} pixels wide and ${height} high`);
  if (width * height > maxPixels)
    throw new Error(`it exceeds the pixel limit: ${width} × ${height} are more than ${maxPixels} pixels`);
  const bits = file.readUInt16LE(at + (isCore ? 6 : 10));
  const compression = isCore ? UNCOMPRESSED : file.readUInt32LE(at + 12);
  requireReadable(bits, compression);
  const pixelsAt = file.readUInt32LE(10);
  const masked = compression !== UNCOMPRESSED;
  return {
    width,
    height,
    topDown: rows < 0,
    bits,
    pixelsAt,
    ...paletteOf(file, { bits, pixelsAt, length, isCore }),
    masks: masked ? masksOf(file, { length, compression }) : (DEFAULT_MASKS[bits] ?? [0, 0, 0, 0]),
  };
}

function requireReadable(bits: number, compression: number): void {
  const name = COMPRESSIONS[compression];
  if (name) throw new Error(`it is a BMP compressed with ${name}: save it uncompressed, or as PNG`);
  const masked = compression === BITFIELDS || compression === ALPHA_BITFIELDS;
  const readable = masked ? [16, 32] : compression === UNCOMPRESSED ? [1, 4, 8, 16, 24, 32] : [];
  if (!readable.includes(bits))
    throw new Error(`it is a BMP of ${bits} bits a pixel in compression ${compression}, which is not read`);
}

function paletteOf(
  file: Buffer,
  { bits, pixelsAt, length, isCore }: { bits: number; pixelsAt: number; length: number; isCore: boolean },
): Pick<Header, 'palette' | 'paletteEntry'> {
  const paletteEntry = isCore ? 3 : 4;
  if (bits > 8) return { palette: file.subarray(0, 0), paletteEntry };
  const told = isCore ? 0 : file.readUInt32LE(FILE_HEADER + 32);
  const start = FILE_HEADER + length;
  const colours = Math.min(told || 2 ** bits, 2 ** bits);
  const end = Math.min(start + colours * paletteEntry, pixelsAt, file.length);
  const whole = Math.max(0, Math.floor((end - start) / paletteEntry));
  return { palette: file.subarray(start, start + whole * paletteEntry), paletteEntry };
}

/** The bit masks of red, green, blue and alpha: they follow the oldest header, and are a part of later ones. */
function masksOf(file: Buffer, { length, compression }: { length: number; compression: number }): number[] {
  const hasAlpha = length >= ALPHA_HEADER || compression === ALPHA_BITFIELDS;
  const count = hasAlpha ? 4 : 3;
  const start = FILE_HEADER + INFO_HEADER;
  if (file.length < start + 4 * count) throw new Error('its header is cut off');
  const masks = Array.from({ length: count }, (_, i) => file.readUInt32LE(start + 4 * i));
  const [red, green, blue, alpha = 0] = masks;
  if (![red, green, blue].every(isRun) || (alpha !== 0 && !isRun(alpha)))
    throw new Error(`its bit masks ${masks.map((mask) => mask.toString(16)).join(', ')} are no runs of bits`);
  return [red, green, blue, alpha];
}

/** Whether the bits that are set lie beside each other. */
function isRun(mask: number): boolean {
  const lowest = (mask & -mask) >>> 0;
  return mask !== 0 && Number.isInteger(Math.log2(mask / lowest + 1));
}

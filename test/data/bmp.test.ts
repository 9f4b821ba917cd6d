import { decodeBmp } from '../../src/data/bmp';
import { type BmpParts, bmp } from './image-files';

const decode = (parts: BmpParts) => decodeBmp(bmp(parts), { maxPixels: 100 });
const black = { width: 1, height: 1, bits: 24, rows: [[0, 0, 0, 0]] };

describe('decodeBmp refuses', () => {
  test.each<[string, Partial<BmpParts>, string]>([
    [
      '8-bit RLE',
      { bits: 8, compression: 1 },
      'it is a BMP compressed with RLE: save it uncompressed, or as PNG',
    ],
    ['4-bit RLE', { bits: 4, compression: 2 }, 'it is a BMP compressed with RLE'],
    ['a JPEG inside', { bits: 0, compression: 4 }, 'it is a BMP compressed with JPEG'],
    ['2 bits a pixel', { bits: 2 }, 'it is a BMP of 2 bits a pixel in compression 0, which is not read'],
    ['bit masks of 24 bits', { compression: 3 }, 'a BMP of 24 bits a pixel in compression 3'],
    ['no width', { width: 0 }, 'it is 0 pixels wide and 1 high'],
    ['a negative width', { width: -1 }, 'it is -1 pixels wide and 1 high'],
    [
      'too many pixels',
      { width: 11, height: -10 },
      'exceeds the pixel limit: 11 × 10 are more than 100 pixels',
    ],
    [
      'too few rows',
      { height: 2 },
      'its pixels take 8 bytes from byte 54 on, but it has 58 bytes: it is cut off',
    ],
    [
      'a colour that is not in the palette',
      { bits: 8, palette: [[0, 0, 0, 0]], rows: [[1, 0, 0, 0]] },
      'a pixel has a colour that is not in the palette',
    ],
    [
      'masks with holes',
      { bits: 16, compression: 3, masks: [0x5000, 0x3e0, 0x1f] },
      'its bit masks 5000, 3e0, 1f are no runs of bits',
    ],
    [
      'empty masks',
      { bits: 32, compression: 3, masks: [0, 0, 0] },
      'its bit masks 0, 0, 0 are no runs of bits',
    ],
  ])('%s', (_, parts, reason) => {
    expect(() => decode({ ...black, ...parts })).toThrow(reason);
  });

  test.each([2, 20, 53])('a file cut off after %d bytes', (length) => {
    expect(() => decodeBmp(bmp(black).subarray(0, length), { maxPixels: 100 })).toThrow(
      'its header is cut off',
    );
  });

  test('a header of another version', () => {
    const file = bmp(black);
    file.writeUInt32LE(16, 14);
    expect(() => decodeBmp(file, { maxPixels: 100 })).toThrow(
      'its header of 16 bytes is of no version that is read',
    );
  });

  test('a file cut off in its masks', () => {
    const file = bmp({ ...black, bits: 16, compression: 3, masks: [1, 2, 4] });
    expect(() => decodeBmp(file.subarray(0, 60), { maxPixels: 100 })).toThrow('its header is cut off');
  });
});

describe('decodeBmp', () => {
  test.each([
    [-2, 'top'],
    [2, 'bottom'],
  ])('of height %d reads rows from the %s on', (height) => {
    const rows = [
      [3, 2, 1, 6, 5, 4, 0, 0],
      [9, 8, 7, 12, 11, 10, 0, 0],
    ];
    const first = [1, 2, 3, 4, 5, 6];
    const second = [7, 8, 9, 10, 11, 12];
    expect(decode({ width: 2, height, bits: 24, rows })).toEqual({
      width: 2,
      height: 2,
      channels: 3,
      data: Uint8Array.from(height < 0 ? [...first, ...second] : [...second, ...first]),
    });
  });

  test.each<[string, Partial<BmpParts>]>([
    ['1 bit', { bits: 1, rows: [[0b01000000, 0, 0, 0]] }],
    ['4 bits', { bits: 4, rows: [[0x01, 0x00, 0, 0]] }],
    ['8 bits', { bits: 8, rows: [[0, 1, 0, 0]] }],
  ])('looks up indices of %s in the palette', (_, parts) => {
    const palette = [
      [30, 20, 10, 0],
      [60, 50, 40, 0],
    ];
    const { data } = decode({ ...black, width: 3, palette, ...parts });
    expect([...data]).toEqual([10, 20, 30, 40, 50, 60, 10, 20, 30]);
  });

  test('reads OS/2’s header, whose palette has three bytes a colour', () => {
    const palette = Array.from({ length: 256 }, (_, i) => [i, 0, 255 - i]);
    const { data } = decode({ ...black, width: 2, bits: 8, header: 12, palette, rows: [[7, 255, 0, 0]] });
    expect([...data]).toEqual([248, 0, 7, 0, 0, 255]);
  });

  test('scales 5 bits a channel to 8', () => {
    const { data } = decode({ ...black, width: 2, bits: 16, rows: [[0x1f, 0x7c, 0xe0, 0x03]] });
    expect([...data]).toEqual([255, 0, 255, 0, 255, 0]);
    const half = decode({ ...black, bits: 16, rows: [[16, 0, 0, 0]] });
    expect([...half.data]).toEqual([0, 0, Math.round((16 * 255) / 31)]);
  });

  test('reads channels where the bit masks say, whatever their order and width', () => {
    const wide = { ...black, bits: 32, compression: 3 };
    const order = decode({ ...wide, masks: [0xff, 0xff00, 0xff000000], rows: [[1, 2, 3, 4]] });
    expect([order.channels, ...order.data]).toEqual([3, 1, 2, 4]);
    const ten = decode({ ...wide, masks: [0x3ff00000, 0xffc00, 0x3ff], rows: [[0xff, 0x03, 0, 0x20]] });
    expect([...ten.data]).toEqual([Math.round((512 * 255) / 1023), 0, 255]);
    const sixteen = decode({
      ...black,
      bits: 16,
      compression: 3,
      masks: [0xf800, 0x7e0, 0x1f],
      rows: [[0xe0, 7, 0, 0]],
    });
    expect([...sixteen.data]).toEqual([0, 255, 0]);
  });

  test('has alpha where the header has a mask for it, and takes no notice of the fourth byte where not', () => {
    const rows = [[3, 2, 1, 128]];
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    const alpha = decode({ ...black, bits: 32, header: 124, compression: 3, masks, rows });
    expect([alpha.channels, ...alpha.data]).toEqual([4, 1, 2, 3, 128]);
    const none = decode({ ...black, bits: 32, rows });
    expect([none.channels, ...none.data]).toEqual([3, 1, 2, 3]);
  });
});

import sharp from 'sharp';
import {
  decodeDeep,
  decodeFormed,
  decodeHalves,
  decodeImage,
  decodeWhole,
  measureImage,
} from '../../src/data/decode-image';
import { put, temporaryFolder } from './files';
import { png, turnedPng } from './image-files';

const folder = temporaryFolder();
const path = (): string => folder.path('image');

const [HEIGHT, WIDTH] = [4, 6];
/** Each pixel another. */
const UPRIGHT = Array.from({ length: HEIGHT }, (_, y) =>
  Array.from({ length: WIDTH }, (_, x) => 10 * (WIDTH * y + x)),
);
const form = { channels: 1, height: HEIGHT, width: WIDTH, fit: 'stretch' } as const;

/** A JPEG file, 16 wide and 8 high, of an orientation that lays it down. */
function photo(): Promise<Buffer> {
  const create = { width: 16, height: 8, channels: 3, background: 'red' } as const;
  return sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
}

test.each([0, 9, 65_535])('an orientation of %i is none', async (orientation) => {
  put(path(), turnedPng(UPRIGHT, 1));
  const upright = await decodeWhole(sharp, path(), 1);
  put(path(), png({ width: WIDTH, depth: 8, colorType: 0, rows: UPRIGHT, orientation }));
  expect(await decodeWhole(sharp, path(), 1)).toEqual(upright);
  expect(await measureImage(sharp, path())).toEqual({ height: HEIGHT, width: WIDTH });
});

test.each<[string, (file: Buffer, at: number) => unknown]>([
  ['of other bytes', (file, at) => file.fill(0xff, at, at + 34)],
  ['of zeros', (file, at) => file.fill(0, at, at + 54)],
  ['whose table lies beyond its end', (file, at) => file.writeUInt32LE(0x7fffffff, at + 4)],
])('EXIF %s says nothing', async (_, damage) => {
  const file = await photo();
  put(path(), file);
  expect(await decodeWhole(sharp, path(), 3)).toMatchObject({ height: 16, width: 8 });
  damage(file, file.indexOf('Exif') + 6);
  put(path(), file);
  expect(await decodeWhole(sharp, path(), 3)).toMatchObject({ height: 8, width: 16 });
});

test('EXIF of more entries than it has room for does not end it', async () => {
  const file = await photo();
  file.writeUInt16LE(0xffff, file.indexOf('Exif') + 14);
  put(path(), file);
  expect((await decodeWhole(sharp, path(), 3)).pixels).toHaveLength(3 * 16 * 8);
});

describe.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'an image of EXIF orientation %i is turned upright',
  (orientation) => {
    beforeEach(() => put(path(), turnedPng(UPRIGHT, orientation)));

    test('by whatever reads it', async () => {
      const upright = Uint8Array.from(UPRIGHT.flat());
      expect(await measureImage(sharp, path())).toEqual({ height: HEIGHT, width: WIDTH });
      expect(await decodeImage(sharp, path(), form)).toEqual(upright);
      expect(await decodeWhole(sharp, path(), 1)).toEqual({ height: HEIGHT, width: WIDTH, pixels: upright });
      expect(await decodeFormed(sharp, path(), () => form)).toMatchObject({
        pixels: upright,
        own: { height: HEIGHT, width: WIDTH },
      });
    });

    test('in halves', async () => {
      const half = { ...form, width: WIDTH / 2 };
      const columns = [0, WIDTH / 2].map((left) => UPRIGHT.map((row) => row.slice(left, left + WIDTH / 2)));
      expect([...(await decodeHalves(sharp, path(), half))]).toEqual(columns.flat(2));
    });

    test('in 16 bits', async () => {
      const deep = UPRIGHT.map((row) => row.map((value) => 257 * value + 1));
      put(path(), turnedPng(deep, orientation, 16));
      const pixels = Uint16Array.from(deep.flat());
      expect(await decodeDeep(sharp, path(), 1)).toEqual({ height: HEIGHT, width: WIDTH, pixels });
    });
  },
);

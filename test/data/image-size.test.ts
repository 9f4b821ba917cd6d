import {
  type ImageSize,
  requireResolution,
  requireSquare,
  shapeText,
  sizeOf,
} from '../../src/data/image-size';
import { usage } from '../support/failure';

test.each<[ImageSize | number, number]>([
  [3, 3],
  [4097, 4097],
  [8.5, 8.5],
  [Number.NaN, Number.NaN],
  [{ height: 64, width: 0 }, 0],
  [{ height: -8, width: 64 }, -8],
])('the resolution %j is refused', (resolution, side) => {
  expect(() => requireResolution('mnist', resolution)).toThrow(
    usage(`mnist: resolution must be an integer from 4 to 4096, got ${side}`),
  );
});

test('a size that is not square is refused where images are square, with one that is', () => {
  expect(() => requireSquare('mnist', { height: 96, width: 64 })).toThrow(
    usage('mnist has square images, but 96x64 was asked for: try --resolution 64, or a folder of images'),
  );
});

test('one number is both sides', () => {
  expect(sizeOf(8)).toEqual({ height: 8, width: 8 });
  expect(requireResolution('a', { height: 4, width: 4096 })).toEqual({ height: 4, width: 4096 });
  expect(requireSquare('a', { height: 32, width: 32 })).toBe(32);
});

test('a shape reads as tensors have it, height first', () => {
  expect(shapeText({ channels: 3, height: 96, width: 64 })).toBe('3×96×64');
});

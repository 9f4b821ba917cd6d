import { frameOf } from '../../src/data/image-frame';

const size = { height: 32, width: 32 };

test('a cut image shows its middle, and fills what is seen', () => {
  expect(frameOf({ height: 64, width: 128 }, size, 'crop')).toEqual({
    seen: { top: 0, left: 32, height: 64, width: 64 },
    shown: { top: 0, left: 0, height: 32, width: 32 },
  });
});

test('a padded image is seen whole, between margins', () => {
  expect(frameOf({ height: 64, width: 128 }, size, 'pad')).toEqual({
    seen: { top: 0, left: 0, height: 64, width: 128 },
    shown: { top: 8, left: 0, height: 16, width: 32 },
  });
});

test('a stretched image is seen whole, in all of what is seen', () => {
  expect(frameOf({ height: 64, width: 128 }, size, 'stretch')).toEqual({
    seen: { top: 0, left: 0, height: 64, width: 128 },
    shown: { top: 0, left: 0, height: 32, width: 32 },
  });
});

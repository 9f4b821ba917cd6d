import { requireImages, resizeImages, resizeWords } from '../../../src/metrics/features/resize-images';
import { zeros } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { expectClose } from '../../support/close';
import { usage } from '../../support/failure';
import { readCases } from '../../support/fixtures';

test('images of another type, rank or number of channels are refused', () => {
  scope(() => {
    const received = (shape: readonly number[]) => usage(`received float32 [${shape.join(', ')}]`);
    for (const shape of [
      [1, 2, 4, 4],
      [3, 4, 4],
      [1, 3, 4, 4, 1],
    ])
      expect(() => requireImages('net', zeros(shape), [1, 3])).toThrow(received(shape));
    expect(() => requireImages('net', zeros([1, 3, 4, 4], { dtype: 'uint8' }), [3])).toThrow(
      usage('net expects images float32 [N, 3, H, W] in [-1, 1] but received uint8 [1, 3, 4, 4]'),
    );
    requireImages('net', zeros([1, 3, 4, 4]), [1, 3]);
  });
});

test.each(readCases<{ side: number; filter: 'bilinear' | 'bicubic' }>('metrics/resize_images'))(
  '$name is PyTorch’s',
  ({ side, filter, tensors }) => {
    scope(() =>
      expectClose(resizeImages(tensors.tensor('images'), { size: side, filter }), tensors.tensor('output')),
    );
  },
);

test('images of the size come back as they are', () => {
  scope(() => {
    const images = zeros([1, 1, 8, 8]);
    expect(resizeImages(images, { size: 8, filter: 'bicubic' })).toBe(images);
  });
});

test('a protocol has it in words', () => {
  expect(resizeWords({ size: 299, filter: 'bicubic' })).toBe('bicubic, antialiased, to 299×299');
});

import { ssim } from '../../src/metrics/ssim';
import { full, rand, randn, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { expectNear } from '../support/feature-sets';
import { readCases } from '../support/fixtures';

const cases = readCases<{ kind: string; black: number; range: number }>('metrics/paired').filter(
  ({ kind }) => kind === 'ssim',
);

describe('ssim', () => {
  test('refuses different shapes, images smaller than its window, none at all, and a range of 0', () =>
    scope(() => {
      const images = zeros([2, 1, 11, 12]);
      expect(() => ssim({ images, references: zeros([2, 1, 12, 11]) })).toThrow(
        usage('ssim expects references [2, 1, 11, 12] but received [2, 1, 12, 11]'),
      );
      for (const shape of [
        [2, 1, 10, 12],
        [0, 1, 11, 11],
        [2, 11, 11],
      ]) {
        const some = zeros(shape);
        expect(() => ssim({ images: some, references: some })).toThrow(
          usage('ssim expects images [N, C, H, W] of at least 11 × 11 pixels but received'),
        );
      }
      expect(() => ssim({ images, references: images }, { range: 0 })).toThrow(usage('range'));
    }));

  test.each(cases.map((one) => [one.name, one] as const))(
    'equals NumPy: %s',
    (_, { tensors, black, range }) =>
      scope(() => {
        const [images, references] = ['images', 'references'].map((name) => tensors.tensor(name));
        const similarity = ssim({ images, references }, { black, range });
        const expected = tensors.tensor('ssim');
        expectClose(tensor(similarity.perImage).to(expected.device), expected, { relative: 1e-10 });
        expectNear(similarity.mean, expected.mean().item(), 1e-10);
      }),
  );

  test('of equal images is 1, and does not depend on the order', () =>
    scope(() => {
      const [images, references] = [rand([2, 3, 16, 16]), rand([2, 3, 16, 16])];
      for (const similarity of ssim({ images, references: images }).perImage)
        expectNear(similarity, 1, 1e-12);
      expectNear(
        ssim({ images, references }).mean,
        ssim({ images: references, references: images }).mean,
        1e-12,
      );
    }));

  test('of even images is that of their brightness', () =>
    scope(() => {
      const [images, references] = [full([1, 1, 12, 12], 0.5), full([1, 1, 12, 12], 0.25)];
      const c1 = (0.01 * 2) ** 2;
      const expected = (2 * 1.5 * 1.25 + c1) / (1.5 ** 2 + 1.25 ** 2 + c1);
      expectNear(ssim({ images, references }).mean, expected, 1e-10);
    }));

  test('judges each image alone, however many there are', () =>
    scope(() => {
      // More than is worked on at once: parts of two images.
      const [images, references] = [randn([5, 1, 512, 1024]), randn([5, 1, 512, 1024])];
      const { perImage } = ssim({ images, references });
      const last = [images, references].map((all) => all.narrow(0, { start: 4, length: 1 }));
      expectNear(perImage[4], ssim({ images: last[0], references: last[1] }).mean, 1e-12);
      expect(perImage).toHaveLength(5);
    }));
});

import { reconstructionErrors } from '../../src/metrics/reconstruction';
import { full, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { expectNear } from '../support/feature-sets';
import { readCases } from '../support/fixtures';

const cases = readCases<{ kind: string; range: number }>('metrics/likelihoods').filter(
  ({ kind }) => kind === 'images',
);

describe('reconstructionErrors', () => {
  test.each(cases.map((one) => [one.name, one] as const))('equal NumPy: %s', (_, { tensors, range }) =>
    scope(() => {
      const [images, reconstructions] = ['images', 'reconstructions'].map((name) => tensors.tensor(name));
      const errors = reconstructionErrors({ images, reconstructions }, { range });
      for (const name of ['mse', 'mae', 'psnr'] as const) {
        const expected = tensors.tensor(name);
        expectClose(tensor(errors.perImage[name]).to(expected.device), expected, { relative: 1e-12 });
        expectNear(errors[name], expected.mean().item(), 1e-12);
      }
    }),
  );

  test('of images of the wrong brightness are that difference', () =>
    scope(() => {
      const images = full([2, 1, 3, 3], 0.5);
      const { mse, mae, psnr } = reconstructionErrors({ images, reconstructions: images.add(0.25) });
      expect([mse, mae]).toEqual([0.0625, 0.25]);
      expectNear(psnr, 10 * Math.log10(64), 1e-14);
    }));

  test('of exact reconstructions are 0, at an infinite ratio', () =>
    scope(() => {
      const images = full([2, 4], 0.5);
      const { mse, mae, psnr } = reconstructionErrors({ images, reconstructions: images });
      expect([mse, mae, psnr]).toEqual([0, 0, Number.POSITIVE_INFINITY]);
    }));

  test('refuse different shapes, no images, and a range of 0', () =>
    scope(() => {
      const images = zeros([2, 3]);
      expect(() => reconstructionErrors({ images, reconstructions: zeros([2, 4]) })).toThrow(usage('[2,3]'));
      const none = zeros([0, 3]);
      expect(() => reconstructionErrors({ images: none, reconstructions: none })).toThrow(
        usage('at least one'),
      );
      expect(() => reconstructionErrors({ images, reconstructions: images }, { range: 0 })).toThrow(
        usage('range'),
      );
    }));
});

import * as nn from '../../src/nn';
import { ones } from '../../src/tensor/create';
import { setKernels } from '../../src/tensor/device';
import { type UpFirDownOptions, upFirDown } from '../../src/tensor/resample';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testLayers } from '../support/layer-cases';

/** The operator itself as a layer, as the fixture has it. */
class UpFirDown extends nn.Module {
  constructor(private readonly options: UpFirDownOptions) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return upFirDown(input, this.options);
  }
}

describe.each([
  ['upsample2d', nn.upsample2d],
  ['downsample2d', nn.downsample2d],
])('%s', (name, layer) => {
  test.each([
    [{ kernel: [] }, 'kernel to be 1 to 64 finite numbers but received [] (array)'],
    [{ kernel: [1, Number.NaN] }, 'kernel to be 1 to 64 finite numbers but received [1, NaN] (array)'],
    [{ kernel: [1, -1] }, 'kernel to have a sum that is not 0 but received [1, -1] (array)'],
    [{ factor: 0 }, 'factor to be a positive integer but received 0 (number)'],
    [{ factor: 1.5 }, 'factor to be a positive integer but received 1.5 (number)'],
  ])('refuses %p', (options, message) => {
    expect(() => layer(options)).toThrow(usage(`${name} expects ${message}`));
  });

  test('tells its kernel and its factor', () => {
    expect(String(layer({ kernel: [1, 2, 1] }))).toContain('kernel=[1, 2, 1], factor=2');
  });
});

test('a constant stays what it is inside, however large the factor', () =>
  scope(() => {
    for (const factor of [2, 3, 4]) {
      const kernel = Array.from({ length: 2 * factor }, (_, i) => Math.min(i, 2 * factor - 1 - i) + 1);
      const large = nn.upsample2d({ kernel, factor }).forward(ones([1, 1, 6, 6]));
      const small = nn.downsample2d({ kernel, factor }).forward(large);
      const middle = (image: Tensor, border: number): Tensor =>
        [2, 3].reduce((x, dim) => x.narrow(dim, { start: border, length: x.shape[dim] - 2 * border }), image);
      expect([large.shape, small.shape]).toEqual([
        [1, 1, 6 * factor, 6 * factor],
        [1, 1, 6, 6],
      ]);
      for (const part of [middle(large, factor), middle(small, 2)])
        expect(part.sub(1).abs().amax().item()).toBeLessThan(1e-6);
    }
  }));

describe.each([
  ['by our own kernels', true],
  ['by LibTorch’s operators', false],
])('%s', (_, enabled) => {
  beforeAll(() => setKernels(enabled));
  afterAll(() => setKernels(true));

  testLayers('nn/resample', { ...nn, upFirDown: (options: UpFirDownOptions) => new UpFirDown(options) });
});

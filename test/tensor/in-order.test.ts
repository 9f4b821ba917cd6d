import { randn } from '../../src/tensor/create';
import { setDeterministic } from '../../src/tensor/device';
import { interpolate } from '../../src/tensor/functional';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { testLayers } from '../support/layer-cases';

// What runs on CUDA under determinism, on the CPU.
jest.mock('../../src/tensor/device', () => ({
  ...jest.requireActual<typeof import('../../src/tensor/device')>('../../src/tensor/device'),
  isCpu: () => false,
}));

beforeAll(() => setDeterministic(true));

afterAll(() => setDeterministic(false));

describe.each(['nn/upsample', 'nn/pool', 'nn/pad'])('%s in a fixed order', testLayers);

test('images that become smaller without aliases, and bicubic ones, are made by LibTorch', () => {
  scope(() => {
    const input = randn([1, 2, 8, 8]);
    const aliased = interpolate(input, { size: [4, 4], mode: 'bilinear' });
    for (const mode of ['bilinear', 'bicubic'] as const) {
      const output = interpolate(input, { size: [4, 4], mode, antialias: true });
      expect(output.shape).toEqual(aliased.shape);
      expect(output.allclose(aliased)).toBe(false);
    }
    const larger = { size: [8, 12], mode: 'bilinear' } as const;
    expectClose(interpolate(input, { ...larger, antialias: true }), interpolate(input, larger));
  });
});

import { fromBytes, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { findNonFinite } from '../../src/training/finite-state';
import { testDevice } from '../support/fixtures';

type Make = () => Tensor;
const floats =
  (...values: number[]): Make =>
  () =>
    tensor(values, { device: testDevice });
const doubles =
  (...values: number[]): Make =>
  () =>
    tensor(Float64Array.from(values), { device: testDevice });
const halves =
  (dtype: 'float16' | 'bfloat16', ...values: number[]): Make =>
  () =>
    tensor(values, { device: testDevice }).to({ dtype });

const parameters = (file: string) => (file.startsWith('networks/') ? new Set(['weight']) : null);
const find = (file: string, name: string, make: Make) =>
  scope(() =>
    findNonFinite({ first: { x: tensor([1]), steps: tensor(3) }, [file]: { [name]: make() } }, parameters),
  );

test.each<[string, string, Make]>([
  ['networks/G', 'weight', floats(0, Number.NaN)],
  ['networks/G', 'weight', floats(Number.POSITIVE_INFINITY, 0)],
  ['networks/G', 'weight', floats(0, Number.NEGATIVE_INFINITY)],
  ['networks/G', 'running_mean', floats(0, Number.NaN)],
  ['networks/G', 'running_mean', floats(Number.POSITIVE_INFINITY, Number.NaN)],
  ['networks/G', 'running_mean', floats(Number.NaN, Number.POSITIVE_INFINITY)],
  ['networks/G', 'weight', halves('float16', 0, Number.POSITIVE_INFINITY)],
  ['networks/G', 'weight', halves('bfloat16', 1, Number.NaN)],
  ['optimizers/D', '0.exp_avg_sq', floats(Number.POSITIVE_INFINITY)],
  ['optimizers/D', 'lr', doubles(Number.NaN)],
])('%s %s with a NaN or an infinity is found', (file, name, make) => {
  expect(find(file, name, make)).toBe(`${file} ${name}`);
});

test.each<[string, string, Make]>([
  ['networks/G', 'weight', floats(0, -3.4e38, 1e-45)],
  ['networks/G', 'weight', doubles(1.7e308, -1.7e308)],
  ['networks/G', 'mask', floats(0, Number.NEGATIVE_INFINITY)],
  [
    'optimizers/D',
    'steps',
    () => fromBytes(new Uint8Array(8).fill(255), { dtype: 'int64', shape: [1], device: testDevice }),
  ],
  ['optimizers/D', '0.exp_avg', floats()],
])('%s %s is passed', (file, name, make) => {
  expect(find(file, name, make)).toBeNull();
});

test('the first of several is named, whatever their dtypes', () => {
  scope(() => {
    const bad = { b: doubles(Number.NaN)(), c: floats(Number.NaN)() };
    expect(findNonFinite({ good: { a: floats(1)() }, bad }, () => null)).toBe('bad b');
  });
});

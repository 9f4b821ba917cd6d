import { fitSize } from '../../src/export/sizes';

const N = { name: 'N', value: 2, other: 3 };
const H = { name: 'H', value: 16, other: 20 };
const W = { name: 'W', value: 12, other: 24 };

test.each<[string, number[], string]>([
  ['what never changes is a constant', [7, 7, 7, 7], '7'],
  ['the batch', [2, 3, 2, 2], 'N'],
  ['a multiple of the batch', [8, 12, 8, 8], '4*N'],
  ['half the height', [8, 8, 10, 8], 'H/2'],
  ['the height with a border', [22, 22, 26, 22], '(H+6)'],
  ['less than half the height', [7, 7, 9, 7], '(H-2)/2'],
  ['places', [192, 192, 240, 384], 'H*W'],
  ['places of a quarter the size', [12, 12, 15, 24], 'H*W/16'],
  ['all numbers of a batch', [384, 576, 480, 768], 'N*H*W'],
])('%s', (_, values, text) => {
  const size = fitSize(values, [N, H, W]);
  expect(String(size)).toBe(text);
  expect(valueAt(size, { N: 2, H: 16, W: 12 })).toBe(values[0]);
});

test('a variable that was smaller in the other run makes no difference', () => {
  const smaller = { name: 'W', value: 12, other: 8 };
  expect(String(fitSize([12, 8], [smaller]))).toBe('W');
  expect(String(fitSize([5, 3], [smaller]))).toBe('(W-2)/2');
});

test('a size of two variables holds where both are others', () => {
  const size = fitSize([12, 12, 15, 24], [N, H, W]);
  expect(valueAt(size, { N: 1, H: 64, W: 32 })).toBe(128);
});

function valueAt(size: ReturnType<typeof fitSize>, at: Readonly<Record<string, number>>): number {
  if (size.constant) return size.value;
  const factors = size.factors.map(({ variable, scale, offset }) => scale * at[variable] + offset);
  return (size.multiplier * factors.reduce((product, factor) => product * factor, 1)) / size.divisor;
}

import { tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { stack } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';

const VALUES = [
  [1, 2, 3],
  [4, 5, 6],
];

// Those that nothing else is checked by.
test.each<[string, (a: Tensor) => Tensor, readonly number[]]>([
  ['argmin', (a) => a.argmin(1), [0, 0]],
  ['prod', (a) => a.prod(), [720]],
  ['bmm', (a) => stack([a]).bmm(stack([a.t()])), [14, 32, 32, 77]],
  ['triu', (a) => a.triu(), [1, 2, 3, 0, 5, 6]],
  ['minimum', (a) => a.minimum(a.rsub(7)), [1, 2, 3, 3, 2, 1]],
  ['maximum', (a) => a.maximum(a.rsub(7)), [6, 5, 4, 4, 5, 6]],
  ['ge', (a) => a.ge(4), [0, 0, 0, 1, 1, 1]],
  ['reciprocal', (a) => a.reciprocal(), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]],
  ['rsqrt', (a) => a.square().rsqrt(), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6]],
  ['log1p', (a) => a.log1p(), [2, 3, 4, 5, 6, 7].map(Math.log)],
  ['logsumexp', (a) => a.logsumexp(0), [1, 2, 3].map((value) => value + Math.log(1 + Math.exp(3)))],
  ['logSoftmax', (a) => a.sub(a).logSoftmax(1), VALUES.flat().map(() => -Math.log(3))],
  ['clamp_', (a) => a.clamp_({ min: 2, max: 5 }), [2, 2, 3, 4, 5, 5]],
  ['div_', (a) => a.div_(2), [0.5, 1, 1.5, 2, 2.5, 3]],
])('%s', (_, method, expected) =>
  scope(() => {
    const found = Array.from(method(tensor(VALUES)).flatten().toTypedArray(), Number);
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 5);
  }),
);

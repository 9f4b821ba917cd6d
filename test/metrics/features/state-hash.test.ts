import { createHash } from 'node:crypto';
import { stateSha256 } from '../../../src/metrics/features/state-hash';
import { linear } from '../../../src/nn/linear';
import { noGrad } from '../../../src/tensor/autograd';
import { scope } from '../../../src/tensor/scope';

test('the hash is of names, dtypes, shapes and bytes, in the order of the names', () => {
  const module = linear(2, 1);
  noGrad(() => {
    module.weight.fill_(1);
    module.bias?.fill_(2);
  });
  const expected = createHash('sha256')
    .update('["bias","float32",[1]]\n')
    .update(Buffer.from(Float32Array.of(2).buffer))
    .update('["weight","float32",[1,2]]\n')
    .update(Buffer.from(Float32Array.of(1, 1).buffer));
  expect(stateSha256(module)).toBe(expected.digest('hex'));
  module.dispose();
});

test('a weight that moves by the last bit changes it', () => {
  const module = linear(3, 3);
  const before = stateSha256(module);
  scope(() => noGrad(() => module.weight.mul_(1 + 2 ** -23)));
  expect(stateSha256(module)).not.toBe(before);
  module.dispose();
});

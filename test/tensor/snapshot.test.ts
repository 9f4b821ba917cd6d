import { native } from '../../src/native/addon';
import { parameter } from '../../src/nn';
import { noGrad } from '../../src/tensor/autograd';
import { ones, randn, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { undoWhere } from '../../src/tensor/snapshot';
import type { Tensor } from '../../src/tensor/tensor';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';

const handles = (...tensors: Tensor[]) => tensors.map(({ handle }) => handle);
const yes = () => ones([], { device: testDevice }).ne(0);
const no = () => zeros([], { device: testDevice }).ne(0);

describe('the native part refuses', () => {
  test('a condition that is no single bool', () =>
    scope(() => {
      const restore = (condition: Tensor) => () => native().restoreWhere(condition.handle, [], []);
      expect(restore(tensor(1))).toThrow(failure('ERR_INVALID_ARG', 'expected one bool as the condition'));
      expect(restore(ones([2]).ne(0))).toThrow(failure('ERR_INVALID_ARG', 'expected one bool'));
    }));

  test('copies of other tensors, before it writes', () =>
    scope(() => {
      const [a, b] = [zeros([2]), zeros([3])];
      const restore = (...copies: Tensor[]) =>
        native().restoreWhere(ones([]).ne(0).handle, handles(a, b), handles(...copies));
      expect(() => restore(ones([2]))).toThrow(
        failure('ERR_INVALID_ARG', 'a copy of each of 2 tensors but received 1'),
      );
      expect(() => restore(ones([2]), ones([4]))).toThrow(
        failure('ERR_INVALID_ARG', 'expected a copy like the tensor'),
      );
      expect(() => restore(ones([2]), ones([3], { dtype: 'float64' }))).toThrow(
        failure('ERR_INVALID_ARG', 'float64'),
      );
      expect([...a.toTypedArray()]).toEqual([0, 0]);
    }));
});

/** Tensors of several kinds, with what cannot be told from arithmetic. */
const held = () => [
  tensor([-0, 1e-45, Number.POSITIVE_INFINITY, 1]),
  tensor(7, { dtype: 'int64' }),
  randn([2, 3, 4, 4]).to({ memoryFormat: 'channels_last' }),
  tensor([1.5], { dtype: 'bfloat16' }),
];

test.each([
  [yes, true],
  [no, false],
])('what a body does is taken back, bit for bit, where its condition holds (%p)', (condition, undone) =>
  scope(() => {
    const tensors = held().map((one) => one.to({ device: testDevice }));
    const before = tensors.map((one) => Buffer.from(one.toBytes()));
    undoWhere([handles(...tensors.slice(0, 2)), handles(...tensors.slice(2))], () => {
      for (const one of tensors) one.mul_(0).add_(3);
      tensors[0].fill_(Number.NaN);
      return condition();
    });
    const same = tensors.map((one, i) => before[i].equals(one.toBytes()));
    expect(same).toEqual(tensors.map(() => undone));
  }),
);

test('nothing is taken back where a body gives no condition, or throws, and no copy is left', () =>
  scope(() => {
    const held = zeros([2]);
    const [live] = native().liveTensors();
    undoWhere([handles(held)], () => void held.fill_(1));
    expect(() =>
      undoWhere([handles(held)], () => {
        throw new Error('no luck');
      }),
    ).toThrow('no luck');
    expect([...held.toTypedArray()]).toEqual([1, 1]);
    expect(native().liveTensors()[0]).toBe(live);
  }));

test('a tensor that is taken back does not count as changed: graphs that hold it stay usable', () =>
  scope(() => {
    const weight = parameter(tensor([2, 3], { device: testDevice }));
    const kept = tensor([5, 7], { device: testDevice });
    const product = weight.mul(kept).sum();
    noGrad(() => undoWhere([handles(weight, kept)], yes));
    product.backward();
    expect([...(weight.grad as Tensor).toTypedArray()]).toEqual([5, 7]);
    weight.dispose();
  }));

import { binaryCrossEntropyWithLogits, focal } from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';

test('shapes that do not fit are refused', () =>
  scope(() => {
    expect(() => focal(zeros([3]), zeros([2]))).toThrow(failure('ERR_SHAPE', '[3]'));
  }));

test('with γ 0 it is the cross-entropy', () =>
  scope(() => {
    const [logits, target] = [tensor([-3, 0, 0.5, 4]), tensor([0, 1, 0, 1])];
    const expected = binaryCrossEntropyWithLogits(logits, target).item();
    expect(focal(logits, target, { gamma: 0 }).item()).toBeCloseTo(expected, 6);
  }));

test('what is told right weighs (1 − p)^γ', () =>
  scope(() => {
    // p of what is: a half, a quarter and three quarters.
    const [logits, target] = [tensor([0, Math.log(3), Math.log(3)]), tensor([1, 0, 1])];
    const terms = [0.5, 0.25, 0.75].map((p) => (1 - p) ** 2 * -Math.log(p));
    expect(focal(logits, target).item()).toBeCloseTo(terms.reduce((sum, term) => sum + term) / 3, 6);
  }));

test.each([0, 0.5, 1, 2])('with γ %d logits without end have finite losses and gradients', (gamma) =>
  scope(() => {
    const logits = tensor([200, -200, 200, -200]);
    logits.requiresGrad = true;
    const loss = focal(logits, tensor([1, 0, 0, 1]), { gamma });
    expect(loss.item()).toBeCloseTo(100, 3);
    const [slope] = grad([loss], [logits]);
    expect(slope.isfinite().all().item()).toBe(1);
  }),
);

import * as optim from '../../src/optim';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';
import { readCases } from '../support/fixtures';

describe('schedules', () => {
  test.each([
    [
      () => optim.linear({ steps: 0 }),
      'linear expects steps to be a positive integer but received 0 (number)',
    ],
    [
      () => optim.cosine({ steps: -1 }),
      'cosine expects steps to be a positive integer but received -1 (number)',
    ],
    [
      () => optim.warmUp({ steps: 1.5 }),
      'warmUp expects steps to be a positive integer but received 1.5 (number)',
    ],
    [
      () => optim.sequence([{ schedule: optim.constant(), steps: Number.NaN }], optim.constant()),
      'sequence expects steps to be a positive integer but received NaN (number)',
    ],
  ])('refuse lengths that are none (%#)', (make, message) => {
    expect(make).toThrow(usage(message));
  });

  const twins: Readonly<Record<string, optim.Schedule>> = {
    'linear to zero in 10': optim.linear({ steps: 10 }),
    'linear from 0.2 to 0.8 in 5': optim.linear({ from: 0.2, to: 0.8, steps: 5 }),
    'cosine to 0.1 in 14': optim.cosine({ to: 0.1, steps: 14 }),
    'constant 6, then linear to zero in 5': optim.sequence(
      [{ schedule: optim.constant(), steps: 6 }],
      optim.linear({ steps: 5 }),
    ),
    'warm-up of 4, then cosine in 10': optim.warmUp({ steps: 4, followedBy: optim.cosine({ steps: 10 }) }),
  };

  test.each(readCases('optim/schedules').map((one): [string, typeof one] => [one.name, one]))(
    "equal torch.optim.lr_scheduler's: %s",
    (name, { tensors }) =>
      scope(() => {
        const expected = Array.from(tensors.tensor('factors').toTypedArray(), Number);
        expect(expected.length).toBeGreaterThan(10);
        for (const [step, factor] of expected.entries()) expect(twins[name](step)).toBeCloseTo(factor, 12);
      }),
  );

  test('stay at their last factor', () => {
    expect(optim.linear({ from: 1, to: 0.25, steps: 3 })(1e9)).toBe(0.25);
    expect(optim.cosine({ to: 0.5, steps: 3 })(1e9)).toBe(0.5);
    expect(optim.warmUp({ steps: 3 })(1e9)).toBe(1);
  });

  test('multiply', () => {
    const both = optim.product(optim.constant(0.5), optim.linear({ steps: 4 }), optim.warmUp({ steps: 2 }));
    expect([0, 1, 2, 4].map(both)).toEqual([0.25, 0.375, 0.25, 0]);
    expect(optim.product()(7)).toBe(1);
  });
});

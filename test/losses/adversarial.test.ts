import {
  type AdversarialLoss,
  hinge,
  leastSquares,
  logistic,
  minimax,
  nonSaturating,
  relativistic,
  relativisticAverage,
  type SmoothingOptions,
  type UnpairedLoss,
  wasserstein,
} from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { full, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { type Case, readCases, testDevice } from '../support/fixtures';

const SMOOTHED = { nonSaturating, minimax, leastSquares };
const FACTORIES: Readonly<Record<string, (options: object) => AdversarialLoss>> = {
  ...SMOOTHED,
  wasserstein,
  hinge,
  logistic,
  relativistic,
  relativisticAverage,
};

interface AdversarialCase {
  readonly factory: string;
  readonly options: SmoothingOptions;
  /** Whether the generator's side depends on the real logits. */
  readonly paired: boolean;
  readonly dtype: 'float32' | 'float64';
}

/** Compares a loss of the named logits, its gradients and its second gradients with what the fixture has for `side`. */
function compare(
  loss: Tensor,
  leaves: Readonly<Record<string, Tensor>>,
  { side, tensors }: { side: string; tensors: Case<AdversarialCase>['tensors'] },
): void {
  // A mean of logits around 1 and −1 is all but 0.
  const magnitude = Math.max(...Object.values(leaves).map((leaf) => leaf.abs().max().item()));
  expectClose(loss, tensors.tensor(`${side}.loss`), { label: `${side}.loss`, magnitude });
  const cotangent = full([], 1.5, { dtype: loss.dtype, device: testDevice, requiresGrad: true });
  const first = grad([loss], Object.values(leaves), { gradOutputs: [cotangent], createGraph: true });
  for (const [index, name] of Object.keys(leaves).entries())
    expectClose(first[index], tensors.tensor(`${side}.grad.${name}`), { label: `${side}.grad.${name}` });
  const penalty = first.map((gradient) => gradient.square().sum()).reduce((sum, part) => sum.add(part));
  expectClose(penalty, tensors.tensor(`${side}.penalty`), { label: `${side}.penalty` });
  const second = grad([penalty], [...Object.values(leaves), cotangent], { allowUnused: true });
  for (const [index, name] of [...Object.keys(leaves), 'cotangent'].entries()) {
    const role = `${side}.double.${name}`;
    const found = second[index];
    if (!tensors.names.includes(role))
      expect({ [role]: found?.abs().max().item() ?? 0 }).toEqual({ [role]: 0 });
    else if (found) expectClose(found, tensors.tensor(role), { label: role });
    else expect({ [role]: 0 }).toEqual({ [role]: tensors.tensor(role).abs().max().item() });
  }
}

describe('adversarial losses', () => {
  test.each(['nonSaturating', 'minimax', 'leastSquares'] as const)(
    '%s refuses smoothing that is no share',
    (name) => {
      expect(() => SMOOTHED[name]({ labelSmoothing: -0.1 })).toThrow(
        usage(`${name} expects labelSmoothing to be a number between 0 and 1 but received -0.1 (number)`),
      );
      expect(() => SMOOTHED[name]({ labelSmoothing: 2 })).toThrow(usage('but received 2 (number)'));
    },
  );

  test.each(
    readCases<AdversarialCase>('losses/adversarial').map((one): [string, Case<AdversarialCase>] => [
      `${one.name} (${one.dtype})`,
      one,
    ]),
  )('equal PyTorch with gradients and second gradients: %s', (_, { factory, options, paired, tensors }) =>
    scope(() => {
      const loss = FACTORIES[factory](options);
      const [real, fake] = ['real', 'fake'].map((name) => tensors.tensor(name));
      for (const leaf of [real, fake]) leaf.requiresGrad = true;
      compare(loss.discriminator(real, fake), { real, fake }, { side: 'discriminator', tensors });
      const generator = loss.generator(fake, () => real);
      compare(generator, paired ? { real, fake } : { fake }, { side: 'generator', tensors });
    }),
  );

  test('of logits 0 are what the formulas say', () =>
    scope(() => {
      const zero = tensor([[0], [0]]);
      const values = (loss: UnpairedLoss): number[] =>
        [loss.discriminator(zero, zero), loss.generator(zero)].map((value) => value.item());
      const ln2 = Math.fround(Math.log(2));
      expect(values(nonSaturating())).toEqual([2 * ln2, ln2]);
      expect(values(logistic())).toEqual([2 * ln2, ln2]);
      expect(values(minimax())).toEqual([2 * ln2, -ln2]);
      expect(values(leastSquares())).toEqual([0.5, 0.5]);
      expect(values(wasserstein()).map(Math.abs)).toEqual([0, 0]);
      expect(values(hinge()).map(Math.abs)).toEqual([2, 0]);
    }));

  test('smooth real targets in the discriminator only', () =>
    scope(() => {
      const [plain, smooth] = [nonSaturating(), nonSaturating({ labelSmoothing: 0.2 })];
      const logits = tensor([2, -1]);
      expect(smooth.generator(logits).equal(plain.generator(logits))).toBe(true);
      // BCE(x, 1 − s) = BCE(x, 1) + s · x
      const difference = smooth.discriminator(logits, logits).sub(plain.discriminator(logits, logits));
      expectClose(difference, tensor(0.2 * 0.5), { relative: 1e-5 });
    }));

  test('that judge each image for itself never ask for the real logits', () =>
    scope(() => {
      const logits = tensor([2, -1]);
      const refuse = (): never => {
        throw new Error('asked for real logits');
      };
      for (const make of [nonSaturating, minimax, leastSquares, wasserstein, hinge, logistic]) {
        const loss: AdversarialLoss = make();
        expect(loss.generator(logits, refuse).numel).toBe(1);
      }
      expect(() => relativistic().generator(logits, refuse)).toThrow('asked for real logits');
    }));

  test('that pair refuse logits that do not, and margins there are none of', () =>
    scope(() => {
      const [column, row] = [tensor([[1], [2]]), tensor([1, 2])];
      expect(() => relativistic().discriminator(column, row)).toThrow(
        failure('ERR_SHAPE', 'of one shape, but received [2, 1] and [2]'),
      );
      const wrong = JSON.parse('{"margin": "square"}');
      expect(() => relativistic(wrong)).toThrow(usage("one of 'logistic', 'hinge', 'least-squares'"));
    }));

  test('averages compare batches of different sizes', () =>
    scope(() => {
      // f(t) = (t − 1)²: against the fakes' mean 1 the real ones are 0 and 2 ahead; against the reals' mean 2 the fake is −1
      const loss = relativisticAverage({ margin: 'least-squares' });
      expect(loss.discriminator(tensor([1, 3]), tensor([1])).item()).toBe((1 + 1) / 2 + 0);
    }));
});

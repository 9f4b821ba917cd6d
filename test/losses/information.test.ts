import {
  auxiliaryClassification,
  categoricalInformation,
  featureMatching,
  gaussianInformation,
  gaussianKl,
  invariantInformation,
  total,
  weighted,
} from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { full, ones, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

interface InformationCase {
  readonly function: string;
  readonly options: { readonly std?: number };
  /** The inputs that have a gradient. */
  readonly leaves: readonly string[];
  readonly dtype: 'float32' | 'float64';
}

type Inputs = Readonly<Record<string, Tensor>>;

const FUNCTIONS: Readonly<Record<string, (inputs: Inputs, options: InformationCase['options']) => Tensor>> = {
  featureMatching: ({ real, fake }) => featureMatching(real, fake),
  auxiliaryClassification: ({ logits, code }) => auxiliaryClassification(logits, code),
  categoricalInformation: ({ logits, code }) => categoricalInformation(logits, code),
  gaussianInformation: ({ mean, code }, options) => gaussianInformation(mean, code, options),
  invariantInformation: ({ first, second }) => invariantInformation(first, second),
  gaussianKl: ({ mean, logVariance }) => gaussianKl({ mean, logVariance }),
};

function compare({ function: name, options, leaves, tensors }: Case<InformationCase>): void {
  const { log_variance: logVariance, ...others } = tensors.group('input.');
  const inputs: Inputs = { ...others, ...(logVariance ? { logVariance } : {}) };
  for (const leaf of leaves) inputs[leaf].requiresGrad = true;
  const output = FUNCTIONS[name](inputs, options);
  expectClose(output, tensors.tensor('output'), { label: 'output' });
  const gradients = grad(
    [output],
    leaves.map((leaf) => inputs[leaf]),
  );
  for (const [index, leaf] of leaves.entries()) {
    const role = `grad.${leaf === 'logVariance' ? 'log_variance' : leaf}`;
    expectClose(gradients[index], tensors.tensor(role), { label: role });
  }
}

describe('terms beside the adversarial loss', () => {
  test.each(
    readCases<InformationCase>('losses/information').map((one): [string, Case<InformationCase>] => [
      `${one.function} of ${one.name} (${one.dtype})`,
      one,
    ]),
  )('equal PyTorch with gradients: %s', (_, one) => scope(() => compare(one)));

  test('feature matching sums over layers, and teaches the generator only', () =>
    scope(() => {
      const [real, fake] = [ones([3, 2]), zeros([3, 2])];
      for (const leaf of [real, fake]) leaf.requiresGrad = true;
      const loss = featureMatching([real, real], [fake, fake]);
      expect(loss.item()).toBe(4);
      const [toReal, toFake] = grad([loss], [real, fake], { allowUnused: true });
      expect(toReal).toBeNull();
      expect(toFake?.sum().item()).toBeCloseTo(-8, 5);
      expect(() => featureMatching([real], [fake, fake])).toThrow(usage('but received 1 and 2'));
    }));

  test('the divergence from the prior is 0 at the prior, and per image where asked for', () =>
    scope(() => {
      expect(gaussianKl({ mean: zeros([2, 3]), logVariance: zeros([2, 3]) }).item()).toBe(0);
      const each = gaussianKl(
        {
          mean: tensor([
            [1, 1],
            [0, 0],
          ]),
          logVariance: zeros([2, 2]),
        },
        { reduction: 'none' },
      );
      expect(each.toArray()).toEqual([1, 0]);
    }));

  test('the divergence from the prior is summed in float32 of short numbers: what cancels is not lost', () =>
    scope(() => {
      const [mean, logVariance] = [zeros([1, 64]), full([1, 64], 2 ** -5)];
      const exact = gaussianKl({ mean, logVariance }).item();
      const short = [mean, logVariance].map((input) => input.to({ dtype: 'bfloat16' }));
      const kl = gaussianKl({ mean: short[0], logVariance: short[1] });
      expect([kl.dtype, kl.item()]).toEqual(['float32', expect.closeTo(exact, 4)]);
    }));

  test('views that agree surely, on classes that are equally frequent, are worth ln K; one class for all nothing', () =>
    scope(() => {
      const sure = tensor([
        [40, 0],
        [0, 40],
      ]);
      expect(invariantInformation(sure, sure).item()).toBeCloseTo(-Math.log(2), 5);
      const same = sure.narrow(0, { start: 0, length: 1 });
      expect(invariantInformation(same, same).item()).toBeCloseTo(0, 5);
      expect(invariantInformation(zeros([2, 2]), zeros([2, 2])).item()).toBeCloseTo(0, 5);
      // Each class meets each equally often.
      const [pairs, swapped] = [cat([sure, sure]), cat([sure, sure.neg()])];
      expect(invariantInformation(pairs, swapped).item()).toBeCloseTo(0, 5);
    }));

  test('refuse what would broadcast or belongs to another batch', () =>
    scope(() => {
      const shape = (text: string): Error => failure('ERR_SHAPE', text);
      expect(() => gaussianInformation(zeros([4, 1]), zeros([4, 2]))).toThrow(shape('[4, 1] and [4, 2]'));
      expect(() => gaussianKl({ mean: zeros([4, 2]), logVariance: zeros([2]) })).toThrow(
        shape('[4, 2] and [2]'),
      );
      const labels = zeros([3], { dtype: 'int64' });
      expect(() => auxiliaryClassification(zeros([4, 5]), labels)).toThrow(shape('received 4 and 3'));
      expect(() => categoricalInformation(zeros([4, 5]), labels)).toThrow(shape('received 4 and 3'));
      expect(() => invariantInformation(zeros([4, 5]), zeros([1, 5]))).toThrow(shape('[4, 5] and [1, 5]'));
      expect(() => gaussianInformation(zeros([4, 1]), zeros([4, 1]), { std: 0 })).toThrow(usage('std'));
    }));
});

describe('a loss of several terms', () => {
  test('is their weighted sum', () =>
    scope(() => {
      expect(
        total(
          tensor(2),
          weighted(10, tensor(3)),
          weighted(0.5, () => tensor(4)),
        ).item(),
      ).toBe(34);
    }));

  test('does not compute what has no weight', () =>
    scope(() => {
      const refuse = (): never => {
        throw new Error('computed');
      };
      expect(total(tensor(2), weighted(0, refuse)).item()).toBe(2);
      expect(() => total(weighted(1, refuse))).toThrow('computed');
    }));

  test('has at least one term, and finite weights', () =>
    scope(() => {
      expect(() => total(weighted(0, () => tensor(1)))).toThrow(usage('at least one term'));
      expect(() => weighted(Number.NaN, tensor(1))).toThrow(usage('weighted expects weight'));
    }));
});

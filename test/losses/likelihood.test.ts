import {
  bernoulliNll,
  discretizedLogisticNll,
  type GaussianDecoding,
  gaussianKl,
  gaussianNll,
  type LogisticDecoding,
  type PerImageOptions,
} from '../../src/losses';
import { grad } from '../../src/tensor/autograd';
import { full, linspace, randn, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

interface LikelihoodCase {
  readonly function: string;
  readonly options: PerImageOptions & { readonly std?: number; readonly levels?: number };
  readonly dtype: 'float32' | 'float64';
}

type Inputs = Readonly<Record<string, Tensor>>;

/** The functions with the fixtures' names of what the decoder says. */
const FUNCTIONS: Readonly<
  Record<string, (inputs: Inputs, images: Tensor, options: LikelihoodCase['options']) => Tensor>
> = {
  bernoulliNll: ({ logits }, images, options) => bernoulliNll(logits, images, options),
  gaussianNll: ({ mean, log_variance: logVariance }, images, { std, ...options }) => {
    const decoding: GaussianDecoding = logVariance ? { mean, logVariance } : { mean, std };
    return gaussianNll(decoding, images, options);
  },
  discretizedLogisticNll: ({ mean, log_scale: logScale }, images, options) =>
    discretizedLogisticNll({ mean, logScale }, images, options),
};

function compare({ function: name, options, tensors }: Case<LikelihoodCase>): void {
  const inputs = tensors.group('input.');
  const images = tensors.tensor('images');
  for (const leaf of Object.values(inputs)) leaf.requiresGrad = true;
  const output = FUNCTIONS[name](inputs, images, options);
  expectClose(output, tensors.tensor('output'), { label: 'output' });
  const each = FUNCTIONS[name](inputs, images, { ...options, reduction: 'none' });
  expectClose(each, tensors.tensor('each'), { label: 'each' });
  const gradients = grad([output], Object.values(inputs));
  for (const [index, key] of Object.keys(inputs).entries())
    expectClose(gradients[index], tensors.tensor(`grad.${key}`), { label: `grad.${key}` });
}

describe('reconstruction likelihoods', () => {
  test.each(
    readCases<LikelihoodCase>('losses/likelihood').map((one): [string, Case<LikelihoodCase>] => [
      `${one.name} (${one.dtype})`,
      one,
    ]),
  )('equal PyTorch in nats an image, with gradients: %s', (_, one) => scope(() => compare(one)));

  test('of levels are probabilities: all 256 of a pixel sum to 1, whatever mean and scale', () =>
    scope(() => {
      const images = linspace({ start: -1, end: 1, steps: 256 }, { dtype: 'float64' }).reshape([
        256, 1, 1, 1,
      ]);
      for (const [mean, logScale] of [
        [0.1, -2],
        [-0.999, -6],
        [3, 1],
        [0.5, -20],
      ]) {
        const constant = (value: number): Tensor => full([256, 1, 1, 1], value, { dtype: 'float64' });
        const decoding: LogisticDecoding = { mean: constant(mean), logScale: constant(logScale) };
        const nats = discretizedLogisticNll(decoding, images, { reduction: 'none' });
        expect(nats.neg().exp().sum().item()).toBeCloseTo(1, 10);
      }
    }));

  test('of levels and their gradients stay finite far from the mean, in float32', () =>
    scope(() => {
      const mean = zeros([2, 1, 8, 8], { requiresGrad: true });
      const logScale = full([2, 1, 8, 8], -30, { requiresGrad: true });
      const loss = discretizedLogisticNll({ mean, logScale }, full([2, 1, 8, 8], 1));
      const gradients = grad([loss], [mean, logScale]);
      for (const value of [loss, ...gradients]) expect(value.isfinite().all().item()).toBe(1);
    }));

  test('grow with the pixels of an image and not with the batch', () =>
    scope(() => {
      const of = (images: number, size: number): number =>
        gaussianNll({ mean: zeros([images, 1, size, size]) }, zeros([images, 1, size, size])).item();
      expect(of(8, 4)).toBeCloseTo(of(2, 4), 5);
      expect(of(2, 8)).toBeCloseTo(4 * of(2, 4), 4);
    }));

  test('refuse a reduction that there is not, and do not give each image its own', () =>
    scope(() => {
      const images = zeros([2, 1, 4, 4]);
      const options = JSON.parse('{"reduction":"sum"}');
      const decoding = { mean: images, logScale: tensor(0) };
      const refused = "expects reduction to be one of 'mean', 'none' but received 'sum'";
      expect(() => bernoulliNll(images, images, options)).toThrow(usage(`bernoulliNll ${refused}`));
      expect(() => gaussianNll({ mean: images }, images, options)).toThrow(usage(`gaussianNll ${refused}`));
      expect(() => discretizedLogisticNll(decoding, images, options)).toThrow(
        usage(`discretizedLogisticNll ${refused}`),
      );
      expect(() => gaussianKl({ mean: images, logVariance: images }, options)).toThrow(
        usage(`gaussianKl ${refused}`),
      );
    }));

  test('refuse shapes that would broadcast, and deviations that are none', () =>
    scope(() => {
      const [images, mean] = [randn([2, 1, 4, 4]), randn([2, 1, 1, 1])];
      expect(() => bernoulliNll(mean, images)).toThrow(
        failure(
          'ERR_SHAPE',
          'expected logits and images of one shape but received [2, 1, 1, 1] and [2, 1, 4, 4]',
        ),
      );
      expect(() => gaussianNll({ mean }, images)).toThrow(failure('ERR_SHAPE', 'mean and images'));
      expect(() => gaussianNll({ mean: images, std: 0 }, images)).toThrow(usage('gaussianNll expects std'));
      expect(() => gaussianNll({ mean: images, std: 1, logVariance: tensor(0) }, images)).toThrow(
        usage('either std or logVariance'),
      );
      expect(() =>
        discretizedLogisticNll({ mean: images, logScale: tensor(0) }, images, { levels: 1 }),
      ).toThrow(usage('levels to be an integer of at least 2 but received 1 (number)'));
    }));
});

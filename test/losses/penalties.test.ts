import {
  consistency,
  differentiable,
  dragan,
  drift,
  gradientPenalty,
  gradientSquares,
  pathLength,
  r1,
  r2,
} from '../../src/losses';
import * as nn from '../../src/nn';
import { autocast, grad, noGrad } from '../../src/tensor/autograd';
import { ones, randn, tensor, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { failure, usage } from '../support/failure';
import { type Case, readCases, testDevice } from '../support/fixtures';

interface PenaltyCase {
  readonly function: keyof typeof PENALTIES;
  readonly activation: keyof typeof ACTIVATIONS;
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly dtype: 'float32' | 'float64';
}

type Inputs = Readonly<Record<string, Tensor>>;
type Penalty = (network: nn.Module, inputs: Inputs, options: object) => Tensor;

const ACTIVATIONS = {
  tanh: nn.tanh,
  leakyRelu: () => nn.leakyRelu(0.2),
  relu: nn.relu,
};

const PENALTIES = {
  gradientPenalty: (D, { real, fake, epsilon }, options) =>
    gradientPenalty(D, { real, fake, epsilon, ...options }),
  dragan: (D, { real, noise }, options) => dragan(D, { real, noise, ...options }),
  r1: (D, { images }) => r1(D, images),
  pathLength: (G, { latents, mean, noise }, options) => {
    const generate = (w: Tensor): Tensor => G.forward(w.dim === 3 ? w.mean(1) : w);
    return pathLength(generate, { latents, mean, noise, ...options });
  },
} satisfies Record<string, Penalty>;

function critic(activation: PenaltyCase['activation'] = 'tanh'): nn.Module {
  const act = ACTIVATIONS[activation];
  return nn.sequential(
    nn.conv2d(2, 3, { kernelSize: 4, stride: 2, padding: 1 }),
    act(),
    nn.conv2d(3, 4, { kernelSize: 3 }),
    act(),
    nn.flatten(),
    nn.linear(4, 1),
  );
}

function generator(activation: PenaltyCase['activation']): nn.Module {
  return nn.sequential(
    nn.linear(6, 12),
    ACTIVATIONS[activation](),
    nn.reshape([3, 2, 2]),
    nn.convTranspose2d(3, 2, { kernelSize: 4, stride: 2, padding: 1 }),
  );
}

/** Runs `body` with a network for it alone. */
function withNetwork<T>(network: nn.Module, body: (network: nn.Module) => T): T {
  try {
    return scope(() => body(network));
  } finally {
    network.dispose();
  }
}

function built({ function: name, activation, dtype, tensors }: Case<PenaltyCase>): nn.Module {
  const network = name === 'pathLength' ? generator(activation) : critic(activation);
  network.to({ dtype, device: testDevice });
  scope(() => network.loadStateDict(tensors.group('state.')));
  return network;
}

/** The penalty's gradients by the parameters that it depends on; zeros for the others. */
function gradientsOf(penalty: Tensor, network: nn.Module): [string, Tensor][] {
  const named = network.namedParameters();
  const found = grad(
    [penalty],
    named.map(([, parameter]) => parameter),
    { allowUnused: true, retainGraph: true },
  );
  return named.map(([name, parameter], i) => [name, found[i] ?? parameter.detach().mul(0)]);
}

const cases = readCases<PenaltyCase>('losses/penalties').map((one): [string, Case<PenaltyCase>] => [
  `${one.name} (${one.dtype})`,
  one,
]);

describe('penalties', () => {
  test.each(cases)('equal PyTorch, image by image, with gradients: %s', (_, one) =>
    withNetwork(built(one), (network) => {
      const { tensors, options } = one;
      const inputs = tensors.group('input.');
      const penalty = PENALTIES[one.function](network, inputs, options);
      expectClose(penalty, tensors.tensor('output'), { label: 'output' });
      for (const [name, gradient] of gradientsOf(penalty, network))
        expectClose(gradient, tensors.tensor(`grad.${name}`), { label: `grad.${name}` });
      if (inputs.mean) expectClose(inputs.mean, tensors.tensor('after.mean'), { label: 'mean' });
    }),
  );

  const smooth = cases.filter(([, { dtype, activation }]) => dtype === 'float64' && activation === 'tanh');
  test.each(smooth)('have the gradients that differences of their values show: %s', (_, one) =>
    withNetwork(built(one), (network) => {
      const { tensors } = one;
      // A running mean takes no gradient, but a difference would see it move.
      const options = one.function === 'pathLength' ? { decay: 0 } : one.options;
      const value = (): Tensor => PENALTIES[one.function](network, tensors.group('input.'), options);
      const named = network.namedParameters();
      const gradients = gradientsOf(value(), network);
      // No term of the slope is negative: a slope of terms that cancel is smaller than the rounding of a difference.
      const directions = gradients.map(([, gradient]) =>
        randn(gradient.shape, { dtype: 'float64', device: testDevice }).abs().mul(gradient.sign()),
      );
      const along = gradients
        .map(([, gradient], i) => gradient.mul(directions[i]).sum())
        .reduce((sum, part) => sum.add(part));
      const move = (size: number): void =>
        noGrad(() => {
          for (const [i, [, parameter]] of named.entries()) parameter.add_(directions[i], { alpha: size });
        });
      const h = 1e-5;
      move(h);
      const above = value();
      move(-2 * h);
      const difference = above.sub(value()).div(2 * h);
      expectClose(along, difference.detach(), { relative: 1e-6, label: 'slope' });
    }),
  );

  test('are in float32 inside autocast, of fakes in bfloat16, and equal those outside', () =>
    withNetwork(critic(), (network) => {
      const [real, fake] = [randn([4, 2, 6, 6]), randn([4, 2, 6, 6]).to({ dtype: 'bfloat16' })];
      const epsilon = ones([4, 1, 1, 1]).mul(0.3);
      const penalty = (): Tensor =>
        gradientPenalty(network, { real, fake, epsilon }).add(r1(network, real)).add(r2(network, fake));
      const outside = penalty();
      const inside = autocast({ device: 'cpu' }, penalty);
      expect(inside.dtype).toBe('float32');
      expect(inside.item()).toBe(outside.item());
    }));

  test('leave the generator of the fakes alone, and the images they are given', () =>
    withNetwork(critic(), (network) => {
      const latents = randn([4, 2, 6, 6], { requiresGrad: true });
      const fake = latents.mul(2);
      const real = randn([4, 2, 6, 6]);
      const sum = gradientPenalty(network, { real, fake })
        .add(r2(network, fake))
        .add(dragan(network, { real }));
      expect(grad([sum], [latents], { allowUnused: true })).toEqual([null]);
      expect(real.requiresGrad).toBe(false);
    }));

  test('draw from the default generator: the same seed gives the same penalty', () =>
    withNetwork(critic(), (network) => {
      const [real, fake] = [randn([4, 2, 6, 6]), randn([4, 2, 6, 6])];
      const drawn = (seed: number): number[] => {
        manualSeed(seed);
        return [gradientPenalty(network, { real, fake }), dragan(network, { real })].map((value) =>
          value.item(),
        );
      };
      const first = drawn(5);
      expect(drawn(5)).toEqual(first);
      expect(drawn(6)).not.toEqual(first);
    }));

  test('take a function for a critic that wants more than images', () =>
    withNetwork(critic(), (network) => {
      const real = randn([4, 2, 6, 6]);
      const twice = r1((x) => network.forward(x).mul(2), real);
      expectClose(twice, r1(network, real).mul(4).detach(), { relative: 1e-5 });
    }));

  test('of a critic that does not move are what the formulas say', () =>
    scope(() => {
      // D(x) = 2 Σ x over 3 pixels: the gradient's norm is 2 √3 everywhere
      const linear = (x: Tensor): Tensor => x.sum([1]).mul(2);
      const images = zeros([5, 3]);
      expect(r1(linear, images).item()).toBeCloseTo(6, 5);
      const norm = 2 * Math.sqrt(3);
      expect(gradientPenalty(linear, { real: images, fake: images }).item()).toBeCloseTo((norm - 1) ** 2, 5);
      expect(gradientPenalty(linear, { real: images, fake: images, center: 4, oneSided: true }).item()).toBe(
        0,
      );
      expect(drift(tensor([1, -3])).item()).toBe(5);
      expect(
        consistency(
          tensor([
            [1, 2],
            [0, 0],
          ]),
          tensor([
            [0, 0],
            [0, 1],
          ]),
        ).item(),
      ).toBe(3);
    }));

  test('of a critic that is flat have a gradient of 0 and no NaN', () =>
    withNetwork(nn.linear(3, 1), (network) => {
      noGrad(() => network.parameters()[0].zero_());
      const images = zeros([2, 3]);
      const penalty = gradientPenalty(network, { real: images, fake: images });
      expect(penalty.item()).toBe(1);
      const [gradient] = grad([penalty], [network.parameters()[0]]);
      expect(gradient.toArray()).toEqual([[0, 0, 0]]);
    }));

  test('of logits that are there already equal those of a pass of their own', () =>
    withNetwork(critic(), (network) => {
      const images = randn([4, 2, 6, 6]);
      const leaf = differentiable(images);
      const penalty = gradientSquares(network.forward(leaf), leaf);
      expect(penalty.item()).toBe(r1(network, images).item());
      const short = autocast({ device: 'cpu' }, () => network.forward(leaf));
      expect(() => gradientSquares(short, leaf)).toThrow(usage('but received bfloat16 of float32 images'));
    }));

  test('refuse batches that do not pair, and centers that are none', () =>
    withNetwork(critic(), (network) => {
      const [real, fake] = [randn([4, 2, 6, 6]), randn([3, 2, 6, 6])];
      expect(() => gradientPenalty(network, { real, fake })).toThrow(
        failure('ERR_SHAPE', 'real and fake of one shape but received [4, 2, 6, 6] and [3, 2, 6, 6]'),
      );
      expect(() => gradientPenalty(network, { real, fake: real, center: -1 })).toThrow(usage('center'));
      expect(() => consistency(tensor([1, 2]), tensor([[1], [2]]))).toThrow(
        failure('ERR_SHAPE', '[2] and [2, 1]'),
      );
    }));
});

import * as nn from '../../src/nn';
import { Ema } from '../../src/optim';
import { adam } from '../../src/optim/adam';
import { autocast, grad, noGrad } from '../../src/tensor/autograd';
import { whileCapturing } from '../../src/tensor/capture';
import { randn, tensor } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { type Case, readCases, testDevice } from '../support/fixtures';

interface SpectralCase {
  readonly factory: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly iterations: number;
  readonly updates: number;
  readonly rate: number;
  readonly dtype: 'float32' | 'float64';
}

function build({ factory, args, options, iterations }: SpectralCase): nn.SpectralNorm {
  const make: unknown = Reflect.get(nn, factory);
  if (typeof make !== 'function') throw new Error(`nn has no ${factory}`);
  return nn.spectralNorm(Reflect.apply(make, undefined, [...args, options]), { iterations });
}

const cases = readCases<SpectralCase>('nn/spectral_norm');

function named(wanted: (one: SpectralCase) => boolean): [string, Case<SpectralCase>][] {
  return cases.filter(wanted).map((one) => [`${one.name} (${one.dtype})`, one]);
}

/** Runs `body` with a normalised convolution of 3 to 4 channels, images for it, and copies of what its vectors were. */
function withConvolution(
  body: (layer: nn.SpectralNorm<nn.Conv2d>, images: Tensor, before: readonly Tensor[]) => void,
): void {
  manualSeed(5);
  const layer = nn.spectralNorm(nn.conv2d(3, 4, { kernelSize: 3 }));
  layer.to({ device: testDevice });
  try {
    scope(() =>
      body(
        layer,
        randn([2, 3, 5, 5], { device: testDevice }),
        [layer.u, layer.v].map((vector) => vector.clone()),
      ),
    );
  } finally {
    layer.dispose();
  }
}

/** Whether u and v both differ from `before`; fails where only one does. */
function moved({ u, v }: nn.SpectralNorm, before: readonly Tensor[]): boolean {
  const [left, right] = [u, v].map((vector, index) => !vector.equal(before[index]));
  expect(left).toBe(right);
  return left;
}

const change = ({ layer }: nn.SpectralNorm) => noGrad(() => layer.weight.mul_(1.5).add_(0.01));

describe('spectralNorm', () => {
  test('refuses what has no weight, and options out of range', () => {
    expect(() => Reflect.apply(nn.spectralNorm, undefined, [nn.relu()])).toThrow(
      usage('spectralNorm expects a layer with a weight (linear, conv2d, embedding, …) but received'),
    );
    const layer = nn.linear(2, 2);
    expect(() => nn.spectralNorm(layer, { iterations: 0 })).toThrow(
      usage('spectralNorm expects iterations to be a positive integer but received 0 (number)'),
    );
    expect(() => nn.spectralNorm(layer, { eps: -1 })).toThrow(
      usage('spectralNorm expects eps to be a number of at least 0 but received -1 (number)'),
    );
    layer.dispose();
  });

  test.each(named(({ dtype }) => dtype === 'float32'))(
    'starts as PyTorch does from the same seed: %s',
    (_, one) => {
      manualSeed(cases.indexOf(one));
      const module = build(one);
      scope(() => {
        const expected = one.tensors.group('state.');
        const state = module.stateDict();
        expect(Object.keys(state).sort()).toEqual(Object.keys(expected).sort());
        for (const [name, values] of Object.entries(state))
          expectClose(values, expected[name], { label: name });
      });
      module.dispose();
    },
  );

  test.each(named(() => true))('equals PyTorch over some updates, and at rest: %s', (_, one) =>
    scope(() => {
      const { tensors, dtype, rate, updates } = one;
      const module = build(one).to({ dtype, device: testDevice });
      module.loadStateDict(tensors.group('state.'));
      try {
        for (let update = 0; update < updates; update++)
          scope(() => {
            const stored = (role: string) => tensors.tensor(`${update}.${role}`);
            const losses = [0, 1].map((batch) => {
              const output = module.forward(stored(`input${batch}`));
              expectClose(output, stored(`output${batch}`), { label: `${update}.output${batch}` });
              return output.mul(stored(`cotangent${batch}`)).sum();
            });
            losses[0].add(losses[1]).backward();
            const { grad: gradient } = module.layer.weight;
            if (gradient) expectClose(gradient, stored('gradient'), { label: `${update}.gradient` });
            else throw new Error('the weight has no gradient');
            noGrad(() => {
              for (const parameter of module.parameters())
                if (parameter.grad) parameter.sub_(parameter.grad, { alpha: rate });
            });
            module.zeroGrad();
            const after = tensors.group(`${update}.after.`);
            for (const [name, values] of Object.entries(module.stateDict()))
              expectClose(values, after[name], { label: `${update}.after.${name}` });
          });
        module.eval();
        const input = tensors.tensor('rest.input');
        if (tensors.names.includes('rest.cotangent')) input.requiresGrad = true;
        const output = module.forward(input);
        expectClose(output, tensors.tensor('rest.output'), { label: 'rest.output' });
        if (!tensors.names.includes('rest.cotangent')) return;
        const [cotangent] = [tensors.tensor('rest.cotangent')];
        cotangent.requiresGrad = true;
        const [slope] = grad([output], [input], { gradOutputs: [cotangent], createGraph: true });
        const penalty = slope.square().sum();
        expectClose(penalty, tensors.tensor('penalty'), { label: 'penalty' });
        const [ofWeight, ofCotangent] = grad([penalty], [module.layer.weight, cotangent]);
        expectClose(ofWeight, tensors.tensor('double.weight'), { label: 'double.weight' });
        expectClose(ofCotangent, tensors.tensor('double.cotangent'), { label: 'double.cotangent' });
      } finally {
        module.dispose();
      }
    }),
  );

  test('the vectors come to those of the largest singular value, 1 after normalisation', () => {
    manualSeed(3);
    const module = nn.spectralNorm(nn.linear(6, 6), { iterations: 400 }).to({ dtype: 'float64' });
    scope(() => {
      const { weight } = module.layer;
      // Rotations and a known diagonal: the largest singular value is 3.
      const turn = (angle: number) =>
        tensor([Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)], {
          dtype: 'float64',
          shape: [2, 2],
        });
      const block = turn(0.4)
        .mm(tensor([3, 0, 0, 1], { dtype: 'float64', shape: [2, 2] }))
        .mm(turn(1.1));
      noGrad(() => {
        weight.zero_();
        weight.narrow(0, { start: 0, length: 2 }).narrow(1, { start: 0, length: 2 }).copy_(block);
      });
      expectClose(module.normalised(), weight.div(3), { relative: 1e-12 });
    });
    module.dispose();
  });

  test('computes the weight once for the batches of a scope, and moves once for a change of the weight', () =>
    withConvolution((layer, images, before) => {
      const weight = scope(() => {
        layer.forward(images);
        const { u, v } = layer;
        expect(moved(layer, before)).toBe(true);
        const once = [u.clone(), v.clone()];
        const [first, second] = [layer.normalised(), layer.normalised()];
        expect(second).toBe(first);
        layer.forward(images);
        expect(moved(layer, once)).toBe(false);
        return once;
      });
      scope(() => layer.forward(images));
      expect(moved(layer, weight)).toBe(false);
      change(layer);
      layer.forward(images);
      expect(moved(layer, weight)).toBe(true);
    }));

  test('several backward passes may follow each other: gradients add up, and the vectors move once', () =>
    withConvolution((layer, images, before) => {
      const { weight } = layer.layer;
      const pass = () => layer.forward(images).square().sum().backward();
      pass();
      expect(moved(layer, before)).toBe(true);
      const [once, vectors] = [weight.grad?.clone(), [layer.u.clone(), layer.v.clone()]];
      pass();
      if (once && weight.grad) expectClose(weight.grad, once.mul(2));
      else throw new Error('the weight has no gradient');
      expect(moved(layer, vectors)).toBe(false);
    }));

  test('a gradient that is recorded itself goes through the weight that others share', () =>
    withConvolution((layer, images) => {
      images.requiresGrad = true;
      const weight = layer.normalised();
      const [slope] = grad([layer.forward(images).square().sum()], [images], { createGraph: true });
      expect(layer.normalised()).toBe(weight);
      layer.forward(images).sum().add(slope.square().sum()).backward();
      expect(layer.layer.weight.grad?.abs().sum().item()).toBeGreaterThan(0);
    }));

  test('stands still at rest and when frozen, where the weight carries no gradient', () =>
    withConvolution((layer, images, before) => {
      layer.eval();
      expect(layer.forward(images).requiresGrad).toBe(true);
      layer.train().freeze();
      expect(layer.normalised().requiresGrad).toBe(false);
      expect(layer.forward(images).requiresGrad).toBe(false);
      expect(moved(layer, before)).toBe(false);
      layer.unfreeze();
      expect(layer.forward(images).requiresGrad).toBe(true);
      expect(moved(layer, before)).toBe(true);
    }));

  test('a weight computed without a graph is not taken where one is recorded', () =>
    withConvolution((layer, images) => {
      noGrad(() => layer.forward(images));
      const after = [layer.u.clone(), layer.v.clone()];
      layer.forward(images).sum().backward();
      expect(layer.layer.weight.grad?.abs().sum().item()).toBeGreaterThan(0);
      expect(moved(layer, after)).toBe(false);
    }));

  test.each([
    [
      'an optimizer’s step',
      (layer: nn.SpectralNorm) => {
        const optimizer = adam({ lr: 0.1 })(layer.parameters());
        layer
          .forward(randn([2, 3, 5, 5], { device: testDevice }))
          .square()
          .sum()
          .backward();
        optimizer.step();
        optimizer.zeroGrad();
        optimizer.dispose();
      },
    ],
    ['a change in place', change],
    [
      'a state loaded',
      (layer: nn.SpectralNorm) => {
        const state = layer.stateDict();
        const twice = Object.fromEntries(
          Object.entries(state).map(([name, values]) => [name, values.mul(2)]),
        );
        layer.loadStateDict({
          ...state,
          'parametrizations.weight.original': twice['parametrizations.weight.original'].add(1),
        });
      },
    ],
    [
      'a state of the vectors alone',
      (layer: nn.SpectralNorm) => {
        layer.loadStateDict({ 'parametrizations.weight.0._u': layer.u.neg().add(0.5) }, { strict: false });
      },
    ],
  ])('%s leaves no old weight behind', (_, act) =>
    withConvolution((layer, images) => {
      layer.forward(images);
      layer.eval();
      const before = layer.normalised().detach().clone();
      layer.train();
      act(layer);
      layer.eval();
      const { u, v } = layer;
      const { weight } = layer.layer;
      const sigma = weight.flatten({ startDim: 1 }).matmul(v).mul(u).sum();
      expectClose(layer.normalised(), weight.div(sigma), { relative: 1e-6 });
      expect(layer.normalised().equal(before)).toBe(false);
    }),
  );

  test('moves between dtypes with the weight', () =>
    withConvolution((layer, images) => {
      layer.forward(images);
      layer.to({ dtype: 'float64' });
      expect(layer.forward(images.double()).dtype).toBe('float64');
    }));

  test('without a scope each batch has a weight of its own, which nothing keeps', () => {
    const layer = nn.spectralNorm(nn.linear(2, 2));
    const images = randn([1, 2]);
    const [first, second] = [layer.normalised(), layer.normalised()];
    expect(first).not.toBe(second);
    expect(first.equal(second)).toBe(true);
    for (const one of [images, first, second]) one.dispose();
    layer.dispose();
  });

  test('an earlier graph can be followed back after the vectors moved again', () =>
    withConvolution((layer, images) => {
      layer.eval();
      const atRest = layer.forward(images).sum();
      layer.train();
      layer.forward(images);
      expect(() => atRest.backward()).not.toThrow();
    }));

  test('under autocast the weight is computed in float32', () =>
    withConvolution((layer, images) => {
      layer.eval();
      const exact = layer.normalised().clone();
      const other = layer.clone();
      autocast({ device: testDevice }, () => {
        expect(other.normalised().dtype).toBe('float32');
        expectClose(other.normalised(), exact, { relative: 1e-6 });
        expect(other.forward(images).dtype).toBe('bfloat16');
      });
      other.dispose();
    }));

  test('what is recorded is neither taken from before, nor used after', () =>
    withConvolution((layer, images, before) => {
      layer.forward(images);
      const eager = layer.normalised();
      const once = [layer.u.clone(), layer.v.clone()];
      expect(moved(layer, before)).toBe(true);
      const recorded = whileCapturing(() => {
        layer.forward(images);
        return layer.normalised();
      });
      expect(recorded).not.toBe(eager);
      expect(moved(layer, once)).toBe(true);
      expect(layer.normalised()).not.toBe(recorded);
    }));

  test('an average of the weights keeps the vectors of the network, and stands still', () => {
    const source = nn.sequential(
      nn.spectralNorm(nn.linear(3, 4)),
      nn.relu(),
      nn.spectralNorm(nn.linear(4, 1)),
    );
    const ema = new Ema(source, { halfLifeImages: 100, rampUp: null });
    scope(() => {
      const input = randn([5, 3]);
      expectClose(ema.module.forward(input), source.eval().forward(input), { relative: 1e-6 });
      source.train();
      for (const parameter of source.parameters()) noGrad(() => parameter.mul_(3));
      source.forward(input);
      ema.update(50);
      const [live, average] = [source, ema.module].map((network) => network.stateDict());
      for (const name of Object.keys(live).filter((key) => /_[uv]$/.test(key)))
        expect(average[name].equal(live[name])).toBe(true);
      const before = ema.module.stateDict()['0.parametrizations.weight.0._u'].clone();
      ema.module.train().forward(input);
      expect(ema.module.stateDict()['0.parametrizations.weight.0._u'].equal(before)).toBe(true);
    });
    ema.dispose();
    source.dispose();
  });

  test('a clone has vectors and a weight of its own', () =>
    withConvolution((layer, images, before) => {
      const copy = layer.clone();
      scope(() => copy.forward(images));
      expect(moved(layer, before)).toBe(false);
      expect(moved(copy, before)).toBe(true);
      copy.dispose();
    }));

  test('prints the layer it normalises', () => {
    const layer = nn.spectralNorm(nn.linear(2, 3));
    expect(String(layer)).toBe(
      'SpectralNorm(\n  iterations=1, eps=1e-12\n  (layer): Linear(2, 3, bias=true)\n)',
    );
    layer.dispose();
  });
});

import * as nn from '../../src/nn';
import { empty, eye } from '../../src/tensor/create';
import { Generator, manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

interface LayerCase {
  readonly kind: 'layer';
  readonly factory: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

interface InitialiserCase {
  readonly kind: 'initialiser';
  readonly function: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float64';
  readonly options: Readonly<Record<string, unknown>>;
  readonly generator: boolean;
  readonly seed: number;
}

const cases = readCases<LayerCase | InitialiserCase>('nn/init');

describe('initialisers', () => {
  test.each([
    ['xavierUniform_', nn.init.xavierUniform_],
    ['xavierNormal_', nn.init.xavierNormal_],
    ['kaimingUniform_', nn.init.kaimingUniform_],
    ['kaimingNormal_', nn.init.kaimingNormal_],
    ['orthogonal_', nn.init.orthogonal_],
  ])('%s refuses a vector', (name, initialise) =>
    scope(() => {
      expect(() => initialise(empty([3]))).toThrow(
        usage(`${name} expects a tensor of at least two dimensions but received [3] (array)`),
      );
    }),
  );

  test('truncNormal_ refuses an empty interval', () =>
    scope(() => {
      expect(() => nn.init.truncNormal_(empty([3]), { a: 1, b: 1 })).toThrow(
        usage('truncNormal_ expects b to be above a (1) but received 1 (number)'),
      );
    }));

  const drawn = cases.filter((one): one is Case<InitialiserCase> => one.kind === 'initialiser');
  test.each(drawn.map((one): [string, Case<InitialiserCase>] => [one.name, one]))(
    'draws as PyTorch does: %s',
    (_, one) =>
      scope(() => {
        manualSeed(one.generator ? 0 : one.seed);
        const generator = one.generator ? new Generator({ seed: one.seed }) : undefined;
        const initialise: unknown = Reflect.get(nn.init, one.function);
        if (typeof initialise !== 'function') throw new Error(`nn.init has no ${one.function}`);
        const values = empty(one.shape, { dtype: one.dtype });
        try {
          expect(Reflect.apply(initialise, undefined, [values, { ...one.options, generator }])).toBe(values);
        } finally {
          generator?.dispose();
        }
        expectClose(values, one.tensors.tensor('values'), {
          relative: one.dtype === 'float32' ? 1e-6 : 1e-14,
        });
      }),
  );

  test('fill with constants', () =>
    scope(() => {
      const values = empty([2, 2]);
      expect(nn.init.zeros_(values).toArray()).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(nn.init.ones_(values).toArray()).toEqual([
        [1, 1],
        [1, 1],
      ]);
      expect(nn.init.constant_(values, -2.5).toArray()).toEqual([
        [-2.5, -2.5],
        [-2.5, -2.5],
      ]);
    }));

  test('fill parameters without autograd noticing', () => {
    const layer = nn.linear(3, 3);
    scope(() => {
      nn.init.orthogonal_(layer.weight, { gain: 2 });
      expect(layer.weight.isLeaf && layer.weight.requiresGrad).toBe(true);
      expectClose(layer.weight.detach().mm(layer.weight.detach().t()), eye(3).mul(4), { relative: 1e-5 });
    });
    layer.dispose();
  });

  test('truncNormal_ stays inside its bounds', () =>
    scope(() => {
      const values = nn.init.truncNormal_(empty([5_000]), { mean: 0.2, std: 2, a: -0.5, b: 0.9 });
      expect(values.min().item()).toBeGreaterThanOrEqual(-0.5);
      expect(values.max().item()).toBeLessThanOrEqual(Math.fround(0.9));
    }));
});

describe('a layer made after manualSeed', () => {
  const layers = cases.filter((one): one is Case<LayerCase> => one.kind === 'layer');
  test.each(layers.map((one): [string, Case<LayerCase>] => [one.name, one]))(
    'has the weights PyTorch gives it: %s',
    (_, one) =>
      scope(() => {
        const make: unknown = Reflect.get(nn, one.factory);
        if (typeof make !== 'function') throw new Error(`nn has no ${one.factory}`);
        manualSeed(one.seed);
        const layer: nn.Module = Reflect.apply(make, undefined, [
          ...one.args,
          ...(Object.keys(one.options).length === 0 ? [] : [one.options]),
        ]);
        try {
          const state = layer.stateDict();
          const expected = one.tensors.group('state.');
          expect(Object.keys(state).sort()).toEqual(Object.keys(expected).sort());
          for (const [name, values] of Object.entries(state))
            expectClose(values, expected[name], { relative: 1e-6, label: name });
        } finally {
          layer.dispose();
        }
      }),
  );
});

import { normal_, uniform_ } from '../../src/nn/init';
import { poisson, rand, randint, randn, randperm, tensor } from '../../src/tensor/create';
import { Generator, getRngState, manualSeed, setRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { usage } from '../support/failure';

describe('random generators', () => {
  test('a state of the wrong size is refused', () => {
    const generator = new Generator();
    expect(() => generator.setState(new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: 'ERR_TORCH' }),
    );
    generator.dispose();
    expect(() => generator.getState()).toThrow(expect.objectContaining({ code: 'ERR_RELEASED' }));
  });

  test('a seed is no generator: the default one would draw', () =>
    scope(() => {
      const options = { generator: 5 as never };
      const refused = usage('generator expects new Generator({ seed }) but received 5 (number)');
      for (const draw of [
        () => randn([3], options),
        () => rand([3], options),
        () => randint({ high: 3, shape: [3] }, options),
        () => randperm(3, options),
        () => poisson(tensor([1]), options),
        () => normal_(tensor([1]), options),
        () => uniform_(tensor([1]), options),
      ])
        expect(draw).toThrow(refused);
    }));

  test('goes on from a saved state, bit for bit', () =>
    scope(() => {
      const generator = new Generator({ seed: 7 });
      randn([5], { generator });
      const state = generator.getState();
      const first = randn([33], { generator }).toArray();
      generator.setState(state);
      expect(randn([33], { generator }).toArray()).toEqual(first);
      generator.dispose();
    }));

  test('a generator of its own is not moved by the default one', () =>
    scope(() => {
      const generator = new Generator({ seed: 1 });
      manualSeed(5);
      const first = rand([4], { generator }).toArray();
      generator.seed(1);
      rand([100]);
      expect(rand([4], { generator }).toArray()).toEqual(first);
      generator.dispose();
    }));

  test('manualSeed gives the numbers PyTorch gives', () =>
    scope(() => {
      manualSeed(0);
      // torch.manual_seed(0); torch.randn(3)
      const [a, b, c] = randn([3]).toArray() as number[];
      expect(a).toBeCloseTo(1.5409961, 6);
      expect(b).toBeCloseTo(-0.2934289, 6);
      expect(c).toBeCloseTo(-2.1787894, 6);
    }));

  test('the default generator state can be taken and put back', () =>
    scope(() => {
      const state = getRngState();
      const first = randperm(10).toArray();
      setRngState(state);
      expect(randperm(10).toArray()).toEqual(first);
    }));

  test('randint stays inside its bounds', () =>
    scope(() => {
      const values = randint({ low: 3, high: 5, shape: [200] }).toArray() as number[];
      expect(new Set(values)).toEqual(new Set([3, 4]));
    }));
});

describe('poisson', () => {
  test.each([-1, Number.NaN])('refuses the rate %d', (rate) => {
    scope(() =>
      expect(() => poisson(tensor([1, rate], { dtype: 'float32' }))).toThrow(
        expect.objectContaining({ code: 'ERR_TORCH' }),
      ),
    );
  });

  test('gives the counts that PyTorch gives', () =>
    scope(() => {
      const rates = tensor([0, 0.5, 3, 12, 400, 1e6], { dtype: 'float32' });
      // torch.manual_seed(3); torch.poisson(torch.tensor([0, 0.5, 3, 12, 400, 1e6]))
      const expected = [0, 0, 2, 15, 381, 999_730];
      manualSeed(3);
      expect(poisson(rates).toArray()).toEqual(expected);
      const generator = new Generator({ device: 'cpu', seed: 3 });
      expect(poisson(rates, { generator }).toArray()).toEqual(expected);
      generator.dispose();
    }));
});

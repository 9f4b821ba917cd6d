import { noiseMapsOf, noiseRegularizer, normalizeNoise } from '../../src/style/noise-maps';
import { arange, full, randn, zeros } from '../../src/tensor/create';
import { Generator } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { testDevice } from '../support/fixtures';
import { withStyleNetwork } from '../support/style-network';

const device = testDevice;

test('a network’s noise maps are its buffers of that name, in the order of its layers', () =>
  withStyleNetwork((network) => {
    expect(noiseMapsOf(network).map(({ shape }) => shape)).toEqual([
      [1, 1, 4, 4],
      [1, 1, 8, 8],
      [1, 1, 16, 16],
    ]);
  }));

test('a map that repeats itself costs, at every size down to 8×8, each image for itself', () =>
  scope(() => {
    // Products of neighbours are 1, and 2² once halves are twice as large; squared, to the right and below.
    const flat = full([1, 1, 16, 16], 1, { device });
    expect(noiseRegularizer([flat]).toArray()).toEqual([2 + 2 * 16]);
    expect(noiseRegularizer([full([1, 1, 4, 4], 1, { device })]).toArray()).toEqual([2]);
    // Neighbours are opposite, and halves 0.
    const numbers = arange({ end: 16 }, { device });
    const board = numbers
      .reshape([1, 1, 16, 1])
      .add(numbers.reshape([1, 1, 1, 16]))
      .remainder(2)
      .mul(2)
      .sub(1);
    expect(noiseRegularizer([board]).toArray()).toEqual([2]);
    expect(noiseRegularizer([cat([flat, board]), cat([board, flat])]).toArray()).toEqual([36, 36]);
  }));

test('independent numbers cost next to nothing', () =>
  scope(() => {
    const generator = new Generator({ device: 'cpu', seed: 1 });
    const noise = randn([1, 1, 128, 128], { generator, device: 'cpu' });
    generator.dispose();
    expect(noiseRegularizer([noise]).item()).toBeLessThan(0.5);
  }));

test('maps are brought to mean 0 and mean square 1, each image’s own, and equal numbers do not become NaN', () =>
  scope(() => {
    const maps = randn([3, 1, 8, 8], { device }).mul(5).add(2);
    const equal = zeros([1, 1, 4, 4], { device }).add(3);
    normalizeNoise([maps, equal]);
    expect(maps.mean([1, 2, 3]).abs().amax().item()).toBeLessThan(1e-6);
    expect(maps.square().mean([1, 2, 3]).sub(1).abs().amax().item()).toBeLessThan(1e-5);
    expect(equal.abs().amax().item()).toBe(0);
  }));
